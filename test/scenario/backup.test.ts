import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ask, fetchBundle } from "../e2e/ca-client.ts";
import { commandOf, type Runtime, startProduct } from "../e2e/product.ts";
import { run } from "../e2e/stack.ts";
import { requestPem } from "../support/ca-requests.ts";

const runtime: Runtime = "Deno" in globalThis ? "deno" : "node";
const from = runtime === "deno" ? 28370 : 28360;
const ports = { management: from, puppet: from + 1, puppetdb: from + 2 };
const ca = `https://localhost:${ports.puppet}/puppet-ca/v1`;
const dir = mkdtempSync(join(tmpdir(), "hoppetdb-backup-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const env = (dataDir: string) => ({
  HOPPETDB_DATA_DIR: join(dir, dataDir),
  HOPPETDB_CA: "own",
  HOPPETDB_CA_KEY: "p-256",
  HOPPETDB_CA_AUTOSIGN: "*.example.test",
  HOPPETDB_LOG: "warn",
});
const file = join(dir, "monday.hoppetdb");
const cli = async (args: string[], dataDir: string) => {
  const [command, first] = commandOf(runtime);
  const more = { ...env(dataDir), HOPPETDB_BACKUP_PASSPHRASE: "correct horse battery" };
  return await run(command, [...first, ...args], more);
};
const enrol = async (certname: string, bundle: string): Promise<string> => {
  await ask(`${ca}/certificate_request/${certname}`, { ca: bundle }, "PUT", await requestPem(certname));
  return (await ask(`${ca}/certificate/${certname}`, { ca: bundle })).body;
};

it("a backup of a served store, restored on an empty machine, is the same CA", async () => {
  const first = await startProduct(runtime, ports, env("first"));
  const bundle = await fetchBundle(ca);
  const cert = await enrol("web01.example.test", bundle);
  expect(cert).toMatch(/^-----BEGIN CERTIFICATE-----/);
  const made = await cli(["backup", file], "first");
  expect([made.status, made.output]).toEqual([
    0,
    expect.stringMatching(/Encrypting\n.*monday.hoppetdb: .* certificate/),
  ]);
  const refused = await cli(["restore", file, "--force"], "first");
  expect([refused.status, refused.output]).toEqual([1, expect.stringContaining("stop hoppetdb first")]);
  await first.close();

  const verified = await cli(["backup", "verify", file], "none");
  expect([verified.status, verified.output]).toEqual([0, expect.stringContaining("The backup is whole\n")]);
  const restored = await cli(["restore", file], "second");
  expect([restored.status, restored.output]).toEqual([0, expect.stringContaining("Everybody has to log in again")]);
  expect(restored.output).not.toContain(readFileSync(join(dir, "second", "secret-key"), "utf8").trim());

  const second = await startProduct(runtime, ports, env("second"));
  try {
    expect(await fetchBundle(ca)).toBe(bundle);
    expect((await ask(`${ca}/certificate/web01.example.test`, { ca: bundle })).body).toBe(cert);
    expect(await enrol("web02.example.test", bundle)).toMatch(/^-----BEGIN CERTIFICATE-----/);
  } finally {
    await second.close();
  }
});
