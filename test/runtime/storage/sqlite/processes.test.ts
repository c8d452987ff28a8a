import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { openSqliteStore } from "../../../../runtime/storage/sqlite/open.ts";
import { systemClock } from "../../../../runtime/system.ts";
import { createRecordingLog } from "../../../support/log.ts";
import { createTestVault } from "../../../support/vault.ts";

const dir = mkdtempSync(join(tmpdir(), "hoppetdb-sqlite-"));
afterAll(() => rmSync(dir, { recursive: true }));
let count = 0;
const newPath = () => join(dir, `${++count}.sqlite`);
const open = async (path: string, key?: string) =>
  await openSqliteStore({ path, vault: await createTestVault(key), clock: systemClock, log: createRecordingLog() });

const script = fileURLToPath(new URL("child.ts", import.meta.url));
const child = (path: string, task: string, from = 0) => {
  const args = "Deno" in globalThis ? ["run", "-A", script] : [script];
  const started = spawn(process.execPath, [...args, path, task, String(from)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  started.stdout.on("data", (data) => output += data);
  const ended = new Promise<void>((resolve) => started.on("close", () => resolve()));
  return { started, ended, lines: () => output.split("\n").slice(0, -1) };
};
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const untilIt = async (holds: () => boolean) => {
  for (let i = 0; i < 1000 && !holds(); i++) await sleep(10);
};

describe("a SQLite store and processes", () => {
  it("keeps every acknowledged command, whenever the process is killed", async () => {
    const path = newPath();
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round++) {
      const { started, ended, lines } = child(path, "apply", round * 1_000_000);
      await untilIt(() => lines().length > 5);
      await sleep(Math.random() * 150);
      started.kill("SIGKILL");
      await ended;
      acknowledged.push(...lines());
    }
    const store = await open(path);
    const found = new Set<unknown>();
    for await (const row of store.estate.run({ entity: "nodes", select: [{ as: "certname", field: "certname" }] })) {
      found.add(row.certname);
    }
    const queued = new Set((await store.queue.due(systemClock.now(), 1_000_000)).map(({ id }) => id));
    await store.close();
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(acknowledged.filter((n) => !found.has(`node${n}`) || !queued.has(`id${n}`))).toEqual([]);
  }, 60_000);

  it("sees what another process changed within a second", async () => {
    const path = newPath();
    const store = await open(path);
    let told = false;
    store.changes.subscribe("redactor_secrets", () => told = true);
    const { ended, lines } = child(path, "add-secret");
    await untilIt(() => lines().includes("done"));
    const since = performance.now();
    await untilIt(() => told);
    expect(performance.now() - since).toBeLessThan(1000);
    expect(await store.documents.get("redactor_secrets", "from-child")).toMatchObject({ id: "from-child" });
    await ended;
    await store.close();
  });

  it("is made for its owner only", async () => {
    const path = newPath();
    await (await open(path)).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("refuses a store under another key, and takes one whose key is in the ring", async () => {
    const path = newPath();
    await (await open(path, "one key of more than thirty-two characters")).close();
    await expect(open(path, "another key of more than thirty-two characters")).rejects.toThrow(
      /encrypted under key "[0-9a-f]{16}", but the key that is given has the id "[0-9a-f]{16}"/,
    );
  });

  it("refuses what is no store of ours, or one of a newer version, and leaves it as it is", async () => {
    const foreign = newPath();
    new DatabaseSync(foreign).exec("CREATE TABLE t (x)");
    await expect(open(foreign)).rejects.toThrow("is a SQLite database, but no store of hoppetdb");
    const text = newPath();
    writeFileSync(text, "certainly not a database, whatever its name is".repeat(30));
    chmodSync(text, 0o600);
    await expect(open(text)).rejects.toThrow("not a database");
    const newer = newPath();
    await (await open(newer)).close();
    new DatabaseSync(newer).exec("PRAGMA user_version = 999");
    await expect(open(newer)).rejects.toThrow(/has version 999, this program knows versions up to \d+/);
    expect(readdirSync(dir).filter((name) => name.includes(".version-"))).toEqual([]);
  });
});
