import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { collections } from "../../handlers/core/collections.ts";
import type { CollectionName } from "../../handlers/interfaces/documents.ts";
import { tableOf } from "../storage/sqlite/document-tables.ts";

/** What is known of a SQLite file once it was looked at. */
export type Inspected = {
  /** The number of the store's last migration. */
  readonly schema: number;
  /** The id of the secret key that the store is tied to; null where it was never opened whole. */
  readonly keyId: string | null;
  readonly counts: Readonly<Record<string, number>>;
  /** CA keys and known secrets, which are encrypted: the record's id and its bytes in base64. */
  readonly encrypted: readonly { readonly record: string; readonly value: string }[];
  /** What SQLite finds wrong; nothing where it was not asked. */
  readonly faults: readonly string[];
};

export type SqliteJob =
  | { readonly do: "snapshot"; readonly from: string; readonly to: string }
  | { readonly do: "inspect"; readonly path: string; readonly thorough: boolean }
  | { readonly do: "end sessions"; readonly path: string };
export type SqliteResult<Job extends SqliteJob> = Job extends { readonly do: "inspect" } ? Inspected : null;

/** Consistent as of its beginning, while others go on writing: they wait for nothing. Removed rows do not come along. */
const snapshot = (from: string, to: string): void => {
  using db = open(from, true);
  db.prepare("VACUUM INTO ?").run(to);
};

const inspect = (path: string, thorough: boolean): Inspected => {
  using db = open(path, true);
  // on a damaged file the rest may fail or be nonsense
  const faults = thorough ? faultsOf(db) : [];
  if (faults.length > 0) return { schema: 0, keyId: null, counts: {}, encrypted: [], faults };
  const tables = new Set(
    db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all().map(({ name }) => String(name)),
  );
  if (!tables.has("nodes") || !tables.has("doc_settings")) throw new Error("it is no store of hoppetdb");
  const count = (table: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
  const known = (Object.keys(collections) as CollectionName[]).filter((name) => tables.has(tableOf(name)));
  return {
    schema: Number(db.prepare("PRAGMA user_version").get()?.user_version),
    keyId: (db.prepare("SELECT body ->> '$.key_id' AS id FROM doc_settings WHERE id = 'key'").get()?.id ?? null) as
      | string
      | null,
    counts: Object.fromEntries([
      ...["nodes", "factsets", "catalogs", "reports", "whole_catalogs", "commands"].map((each) => [each, count(each)]),
      ...known.map((name) => [name, count(tableOf(name))]),
    ]),
    encrypted: known.flatMap((name) => encryptedIn(db, name)),
    faults,
  };
};

/** The encrypted field of the collections that have one. */
const encryptedField: Readonly<Partial<Record<CollectionName, string>>> = { ca_keys: "key", redactor_secrets: "value" };

const encryptedIn = (db: DatabaseSync, name: CollectionName): Inspected["encrypted"] => {
  const field = encryptedField[name];
  return field === undefined
    ? []
    : db.prepare(`SELECT id, body ->> '$.${field}' AS value FROM ${tableOf(name)} ORDER BY id`).all()
      .map(({ id, value }) => ({ record: `${name}/${id}`, value: String(value) }));
};

/** Up to ten. A file that SQLite can't even begin to read is one. */
const faultsOf = (db: DatabaseSync): string[] => {
  try {
    return db.prepare("PRAGMA integrity_check(10)").all().map((row) => String(row.integrity_check))
      .filter((text) => text !== "ok");
  } catch (error) {
    return [(error as Error).message];
  }
};

/** Whoever logged out after the backup was made would be logged in again. */
const endSessions = (path: string): void => {
  using db = open(path, false);
  db.exec(`PRAGMA journal_mode = MEMORY; PRAGMA synchronous = FULL; DELETE FROM ${tableOf("sessions")}`);
};

const open = (path: string, readOnly: boolean): DatabaseSync => {
  const db = new DatabaseSync(path, { readOnly });
  db.exec("PRAGMA busy_timeout = 10000");
  return db;
};

const run = (job: SqliteJob): Inspected | null => {
  switch (job.do) {
    case "snapshot":
      snapshot(job.from, job.to);
      return null;
    case "inspect":
      return inspect(job.path, job.thorough);
    case "end sessions":
      endSessions(job.path);
      return null;
    default:
      return job satisfies never;
  }
};

try {
  parentPort!.postMessage({ result: run(workerData as SqliteJob) });
} catch (error) {
  parentPort!.postMessage({ failed: (error as Error).message });
}
