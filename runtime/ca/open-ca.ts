import { hostname } from "node:os";
import { createCa, type OpenCa } from "../../handlers/core/ca/ca.ts";
import { makeFirstAuthority } from "../../handlers/core/ca/first-authority.ts";
import { defaultPolicy } from "../../handlers/core/ca/policy.ts";
import { createSigningKeys } from "../../handlers/core/ca/signing-keys.ts";
import type { Clock } from "../../handlers/interfaces/clock.ts";
import type { Ids } from "../../handlers/interfaces/ids.ts";
import type { Log } from "../../handlers/interfaces/log.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import type { Vault } from "../../handlers/interfaces/vault.ts";
import type { Config } from "../config.ts";
import { listenerNames } from "./open-ca-tls.ts";
import { executableApprover, httpApprover } from "./approvers.ts";

type Deps = {
  readonly config: Config;
  readonly store: Pick<Store, "documents" | "changes" | "estate">;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Serials that listeners of this process show. */
  readonly inUse?: (certificate: { readonly authority: string; readonly serial: string }) => boolean;
};

/** The CA over a store, as the configuration has it. Nothing is made yet. */
export const openCa = ({ config, store, vault, clock, ids, log, inUse = () => false }: Deps): OpenCa => {
  const { documents, changes, estate } = store;
  const reserved = new Set([...config.CA_ADMIN_CNS, ...config.TRUSTED_CNS, ...listenerNames(config)]);
  return createCa({
    documents,
    changes,
    keys: createSigningKeys({ documents, changes, vault }),
    clock,
    ids,
    log,
    policy: {
      ...defaultPolicy,
      ttl: config.CA_TTL / 1000,
      auto_renewal_ttl: config.CA_AUTO_RENEWAL_TTL / 1000,
      allow_renewal: config.CA_RENEWAL,
      autosign: config.CA_AUTOSIGN,
      autosign_known_nodes: config.CA_AUTOSIGN_KNOWN_NODES,
      allow_subject_alt_names: config.CA_ALLOW_SUBJECT_ALT_NAMES,
      enforce_rfc1123: config.CA_ENFORCE_RFC1123,
    },
    crlValidity: config.CA_CRL_TTL,
    requestTtl: config.CA_REQUEST_TTL,
    urls: { crl: config.CA_CRL_URL, ocsp: config.CA_OCSP_URL },
    isNode: async (certname) =>
      await estate.count({
        entity: "nodes",
        select: [],
        where: { op: "=", left: { field: "certname" }, right: certname },
      }) > 0,
    approvers: [
      ...(config.CA_AUTOSIGN_EXEC ? [executableApprover(config.CA_AUTOSIGN_EXEC)] : []),
      ...(config.CA_AUTOSIGN_URL ? [httpApprover(config.CA_AUTOSIGN_URL)] : []),
    ],
    reserved: (certname) => reserved.has(certname),
    inUse,
  });
};

/** Makes the first authorities where the store has none. RSA keys take a second or five. */
export const prepareCa = async (ca: OpenCa, config: Pick<Config, "CA_KEY">, ids: Ids, log: Log): Promise<void> => {
  const made = await makeFirstAuthority(ca, {
    host: hostname().toLowerCase(),
    mark: ids.uuid().replaceAll("-", "").slice(0, 14),
    keys: config.CA_KEY,
  });
  if (made) log.info("The CA was made", { authority: (await ca.spaces.get("puppet-ca"))?.ca_id });
};
