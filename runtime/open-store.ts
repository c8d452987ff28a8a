import type { Clock } from "../handlers/interfaces/clock.ts";
import type { Log } from "../handlers/interfaces/log.ts";
import type { Store } from "../handlers/interfaces/store.ts";
import type { Vault } from "../handlers/interfaces/vault.ts";
import type { Config } from "./config.ts";
import { openSqliteStore } from "./storage/sqlite/open.ts";

/** Opens the store that HOPPETDB_STORE names. */
export const openStore = async (config: Config, vault: Vault, clock: Clock, log: Log): Promise<Store> => {
  if (config.store.kind === "mongodb") {
    throw new Error("This version has no MongoDB store: set HOPPETDB_STORE to sqlite:PATH, or leave it unset");
  }
  return await openSqliteStore({ path: config.store.path, vault, clock, log });
};
