import type { Config } from "../config.ts";

/** The SQLite file that HOPPETDB_STORE names. Throws where the store is none. */
export const sqlitePath = ({ store }: Config): string => {
  if (store.kind === "mongodb") {
    throw new Error("This version backs up and restores SQLite stores only, and HOPPETDB_STORE is a mongodb:// URL");
  }
  if (store.path === ":memory:") throw new Error("A store in memory is gone with its process: set HOPPETDB_STORE");
  return store.path;
};
