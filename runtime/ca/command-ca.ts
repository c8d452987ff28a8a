import { readFileSync } from "node:fs";
import { openCertificates } from "../../handlers/core/ca/authority-facts.ts";
import type { OpenCa } from "../../handlers/core/ca/ca.ts";
import { createKeyRing } from "../../handlers/core/encryption/key-ring.ts";
import { puppetSpace } from "../../handlers/core/ca/spaces.ts";
import type { Log } from "../../handlers/interfaces/log.ts";
import { recordFromCli } from "../cli/audit.ts";
import { readConfig } from "../config.ts";
import type { Environment } from "../config.ts";
import { openDataDir } from "../data-dir.ts";
import { createLog } from "../log.ts";
import { openStore } from "../open-store.ts";
import { systemClock as clock, systemIds as ids } from "../system.ts";
import { type CaMode, createMode } from "./mode.ts";
import { openCa, prepareCa } from "./open-ca.ts";

/** The CA as a command has it: over the store itself, beside whatever process serves it. */
export type CommandCa = OpenCa & {
  readonly mode: {
    current(): Promise<CaMode | undefined>;
    set(mode: CaMode): Promise<void>;
    /** Certificates of our own CA that are good now. */
    liveOwn(): Promise<number>;
    /** Nodes that the store knows: each has a certificate of the Puppetserver's CA, as far as can be told from here. */
    liveProxy(): Promise<number>;
  };
  /** Notes in the audit log what a command has done. */
  record(action: string, outcome: "done" | "refused"): Promise<void>;
  /** Makes the first authorities where there are none. */
  prepare(): Promise<void>;
};

/** Opens the store that the environment names, for one command. What goes wrong in it is logged to standard error. */
export const openCaForCommand = async (
  env: Environment,
  write: (line: string) => void,
): Promise<{ readonly ca: CommandCa; readonly close: () => Promise<void> }> => {
  const config = readConfig(env);
  const log: Log = createLog(config.LOG === "info" ? "error" : config.LOG, write);
  const dataDir = openDataDir(config.DATA_DIR);
  const vault = await createKeyRing(dataDir.secretKeys(config.SECRET_KEY));
  const store = await openStore(config, vault, clock, log);
  const { documents, estate } = store;
  // a certificate that a listener shows is in a space of its own, or it is the file that is configured
  const shown = config.TLS_CERT === undefined
    ? []
    : openCertificates(readFileSync(config.TLS_CERT, "utf8"), "certificate");
  const inUse = ({ serial }: { readonly serial: string }) => shown[0]?.facts.serial === serial;
  const ca = openCa({ config, store, vault, clock, ids, log, inUse });
  const mode = createMode({ documents, clock });
  return {
    ca: {
      ...ca,
      mode: {
        ...mode,
        liveOwn: () => ca.certificates.count({ space: puppetSpace, status: ["signed"] }),
        liveProxy: () => estate.count({ entity: "nodes", select: [] }),
      },
      record: (action, outcome) =>
        recordFromCli({ ...store, vault, clock, ids, log }, { action, outcome, target: "ca" }),
      prepare: () => prepareCa(ca, config, ids, log),
    },
    close: async () => {
      ca.close();
      // what was changed is read in the background, which is not to meet a closed store
      await ca.revocations.fresh().catch(() => {});
      await store.close();
    },
  };
};
