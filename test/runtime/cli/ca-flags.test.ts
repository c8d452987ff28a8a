import { describe, expect, it } from "vitest";
import { parseFlags } from "../../../runtime/cli/ca/flags.ts";
import { checkKnownNames, checkNewNames, checkTtl, readTtl } from "../../../runtime/cli/ca/names.ts";
import { createTerminal } from "../../../runtime/cli/ca/terminal.ts";

const flags = {
  all: { kind: "switch", help: "" },
  ttl: { kind: "text", value: "TTL", help: "" },
  certname: { kind: "names", value: "NAME[,NAME]", help: "" },
} as const;
const none = { all: false, ttl: undefined, certname: [] };

describe("flags of hoppetdb ca", () => {
  it("are read in any order, names in lists and several times", () => {
    expect(parseFlags(["DIR", "--certname", "a,b", "--all", "--certname=c, d,", "--ttl=1d"], flags)).toEqual({
      flags: { all: true, ttl: "1d", certname: ["a", "b", "c", "d"] },
      operands: ["DIR"],
      help: false,
      errors: [],
    });
    expect(parseFlags(["-h", "--", "--all"], flags)).toEqual({
      flags: none,
      operands: ["--all"],
      help: true,
      errors: [],
    });
  });

  it.each<[string[], string[]]>([
    [["--ttl"], ["Missing argument to flag `--ttl`"]],
    [["--certname="], ["Missing argument to flag `--certname`"]],
    [["--config", "/etc/x"], ["Unknown flag or argument `--config`", "Unknown flag or argument `/etc/x`"]],
    [["--config=/etc/x", "-v"], ["Unknown flag or argument `--config=/etc/x`", "Unknown flag or argument `-v`"]],
    [["--all=yes"], ["Flag `--all` takes no argument"]],
    [["--constructor", "--__proto__=x"], [
      "Unknown flag or argument `--constructor`",
      "Unknown flag or argument `--__proto__=x`",
    ]],
  ])("that are wrong are all told: %j", (args, errors) => {
    expect(parseFlags(args, flags).errors).toEqual(errors);
  });

  it("take the next word as a value whatever it looks like, so that the name is what is refused", () => {
    expect(parseFlags(["--certname", "--all"], flags).flags).toEqual({ ...none, certname: ["--all"] });
    expect(checkKnownNames(["--all"])).toEqual([expect.stringContaining("Cannot manage cert named `--all`")]);
  });
});

describe("names and durations", () => {
  it("let an imported name be managed, but no path and nothing unprintable", () => {
    expect(checkKnownNames(["Web 01", "db_1", "a".repeat(255)])).toEqual([]);
    expect(checkKnownNames(["../x", "a\u0007", "ü", "a".repeat(256), ""])).toHaveLength(5);
  });

  it("are for new certificates what a CSR may have", () => {
    expect(checkNewNames(["web01.example.com", "db_1"])).toEqual([]);
    expect(checkNewNames(["Web01", "*.example.com", "ca", "a b", "x/y"])).toHaveLength(5);
  });

  it.each([["90", 90], ["90s", 90], ["30m", 1800], ["12h", 43_200], ["1500ms", 1], ["90d", 7_776_000], [
    "5y",
    157_680_000,
  ]])("read %s", (text, seconds) => {
    expect([readTtl(text), checkTtl(text)]).toEqual([seconds, []]);
  });

  it.each(["0", "5w", "-1", "1.5h", "", "500ms", "1d 2h"])("refuse %j", (text) => {
    expect([readTtl(text), checkTtl(text)]).toEqual([undefined, [expect.stringContaining("invalid ttl")]]);
  });
});

describe("what is written to a terminal", () => {
  it("cannot steer it, and is JSON still where it was", () => {
    const out: string[] = [];
    const terminal = createTerminal({
      env: {},
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => out.push(text) },
      user: "operator",
    });
    terminal.out(JSON.stringify({ name: "a\u009b31mb\u202e" }));
    terminal.err("x\u001b[2Jy\r\tz\n");
    terminal.progress("nobody looks");
    expect(out).toEqual(['{"name":"a\\u009b31mb\\u202e"}\n', "x\\u001b[2Jy\\u000d\tz\n"]);
    expect(JSON.parse(out[0]!)).toEqual({ name: "a\u009b31mb\u202e" });
  });
});
