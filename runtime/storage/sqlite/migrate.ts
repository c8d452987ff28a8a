import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { AppError } from "../../../handlers/errors.ts";
import { initial } from "./migrations/001-initial.ts";
import { nodeSettings } from "./migrations/002-node-settings.ts";
import { shownResources } from "./migrations/003-shown-resources.ts";

/** In order; the number of the last one is the version of the store. One that has landed is never changed. */
export const migrations: readonly string[] = [initial, nodeSettings, shownResources];

/** "hopp": tells the file from any other SQLite database. */
const applicationId = 0x686f7070;

/**
 * Brings the store to this program's version: each migration in a transaction of its own, an existing store copied beside
 * itself before (`FILE.version-N`). Refuses, with an AppError that says why, a store that is newer than the program and a
 * file that is no store of ours, and leaves both as they are.
 */
export const migrate = (db: DatabaseSync, path: string, steps: readonly string[] = migrations): void => {
  const found = number(db, "user_version");
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get() as { n: number };
  if (tables.n > 0 && number(db, "application_id") !== applicationId) {
    throw new AppError("internal", `"${path}" is a SQLite database, but no store of hoppetdb`);
  }
  if (found > steps.length) {
    throw new AppError(
      "internal",
      `The store "${path}" has version ${found}, this program knows versions up to ${steps.length}: use a newer hoppetdb`,
    );
  }
  // a file that is refused was not touched; auto_vacuum has to stand before anything is written, WAL mode included
  db.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  db.exec("PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 2000");
  if (found === steps.length) return;
  if (found > 0 && path !== ":memory:") copyBeside(db, `${path}.version-${found}`);
  for (let next = found; next < steps.length; next++) {
    db.exec("BEGIN IMMEDIATE");
    try {
      // another process may have been quicker
      if (number(db, "user_version") === next) {
        db.exec(steps[next]!);
        db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${next + 1}`);
      }
      db.exec("COMMIT");
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  }
};

const number = (db: DatabaseSync, pragma: string): number => {
  const row = db.prepare(`PRAGMA ${pragma}`).get() as Record<string, number>;
  return row[pragma] ?? 0;
};

/** Under its name only once it is whole, so that one cut off by a crash is never taken for a copy. */
const copyBeside = (db: DatabaseSync, copy: string): void => {
  if (existsSync(copy)) return;
  const part = `${copy}.part`;
  rmSync(part, { force: true });
  closeSync(openSync(part, "wx", 0o600));
  db.prepare("VACUUM INTO ?").run(part);
  chmodSync(part, 0o600);
  renameSync(part, copy);
};
