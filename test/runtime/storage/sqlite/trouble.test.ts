import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { diskSpace, openSqliteStore } from "../../../../runtime/storage/sqlite/open.ts";
import { createTestClock } from "../../../support/clock.ts";
import { factsOf } from "../../../support/estate.ts";
import { createRecordingLog } from "../../../support/log.ts";
import { createTestVault } from "../../../support/vault.ts";
import { storeFile } from "./store-file.ts";

const script = fileURLToPath(new URL("./filling-child.ts", import.meta.url));
const runtime = "Deno" in globalThis ? [process.execPath, "run", "-A"] : [process.execPath];
const open = async (path: string) =>
  await openSqliteStore({ path, vault: await createTestVault(), clock: createTestClock(), log: createRecordingLog() });

describe("a SQLite store in trouble", () => {
  it("refuses what the disk doesn't take, keeps all that it acknowledged, and nothing by halves", async () => {
    const path = storeFile();
    // a file may not grow beyond 3 MB: writes fail half-way, as on a full or broken disk
    const limited = ["-c", 'trap "" XFSZ; ulimit -f 6000; exec "$0" "$@"', ...runtime, script, path];
    const child = spawn("/bin/sh", limited, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data) => output += data);
    await new Promise((resolve) => child.on("close", resolve));
    const lines = output.trim().split("\n").map((line) => line.split(" "));
    const stored = lines.filter(([what]) => what === "stored").map(([, certname]) => certname);
    const refused = lines.filter(([what]) => what === "refused").map(([, certname]) => certname);
    expect(stored.length).toBeGreaterThan(3);
    expect(refused.length).toBeGreaterThan(3);
    expect(lines.filter(([what]) => what === "code").map(([, code]) => code)).toEqual(refused.map(() => "unavailable"));
    expect(lines.at(-1)).toEqual(["read", "ok"]);

    const store = await open(path);
    const found: unknown[] = [];
    const names = [{ as: "certname", field: "certname" }];
    for await (const row of store.estate.run({ entity: "factsets", select: names })) found.push(row["certname"]);
    expect(found.sort()).toEqual(stored.sort());
    expect(await store.estate.count({ entity: "nodes", select: [] })).toBe(stored.length);
    await store.close();
  });

  it("takes turns with another process that writes", async () => {
    const path = storeFile();
    const store = await open(path);
    const child = spawn(runtime[0]!, [...runtime.slice(1), script, path, "small"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (data) => output += data);
    const ended = new Promise((resolve) => child.on("close", resolve));
    let own = 0;
    while (child.exitCode === null) {
      await store.estate.apply(factsOf(`own${own++}`, 1, "{}"), 1);
      if (own % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await ended;
    const stored = output.split("\n").filter((line) => line.startsWith("stored"));
    expect([stored.length, output.includes("refused")]).toEqual([60, false]);
    expect(await store.estate.count({ entity: "nodes", select: [] })).toBe(own + stored.length);
    await store.close();
  });

  it("says why a file can't be made", async () => {
    await expect(open(`${storeFile()}/nowhere/x.sqlite`)).rejects.toThrow(
      /The store ".*x\.sqlite" cannot be made: ENOENT/,
    );
    const folder = storeFile();
    mkdirSync(folder);
    await expect(open(folder)).rejects.toMatchObject({ name: "AppError" });
  });

  it("refuses JSON that SQLite cannot hold, and goes on", async () => {
    const store = await open(storeFile());
    const deep = `{"a":${"[".repeat(2000)}${"]".repeat(2000)}}`;
    await expect(store.estate.apply(factsOf("deep", 1, deep), 1)).rejects.toMatchObject({ code: "bad_request" });
    expect(await store.estate.apply(factsOf("flat", 1, "{}"), 1)).toBe("stored");
    expect(await store.estate.count({ entity: "nodes", select: [] })).toBe(1);
    await store.close();
  });

  it("tells how much room there is", async () => {
    const { free, total } = await diskSpace(storeFile());
    expect(total).toBeGreaterThan(free);
    expect(free).toBeGreaterThan(0);
    expect(dirname(storeFile())).not.toBe("");
  });
});
