import { hostname } from "node:os";
import type { OpenCa } from "../handlers/core/ca/ca.ts";
import type { Clock } from "../handlers/interfaces/clock.ts";
import type { Ids } from "../handlers/interfaces/ids.ts";
import type { Log } from "../handlers/interfaces/log.ts";
import type { Store } from "../handlers/interfaces/store.ts";
import type { Vault } from "../handlers/interfaces/vault.ts";
import { openCa, prepareCa } from "./ca/open-ca.ts";
import { openCaTls } from "./ca/open-ca-tls.ts";
import { resolveMode } from "./ca/mode.ts";
import type { Config } from "./config.ts";
import type { DataDir } from "./data-dir.ts";
import { openTls, type Tls } from "./tls/open-tls.ts";
import { selfSigned } from "./tls/self-signed.ts";

type Deps = {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
};

/**
 * Who signs, what our listeners show, and whom they believe: our own CA with certificates of it, or, where the
 * Puppetserver is the CA, the files that are configured (a certificate of our own making where none is).
 */
export const openTrust = async (
  config: Config,
  dataDir: DataDir,
  deps: Deps,
): Promise<{ readonly ca: OpenCa | undefined; readonly tls: Tls }> => {
  const { store, clock, ids, log } = deps;
  if (await resolveMode({ documents: store.documents, clock }, config) === "proxy") {
    return { ca: undefined, tls: await openFileTls(config, dataDir, clock, log) };
  }
  let shown = "";
  const ca = openCa({ ...deps, config, inUse: ({ serial }) => serial === shown });
  // a process without agents' ports has no use for keys
  if (!config.PARTS.includes("puppet") && !config.PARTS.includes("puppetdb")) {
    return { ca, tls: await openFileTls(config, dataDir, clock, log) };
  }
  await prepareCa(ca, config, ids, log);
  // the first agent is not to wait for them
  await ca.revocations.fresh();
  const tls = await openCaTls({
    ca,
    changes: store.changes,
    config,
    dir: dataDir.path,
    clock,
    log,
    showing: ({ serial }) => shown = serial,
  });
  return { ca, tls };
};

const openFileTls = async (config: Config, dataDir: DataDir, clock: Clock, log: Log): Promise<Tls> => {
  const { TLS_CERT: cert, TLS_KEY: key, TLS_CA: ca, TLS_CRL: crl } = config;
  const files = cert !== undefined && key !== undefined
    ? { cert, key, ca, crl }
    : { ...await selfSigned(dataDir.path, [hostname()], clock.now()), ca, crl };
  return openTls({ files, clock, log });
};
