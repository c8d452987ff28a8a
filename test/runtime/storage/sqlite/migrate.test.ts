import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { migrate, migrations } from "../../../../runtime/storage/sqlite/migrate.ts";
import { storeFile } from "./store-file.ts";

const number = (db: DatabaseSync, pragma: string) =>
  (db.prepare(`PRAGMA ${pragma}`).get() as Record<string, number>)[pragma];
const tables = (db: DatabaseSync) =>
  (db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY name")
    .all() as {
      name: string;
    }[]).map(({ name }) => name);
const one = "CREATE TABLE a (x); INSERT INTO a VALUES (1);";
const two = "CREATE TABLE b AS SELECT x FROM a; DROP TABLE a;";

describe("migrations", () => {
  it("make a store that keeps its settings", () => {
    const path = storeFile();
    const db = new DatabaseSync(path);
    migrate(db, path);
    expect([number(db, "user_version"), number(db, "auto_vacuum")]).toEqual([migrations.length, 2]);
    expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    expect(number(db, "application_id")).toBe(0x686f7070);
    expect(existsSync(`${path}.version-0`)).toBe(false);
    db.close();
  });

  it("run in order, each once, after the file was copied for its owner only", () => {
    const path = storeFile();
    const db = new DatabaseSync(path);
    migrate(db, path, [one]);
    migrate(db, path, [one]);
    expect(tables(db)).toEqual(["a"]);
    migrate(db, path, [one, two]);
    expect([tables(db), number(db, "user_version")]).toEqual([["b"], 2]);
    db.close();
    const copy = new DatabaseSync(`${path}.version-1`, { readOnly: true });
    expect([tables(copy), number(copy, "user_version")]).toEqual([["a"], 1]);
    copy.close();
    expect(statSync(`${path}.version-1`).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.version-1.part`)).toBe(false);
  });

  it("leave everything as it was when one fails", () => {
    const path = storeFile();
    const db = new DatabaseSync(path);
    migrate(db, path, [one]);
    expect(() => migrate(db, path, [one, two, "CREATE TABLE c (x); INSERT INTO nowhere VALUES (1);"])).toThrow(
      "nowhere",
    );
    expect([tables(db), number(db, "user_version")]).toEqual([["b"], 2]);
    migrate(db, path, [one, two, "CREATE TABLE c (x);"]);
    expect(tables(db)).toEqual(["b", "c"]);
    db.close();
  });

  it("refuse other files and newer stores without touching them", () => {
    const foreign = storeFile();
    new DatabaseSync(foreign).exec("CREATE TABLE t (x)");
    const before = readFileSync(foreign);
    const db = new DatabaseSync(foreign);
    expect(() => migrate(db, foreign)).toThrow(`"${foreign}" is a SQLite database, but no store of hoppetdb`);
    db.close();
    expect(readFileSync(foreign).equals(before)).toBe(true);
    const path = storeFile();
    const newer = new DatabaseSync(path);
    migrate(newer, path, [one, two]);
    expect(() => migrate(newer, path, [one])).toThrow(/has version 2, this program knows versions up to 1/);
    newer.close();
  });

  it("are whole or not there when the process is killed meanwhile", async () => {
    const path = storeFile();
    const db = new DatabaseSync(path);
    migrate(db, path, [one]);
    db.close();
    const script = fileURLToPath(new URL("./migrating-child.ts", import.meta.url));
    const args = "Deno" in globalThis ? ["run", "-A", script] : [script];
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [...args, path], { stdio: ["ignore", "pipe", "inherit"] });
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await new Promise((resolve) => setTimeout(resolve, 20 + round * 60));
      const ended = new Promise((resolve) => child.on("close", resolve));
      child.kill("SIGKILL");
      await ended;
      const after = new DatabaseSync(path);
      expect(after.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
      const version = number(after, "user_version");
      expect(tables(after)).toEqual(version === 1 ? ["a"] : ["a", "large"]);
      after.close();
    }
    // the copy that was cut off is not taken for one
    const last = new DatabaseSync(path);
    migrate(last, path, [one, "CREATE TABLE c (x);"]);
    last.close();
    const copy = new DatabaseSync(`${path}.version-1`, { readOnly: true });
    expect(tables(copy)).toEqual(["a"]);
    copy.close();
  });
});
