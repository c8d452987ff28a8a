import { describe, expect, it } from "vitest";
import { spawn } from "node:child_process";
import process from "node:process";
import { commandOf, type Runtime } from "../../e2e/product.ts";
import { createCommandStore, type RanCommand } from "../../support/ca-command.ts";

const runtime: Runtime = "Deno" in globalThis ? "deno" : "node";

const runProcess = (env: Readonly<Record<string, string>>, ...words: string[]): Promise<RanCommand> =>
  new Promise((resolve, reject) => {
    const [command, args] = commandOf(runtime);
    const child = spawn(command, [...args, "ca", ...words], {
      env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => out += data);
    child.stderr.on("data", (data) => err += data);
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? -1, out, err }));
  });

describe("hoppetdb ca as a process", () => {
  it("has its results alone on standard output, and its exit status", async () => {
    const { env, prepare } = createCommandStore();
    await prepare({ "a.test": {} });
    const json = await runProcess(env, "list", "--format", "json");
    expect([json.status, json.err]).toEqual([0, ""]);
    expect(JSON.parse(json.out).requested).toHaveLength(1);
    const token = await runProcess(env, "token", "--certname", "b.test");
    expect([token.status, token.out]).toEqual([0, expect.stringMatching(/^[A-Za-z0-9_-]+\n$/)]);
    expect(await runProcess(env, "clean", "--certname", "a.test")).toEqual({
      status: 24,
      out: "Cleaned files related to a.test\n",
      err: "",
    });
    expect(await runProcess(env, "sign", "--certname", "a.test")).toEqual({
      status: 1,
      out: "",
      err: "Error:\n    Could not find certificate request for a.test\n",
    });
    const nobody = await runProcess(env, "switch", "proxy");
    expect([nobody.status, nobody.err]).toEqual([1, expect.stringContaining("use --yes")]);
  });

  it("tells a wrong configuration as the other commands do", async () => {
    const { env } = createCommandStore({ HOPPETDB_CA: "mine" });
    const { status, err } = await runProcess(env, "list");
    expect([status, err]).toEqual([78, expect.stringContaining("HOPPETDB_CA: expected own or proxy")]);
  });
});
