import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createCommandStore } from "../../support/ca-command.ts";

const actions = [
  "list",
  "sign",
  "revoke",
  "clean",
  "generate",
  "token",
  "status",
  "crl",
  "prune",
  "import",
  "export",
  "switch",
  "csr",
  "install",
  "rollover",
];

describe("hoppetdb ca", () => {
  it("shows its actions, and the help of each, on standard output", async () => {
    const { run } = createCommandStore();
    const all = await run("help");
    expect([all.status, all.err]).toEqual([0, ""]);
    for (const action of actions) {
      expect(all.out).toMatch(new RegExp(`^    ${action} +\\S`, "m"));
      const help = await run(action, "--help");
      expect([action, help.status, help.err]).toEqual([action, 0, ""]);
      expect(help.out).toContain(`Usage:\n  hoppetdb ca ${action}`);
      expect((await run("help", action)).out).toBe(help.out);
    }
  });

  it.each<[string[], string]>([
    [[], "An action is needed"],
    [["foo"], "Unknown action: foo"],
    [["constructor"], "Unknown action: constructor"],
    [["list", "--all", "--certname", "a"], "    Cannot combine use of --all and --certname."],
    [["list", "--format", "yaml"], "    Unknown format flag 'yaml'. Valid formats are 'text', 'json'."],
    [["sign"], "    No arguments given"],
    [["sign", "--all", "--certname", "a"], "    --all and --certname cannot be used together"],
    [["sign", "--certname", "a", "--ttl", "5w"], "    '5w' is an invalid ttl value"],
    [["revoke"], "    At least one certname is required to revoke"],
    [["revoke", "--certname", "--all"], "    Cannot manage cert named `--all` from the CLI"],
    [["revoke", "--serial", "xyz"], "    'xyz' is no serial number"],
    [["revoke", "--certname", "a", "--reason", "boredom"], "    'boredom' is no reason"],
    [["revoke", "--certname", "a", "--serial", "1"], "    --certname and --serial cannot be used together"],
    [["clean"], "    At least one certname is required to clean"],
    [["clean", "--certname", "../x"], "    Certname ../x must not contain"],
    [["generate"], "    At least one certname is required to generate"],
    [["generate", "--certname", "Web01"], '    "Web01": Certificate names must be lower case'],
    [["generate", "--certname", "a", "--subject-alt-names", "*.x"], "    '*.x' is no alternative name"],
    [["generate", "--certname", "a", "--key", "dsa"], "    'dsa' is no kind of key"],
    [["token"], "    A certname is required to create a token"],
    [["token", "remove", "x"], "    'x' is no ID of a token"],
    [["import"], "    DIR is missing"],
    [["export", "a", "b"], "    Unknown input `b`"],
    [["csr", "--cn", "x"], "    --id is required"],
    [["install", "--id", "x"], "    --certificate is required\n    --chain is required"],
    [["switch", "other"], "    Unknown mode 'other', expected own or proxy"],
    [["crl", "--update", "x", "--summary"], "    --update goes with no other flag"],
    [["prune", "--config", "x"], "    Unknown flag or argument `--config`"],
  ])("refuses %j before it opens anything", async (args, said) => {
    const { run, env } = createCommandStore();
    const { status, out, err } = await run(...args);
    expect([status, out]).toEqual([1, ""]);
    expect(err).toContain(said);
    expect(err).toContain("Usage:");
    expect(existsSync(env.HOPPETDB_DATA_DIR)).toBe(false);
  });

  it.each([
    ["list"],
    ["sign", "--all"],
    ["revoke", "--certname", "a"],
    ["clean", "--certname", "a"],
    ["generate", "--certname", "a"],
    ["token", "list"],
    ["status"],
    ["crl"],
    ["prune"],
    ["rollover"],
    ["switch", "proxy"],
  ])("makes no store where a path was typed wrong: %s %s", async (...args) => {
    const { run, env } = createCommandStore();
    const { status, out, err } = await run(...args);
    expect([status, out]).toEqual([1, ""]);
    expect(err).toContain("There is no store at");
    expect(existsSync(env.HOPPETDB_DATA_DIR)).toBe(false);
  });

  it("says what to do about a store without a CA, and one in memory", async () => {
    const empty = createCommandStore();
    await empty.inStore(() => Promise.resolve());
    const answer = await empty.run("list");
    expect([answer.status, answer.err]).toEqual([1, expect.stringContaining("hoppetdb ca switch own")]);
    const { status, err } = await createCommandStore({ HOPPETDB_STORE: "sqlite::memory:" }).run("list");
    expect([status, err]).toEqual([1, expect.stringContaining("set HOPPETDB_STORE")]);
  });
});
