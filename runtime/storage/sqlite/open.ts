import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../../handlers/errors.ts";
import type { Clock } from "../../../handlers/interfaces/clock.ts";
import type { Document } from "../../../handlers/interfaces/documents.ts";
import type { Log } from "../../../handlers/interfaces/log.ts";
import type { Store } from "../../../handlers/interfaces/store.ts";
import type { Vault } from "../../../handlers/interfaces/vault.ts";
import { followChanges } from "./changes.ts";
import { sqliteDocuments } from "./documents.ts";
import { sqliteEstate } from "./estate.ts";
import { sqliteQueue } from "./queue.ts";
import { startThreads, type Threads } from "./threads.ts";

export type SqliteOptions = {
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  /** Threads that read; default 2. */
  readonly readers?: number;
};

/**
 * Opens the store, made with mode 0600 where it is missing and brought to this program's version. Throws an Error that
 * says why it can't be used: no store of ours, a newer version, encrypted under another key.
 */
export const openSqliteStore = async ({ path, vault, clock, log, readers = 2 }: SqliteOptions): Promise<Store> => {
  if (path !== ":memory:") makeFile(path);
  const threads = await startThreads(path, readers, log);
  try {
    const changes = followChanges(() => readVersions(threads), log);
    await changes.look();
    const documents = sqliteDocuments(threads, changes, clock);
    await checkKey(documents, vault);
    return {
      estate: sqliteEstate(threads, vault),
      documents,
      queue: sqliteQueue(threads),
      changes,
      ping: async () => void await threads.read({ sql: "SELECT 1", params: [] }),
      close: async () => {
        changes.close();
        await threads.close();
      },
    };
  } catch (error) {
    await threads.close();
    throw error;
  }
};

/** Free and all bytes of the file system that a file lies on. */
export const diskSpace = async (path: string): Promise<{ readonly free: number; readonly total: number }> => {
  const { bavail, blocks, bsize } = await statfs(dirname(path));
  return { free: bavail * bsize, total: blocks * bsize };
};

const makeFile = (path: string): void => {
  if (existsSync(path)) return;
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
};

const readVersions = async (threads: Threads): Promise<ReadonlyMap<string, number>> =>
  new Map((await threads.read({ sql: "SELECT topic, number FROM versions", params: [] })).map(([topic, number]) => [
    String(topic),
    Number(number),
  ]));

type KeyDocument = Document & { readonly key_id: string };

/** A store is tied to the key that its first process had: with another one its secrets could not be read. */
const checkKey = async (documents: Store["documents"], vault: Vault): Promise<void> => {
  try {
    await documents.insert<KeyDocument>("settings", { id: "key", key_id: vault.keyId });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "conflict") throw error;
  }
  const known = await documents.get<KeyDocument>("settings", "key");
  if (!known || known.key_id === vault.keyId) return;
  if (!vault.keyIds.includes(known.key_id)) {
    throw new Error(
      `The store is encrypted under key "${known.key_id}", but the key that is given has the id "${vault.keyId}" (HOPPETDB_SECRET_KEY)`,
    );
  }
  // a new key was put in front of the old one
  await documents.replace<KeyDocument>("settings", { id: "key", key_id: vault.keyId }, known.version);
};
