import { existsSync } from "node:fs";
import { puppetSpace } from "../../../handlers/core/ca/spaces.ts";
import { type CommandCa, openCaForCommand } from "../../ca/command-ca.ts";
import { readConfig } from "../../config.ts";
import type { Terminal } from "./terminal.ts";

/** What must be there: a CA in the store, the store, or nothing: then the store is made. */
type Needs = "ca" | "store" | "nothing";

/**
 * Opens the store for one command and closes it at the end. A store that isn't there is only made by a command that fills
 * it: a path that was typed wrong should not leave an empty CA behind.
 */
export const withCa = async (
  terminal: Terminal,
  { needs = "ca", changes = false, action }: {
    readonly needs?: Needs;
    readonly changes?: boolean;
    /** What the audit log calls it; undefined where nothing is changed. */
    readonly action?: string | undefined;
  },
  work: (ca: CommandCa) => Promise<number>,
): Promise<number> => {
  const { store } = readConfig(terminal.env);
  if (store.kind === "sqlite" && store.path === ":memory:") {
    throw new Error("A store in memory is gone with its process: set HOPPETDB_STORE to the one that is served");
  }
  if (needs !== "nothing" && store.kind === "sqlite" && !existsSync(store.path)) {
    throw new Error(
      `There is no store at "${store.path}": set HOPPETDB_DATA_DIR or HOPPETDB_STORE as for hoppetdb serve, or start that first`,
    );
  }
  const { ca, close } = await openCaForCommand(terminal.env, (line) => terminal.err(line));
  try {
    if (needs === "ca" && !await ca.spaces.get(puppetSpace)) {
      throw new Error(
        "This store has no CA. It gets one when hoppetdb starts with HOPPETDB_CA=own, by hoppetdb ca import DIR, or by " +
          "hoppetdb ca switch own",
      );
    }
    if (changes && await ca.mode.current() === "proxy") {
      terminal.err(
        "Warning: agents are sent to the Puppetserver's CA (HOPPETDB_CA=proxy); this is the one in the store",
      );
    }
    const status = await work(ca);
    // 24: some of it was done
    if (action !== undefined) await ca.record(action, status === 0 || status === 24 ? "done" : "refused");
    return status;
  } finally {
    await close();
  }
};
