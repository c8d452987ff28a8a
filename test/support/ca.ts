import { onTestFinished } from "vitest";
import { createCa, type OpenCa } from "../../handlers/core/ca/ca.ts";
import { makeFirstAuthority } from "../../handlers/core/ca/first-authority.ts";
import type { Approver } from "../../handlers/core/ca/autosign.ts";
import type { StatusUrls } from "../../handlers/core/ca/issue.ts";
import { defaultPolicy, type EffectivePolicy } from "../../handlers/core/ca/policy.ts";
import type { Actor } from "../../handlers/core/ca/records.ts";
import { createSigningKeys } from "../../handlers/core/ca/signing-keys.ts";
import type { Changes } from "../../handlers/interfaces/changes.ts";
import type { Documents } from "../../handlers/interfaces/documents.ts";
import type { Ids } from "../../handlers/interfaces/ids.ts";
import type { KeyKind } from "../../handlers/interfaces/signer.ts";
import type { Vault } from "../../handlers/interfaces/vault.ts";
import { systemClock, systemIds } from "../../runtime/system.ts";
import { openSqliteStore } from "../../runtime/storage/sqlite/open.ts";
import { createTestClock, type TestClock } from "./clock.ts";
import { createMemoryDocuments, type MemoryDocuments } from "./documents.ts";
import { createRecordingLog } from "./log.ts";
import { createTestVault } from "./vault.ts";

export const day = 86_400_000;
export const space = "puppet-ca";
export const operator: Actor = { kind: "user", name: "tester" };

export type TestCaOptions = {
  readonly policy?: Partial<EffectivePolicy>;
  readonly approvers?: readonly Approver[];
  readonly nodes?: readonly string[];
  readonly reserved?: readonly string[];
  readonly urls?: Partial<StatusUrls>;
  readonly crlValidity?: number;
  readonly requestTtl?: number;
  readonly inUse?: (certificate: { readonly authority: string; readonly serial: string }) => boolean;
  readonly vault?: Vault;
  /** `none`: no authority is made. */
  readonly keys?: "p-256" | "rsa-2048" | "none";
};

export type TestCa = OpenCa & {
  readonly documents: Documents;
  readonly changes: Changes;
  readonly log: ReturnType<typeof createRecordingLog>;
  readonly ids: Ids;
};

/** One process's CA over a store that may have others. */
export const caOver = async (
  { documents, changes }: { readonly documents: Documents; readonly changes: Changes },
  clock: { now(): number },
  options: TestCaOptions = {},
): Promise<TestCa> => {
  const log = createRecordingLog();
  const vault = options.vault ?? await createTestVault();
  const ca = createCa({
    documents,
    changes,
    keys: createSigningKeys({ documents, changes, vault }),
    clock,
    ids: systemIds,
    log,
    policy: { ...defaultPolicy, ...options.policy },
    crlValidity: options.crlValidity ?? 30 * day,
    requestTtl: options.requestTtl ?? 30 * day,
    urls: { crl: undefined, ocsp: undefined, ...options.urls },
    isNode: (certname) => Promise.resolve(options.nodes?.includes(certname) ?? false),
    approvers: options.approvers ?? [],
    reserved: (certname) => options.reserved?.includes(certname) ?? false,
    inUse: options.inUse ?? (() => false),
  });
  const by: Actor = { kind: "command", name: "test" };
  const keys = options.keys ?? "p-256";
  if (keys === "p-256") await makeFirstAuthority(ca, { host: "puppet.example.test", mark: "0123456789abcd", keys });
  else if (keys !== "none") {
    const key: KeyKind = keys;
    await ca.authorities.create({ id: "puppet-ca-root", cn: "Puppet Root CA: rsa", key, by });
    await ca.authorities.create({ id: space, parent_id: "puppet-ca-root", cn: "Puppet CA: rsa", key, by });
    await ca.spaces.create({ id: space, ca_id: space, by });
    await ca.spaces.create({ id: "hoppetdb", ca_id: space, by });
  }
  return { ...ca, documents, changes, log, ids: systemIds };
};

/** A CA over a store in memory, at a time that stands still until the test says. */
export const createTestCa = async (
  options: TestCaOptions & { readonly memory?: MemoryDocuments; readonly clock?: TestClock } = {},
) => {
  const clock = options.clock ?? createTestClock();
  const memory = options.memory ?? createMemoryDocuments(clock);
  const ca = await caOver(memory, clock, options);
  return { ...ca, clock, memory };
};

/** A CA over a SQLite store of its own threads; several at one path are several processes. Ends with the test. */
export const createSqliteCa = async (path: string, options: TestCaOptions = {}, clock = systemClock) => {
  const vault = options.vault ?? await createTestVault();
  const store = await openSqliteStore({ path, vault, clock, log: createRecordingLog() });
  const ca = await caOver(store, clock, { ...options, vault });
  onTestFinished(async () => {
    ca.close();
    await store.close();
  });
  return ca;
};
