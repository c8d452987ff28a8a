import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { initial } from "./migrations/001-initial.ts";

/** In order; the number of the last one is the version of the store. A landed migration is never changed. */
const migrations: readonly string[] = [initial];

/** "hopp": tells the file from any other SQLite database. */
const applicationId = 0x686f7070;

/**
 * Brings the store to this program's version: each migration in a transaction of its own, an existing file copied beside
 * itself before. Throws for a store that is newer than the program, or no store of ours, and leaves it as it is.
 */
export const migrate = (db: DatabaseSync, path: string): void => {
  const found = version(db);
  const program = migrations.length;
  if (found > program) {
    throw new Error(
      `The store "${path}" has version ${found}, this program knows versions up to ${program}: use a newer hoppetdb`,
    );
  }
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get() as { n: number };
  const { application_id: id } = db.prepare("PRAGMA application_id").get() as { application_id: number };
  if (tables.n > 0 && id !== applicationId) throw new Error(`"${path}" is a SQLite database, but no store of hoppetdb`);
  // auto_vacuum before the first table, or it has no effect
  db.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864");
  if (found === program) return;
  if (found > 0) copyBeside(db, path, found);
  for (let next = found; next < program; next++) {
    db.exec("BEGIN IMMEDIATE");
    try {
      // another process may have been quicker
      if (version(db) === next) {
        db.exec(migrations[next] ?? "");
        db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${next + 1}`);
      }
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  }
};

const version = (db: DatabaseSync): number =>
  (db.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;

const copyBeside = (db: DatabaseSync, path: string, found: number): void => {
  const copy = `${path}.version-${found}`;
  if (path === ":memory:" || existsSync(copy)) return;
  db.prepare("VACUUM INTO ?").run(copy);
};
