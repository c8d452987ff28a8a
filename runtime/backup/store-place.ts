import { existsSync, linkSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { AppError } from "../../handlers/errors.ts";
import { syncFolderOf } from "./files.ts";

/** Where a store is to be put, and from which others are kept off meanwhile. */
export type StorePlace = {
  /** Puts a whole file there. What was there is kept: gives its new name, undefined where there was nothing. */
  put(file: string): string | undefined;
  release(): void;
};

// by their texts: Deno leaves out the code
const busy = /^database is locked/;
const damaged = /^(database disk image is malformed|file is not a database)/;
/** SQLite would take them for parts of the new file. */
const companions = ["-wal", "-shm", "-journal"];

/**
 * Takes the place of a store. Throws AppError `conflict` where there is one and not `force`, or where a process has it
 * open; `at` (ISO 8601) names the old one that is kept.
 */
export const takeStorePlace = (path: string, force: boolean, at: string): StorePlace => {
  if (!force && existsSync(path)) throw thereAlready(path);
  const lock = existsSync(path) ? lockAlone(path) : undefined;
  const kept = `${path}.replaced-${at.replaceAll(/[:.]/g, "-")}`;
  return {
    put: (file) => {
      const old = existsSync(path);
      for (const each of companions) if (existsSync(path + each)) renameSync(path + each, kept + each);
      if (old && !force) throw thereAlready(path);
      if (old) {
        linkSync(path, kept);
        // never a moment without a store
        renameSync(file, path);
      } else {
        linkSync(file, path);
        rmSync(file);
      }
      syncFolderOf(path);
      return old ? kept : undefined;
    },
    release: () => lock?.close(),
  };
};

const thereAlready = (path: string) =>
  new AppError(
    "conflict",
    `There is a store at "${path}" already; --force replaces it, and keeps it under another name`,
  );

/** Leaving WAL mode needs that nobody else has the file open; the lock is then held until it is closed. */
const lockAlone = (path: string): DatabaseSync | undefined => {
  const db = new DatabaseSync(path);
  try {
    db.exec("PRAGMA busy_timeout = 1000; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    return db;
  } catch (cause) {
    db.close();
    const { message } = cause as Error;
    // nobody works on a file that SQLite can't read
    if (damaged.test(message)) return undefined;
    if (busy.test(message)) {
      throw new AppError("conflict", `A process has the store "${path}" open: stop hoppetdb first`, { cause });
    }
    throw new AppError("internal", `The store "${path}" cannot be replaced: ${message}`, { cause });
  }
};
