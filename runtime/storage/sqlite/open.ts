import { closeSync, openSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../../handlers/errors.ts";
import type { Clock } from "../../../handlers/interfaces/clock.ts";
import type { Document, Documents } from "../../../handlers/interfaces/documents.ts";
import type { Log } from "../../../handlers/interfaces/log.ts";
import type { Store } from "../../../handlers/interfaces/store.ts";
import type { Vault } from "../../../handlers/interfaces/vault.ts";
import { followChanges } from "./changes.ts";
import { sqliteDocuments } from "./documents.ts";
import { sqliteEstate } from "./estate.ts";
import { sqliteQueue } from "./queue.ts";
import { startThreads } from "./threads.ts";

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
 * Opens the store: made with mode 0600 where it is missing, brought to this program's version (with a copy beside it
 * before). Rejects with an AppError that says why it can't be used: no store of ours, a newer version, encrypted under
 * another key. Several processes of a machine may have the same file open.
 */
export const openSqliteStore = async ({ path, vault, clock, log, readers = 2 }: SqliteOptions): Promise<Store> => {
  if (path !== ":memory:") makeFile(path);
  const changes = followChanges(log);
  const threads = await startThreads({ path, readers, log, changed: changes.noted });
  try {
    const documents = sqliteDocuments(threads, clock);
    await checkKey(path, documents, vault);
    const { repair, ...estate } = sqliteEstate(threads, vault);
    await repair();
    changes.follow(path);
    return {
      estate,
      documents,
      queue: sqliteQueue(threads),
      changes,
      ping: async () => {
        await Promise.all([threads.read({ sql: "SELECT 1", params: [] }), threads.write("ping", [])]);
      },
      close: async () => {
        changes.close();
        await threads.close();
      },
    };
  } catch (error) {
    changes.close();
    await threads.close();
    throw error;
  }
};

/** Bytes of the file system that a file lies on: all, and those that this user may still write. */
export const diskSpace = async (path: string): Promise<{ readonly free: number; readonly total: number }> => {
  const { bavail, blocks, bsize } = await statfs(dirname(path));
  return { free: bavail * bsize, total: blocks * bsize };
};

const makeFile = (path: string): void => {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "EEXIST") return;
    throw new AppError("internal", `The store "${path}" cannot be made: ${(cause as Error).message}`, { cause });
  }
};

type KeyDocument = Document & { readonly key_id: string };

/** A store is tied to the key that its first process had: under another one its secrets could not be read. */
const checkKey = async (path: string, documents: Documents, vault: Vault): Promise<void> => {
  const { keyId, keyIds } = vault;
  try {
    await documents.insert<KeyDocument>("settings", { id: "key", key_id: keyId });
    return;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "conflict") throw error;
  }
  const known = await documents.get<KeyDocument>("settings", "key");
  if (!known || known.key_id === keyId) return;
  if (!keyIds.includes(known.key_id)) {
    throw new AppError(
      "internal",
      `The store "${path}" is encrypted under key "${known.key_id}", but the key that is given has the id "${keyId}" (HOPPETDB_SECRET_KEY)`,
    );
  }
  // a new key was put in front of the old one
  await documents.replace<KeyDocument>("settings", { id: "key", key_id: keyId }, known.version);
};
