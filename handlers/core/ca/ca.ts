import type { Changes } from "../../interfaces/changes.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Log } from "../../interfaces/log.ts";
import type { SigningKeys } from "../../interfaces/signer.ts";
import type { Task } from "../periodic/run-due.ts";
import { createAuthorities } from "./authorities.ts";
import { type Approver, createAutosign } from "./autosign.ts";
import { createCertificates } from "./certificates.ts";
import { createCrls } from "./crl.ts";
import { createDirectory } from "./directory.ts";
import { updateExternalCrls } from "./external-crls.ts";
import { createFind } from "./find.ts";
import type { StatusUrls } from "./issue.ts";
import type { EffectivePolicy } from "./policy.ts";
import { createOcsp } from "./ocsp.ts";
import { createRegistered } from "./registered.ts";
import { createRenew } from "./renew.ts";
import { createRevocations } from "./revocations.ts";
import { createRevoke } from "./revoke.ts";
import { createSpaces } from "./spaces.ts";
import { caTasks } from "./tasks.ts";
import { createTokens } from "./tokens.ts";
import { createTransfer } from "./transfer.ts";
import type { Ca, Transfer } from "./types.ts";

export type CaDeps = {
  readonly documents: Documents;
  readonly changes: Changes;
  readonly keys: SigningKeys;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** What a space that says nothing else does. */
  readonly policy: EffectivePolicy;
  /** Milliseconds that a CRL is valid. */
  readonly crlValidity: number;
  /** Milliseconds that a request waits before it is dropped; 0: for ever. */
  readonly requestTtl: number;
  readonly urls: StatusUrls;
  readonly isNode: (certname: string) => Promise<boolean>;
  readonly approvers: readonly Approver[];
  /** See `createAutosign`. */
  readonly reserved: (certname: string) => boolean;
  /** See `createRevoke`. */
  readonly inUse: (certificate: { readonly authority: string; readonly serial: string }) => boolean;
};

/** All of the CA, over one store: every process on it is as much the CA as any other. */
export type OpenCa = Ca & {
  /** What the records say of a verified certificate. */
  readonly registered: ReturnType<typeof createRegistered>;
  readonly revocations: Pick<ReturnType<typeof createRevocations>, "fresh" | "find" | "onChange">;
  readonly directory: ReturnType<typeof createDirectory>;
  readonly crls: ReturnType<typeof createCrls>;
  /** See `createOcsp`. */
  readonly ocsp: ReturnType<typeof createOcsp>;
  /** See `updateExternalCrls`. */
  readonly updateExternalCrls: (pem: string) => Promise<number>;
  readonly transfer: Transfer;
  /** The periodic work. */
  readonly tasks: readonly Task[];
  close(): void;
};

export const createCa = (deps: CaDeps): OpenCa => {
  const { documents, crlValidity, policy: configured } = deps;
  const directory = createDirectory(deps);
  const revocations = createRevocations(deps);
  const shared = { ...deps, directory, revocations, configured, validity: crlValidity };
  const crls = createCrls(shared);
  const autosign = createAutosign(deps);
  const certificates = {
    ...createCertificates({ ...shared, autosign }),
    ...createRenew(shared),
    ...createRevoke(shared),
    ...createFind(deps),
  };
  const spaces = createSpaces({ ...shared, crls });
  return {
    certificates,
    authorities: createAuthorities({ ...shared, crls }),
    spaces,
    tokens: createTokens(deps),
    registered: createRegistered({ documents, directory, revocations }),
    revocations,
    directory,
    crls,
    ocsp: createOcsp({ ...deps, directory, revocations }),
    updateExternalCrls: (pem) => updateExternalCrls(deps, pem),
    transfer: createTransfer({ ...shared, certificates, spaces }),
    tasks: caTasks({ ...deps, crls, spaces }),
    close: revocations.close,
  };
};
