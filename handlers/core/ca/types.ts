import type { KeyKind } from "../../interfaces/signer.ts";
import type {
  Actor,
  Authority,
  Certificate,
  CertificateStatus,
  EnrolmentToken,
  Policy,
  RevocationReason,
  Space,
} from "./records.ts";

export type By = { readonly by: Actor };
/** What tells one certname of one space; `puppet-ca` is the space of /puppet-ca/v1. */
export type Named = { readonly space: string; readonly certname: string };

export type CertificateFilter = {
  readonly space?: string;
  readonly authority?: string;
  readonly certname?: string; // equality
  readonly pattern?: string; // RE2 on certname
  readonly status?: readonly CertificateStatus[];
  readonly serial?: string; // hex, any case, 0x and colons allowed
  readonly fingerprint?: string; // SHA-256, any case, colons allowed
  readonly expiring_before?: number; // ms
  readonly include_cleaned?: boolean; // default false
};
/** A record without request and certificate PEM. */
export type CertificateSummary = Omit<Certificate, "request" | "certificate" | "claim">;

export type Certificates = {
  /** Takes a CSR. Throws AppError bad_request (Puppet's words) and leaves no record. `signed`: by itself. */
  submit(
    request: Named & { readonly pem: string; readonly from: string },
  ): Promise<{ readonly certificate: Certificate; readonly signed: boolean }>;
  /** not_found: no such name at all; conflict: no request waits, or policy refuses (text says which). `ttl` seconds. */
  sign(what: Named & By & { readonly ttl?: number; readonly authorized?: boolean }): Promise<Certificate>;
  /** Makes a certificate for a CSR at once, for `generate` and own listeners: extensions of 1.3.6.1.4.1.34380.1.3 allowed with `authorized`. conflict: name is taken. */
  issue(
    what: Named & By & {
      readonly pem: string;
      readonly ttl?: number;
      readonly authorized?: boolean;
      readonly subjectAltNames?: readonly string[];
      readonly cliAuth?: boolean;
    },
  ): Promise<Certificate>;
  /** All live serials of the name. not_found: nothing of that name; conflict: only a request; or one of our own listeners' and not `force`. Returns how many were revoked now (0: were revoked before). */
  revoke(what: Named & By & { readonly reason?: RevocationReason; readonly force?: boolean }): Promise<number>;
  /** One serial. `authority` may be left out where only one has it. */
  revokeSerial(
    what: { readonly authority?: string; readonly serial: string } & By & {
      readonly reason?: RevocationReason;
      readonly force?: boolean;
    },
  ): Promise<number>;
  /** Revokes every live serial, removes the request, frees the name: one step. not_found. */
  clean(what: Named & By & { readonly force?: boolean }): Promise<{ readonly revoked: number }>;
  /** Drops a waiting request. False: there was none. */
  removeRequest(what: Named): Promise<boolean>;
  /** A new certificate for the holder of one (DER or PEM of the verified client certificate). */
  renew(what: { readonly pem: string }): Promise<Certificate>;
  /** The row that stands for a name: its request or newest certificate; not the cleaned ones. */
  current(what: Named): Promise<Certificate | undefined>;
  get(id: string): Promise<Certificate | undefined>;
  list(
    filter: CertificateFilter,
    page: {
      readonly sort?: "certname" | "not_after" | "signed_at" | "requested_at" | "serial";
      readonly descending?: boolean;
      readonly limit: number;
      readonly offset: number;
    },
  ): Promise<readonly CertificateSummary[]>;
  count(filter: CertificateFilter): Promise<number>;
  /** All of it, in batches, certname order, without PEMs. */
  stream(filter: CertificateFilter): AsyncIterable<readonly CertificateSummary[]>;
  /** Signed certificates that expire per week (Monday 00:00 UTC, ms), from now on. */
  forecast(space: string, weeks: number): Promise<readonly { readonly week: number; readonly expiring: number }[]>;
};

export type CrlView = {
  readonly authority: string;
  readonly number: number;
  readonly this_update: number;
  readonly next_update: number;
  readonly entries: number;
  readonly der: Uint8Array<ArrayBuffer>;
  readonly pem: string;
};

export type Authorities = {
  list(): Promise<readonly Authority[]>;
  get(id: string): Promise<Authority | undefined>;
  /** Self-signed, or signed by `parent_id` (one of ours with a key). conflict: the id exists. */
  create(
    what: {
      readonly id: string;
      readonly parent_id?: string | null;
      readonly cn: string;
      readonly organization?: string;
      readonly key?: KeyKind;
      readonly validity_days?: number;
    } & By,
  ): Promise<Authority>;
  /** Takes certificate, key and chain from elsewhere. invalid: the key isn't the certificate's, it's no CA, the chain doesn't fit. */
  upload(
    what: {
      readonly id: string;
      readonly certificate: string;
      readonly private_key: string;
      readonly chain?: readonly string[];
      readonly crls?: string;
    } & By,
  ): Promise<Authority>;
  /** `ca csr`: a pending authority with its own key; its CSR is in `request`. */
  request(what: { readonly id: string; readonly cn: string; readonly key?: KeyKind } & By): Promise<Authority>;
  /** `ca install`: the certificate for a pending one, with the chain up to the root and its CRLs. */
  install(
    what: {
      readonly id: string;
      readonly certificate: string;
      readonly chain: readonly string[];
      readonly crls?: string;
    } & By,
  ): Promise<Authority>;
  /** An intermediate of ours: on its parent's CRL, and it signs no more. conflict: a space uses it. */
  revoke(what: { readonly id: string; readonly force?: boolean } & By): Promise<Authority>;
  /** invalid (422): a space uses it, or it is a parent, or live certificates of it exist. */
  remove(id: string): Promise<boolean>;
  crl(id: string): Promise<CrlView>;
};

export type Spaces = {
  list(): Promise<readonly Space[]>;
  get(id: string): Promise<Space | undefined>;
  create(
    what: {
      readonly id: string;
      readonly ca_id: string;
      readonly description?: string;
      readonly policy?: Partial<Policy>;
    } & By,
  ): Promise<Space>;
  /** Another ca_id rolls the authority over: the old one goes to the history. */
  update(
    id: string,
    what: {
      readonly ca_id?: string;
      readonly description?: string;
      readonly policy?: Partial<Policy>;
      /** Looks at what is going to be changed; nothing is where it throws. */
      readonly seen?: (stored: Space) => Promise<void>;
    } & By,
  ): Promise<Space>;
  /** invalid (422) while certificates exist; `puppet-ca` and `hoppetdb` are protected. */
  remove(id: string): Promise<boolean>;
  /** How far a roll-over is: live certificates per authority of the space. */
  progress(
    id: string,
  ): Promise<readonly { readonly authority: string; readonly current: boolean; readonly live: number }[]>;
  /** PEM: the signing authority first, its parents, then the earlier authorities while they have live certificates. */
  bundle(id: string): Promise<string>;
  /** PEM CRLs of the same authorities; the newest `this_update` (ms) and an ETag. */
  crls(id: string): Promise<{ readonly pem: string; readonly lastModified: number; readonly etag: string }>;
};

export type Tokens = {
  /** The token is shown once. `ttl` seconds. */
  create(
    what: { readonly certname: string; readonly ttl: number } & By,
  ): Promise<{ readonly token: string; readonly record: EnrolmentToken }>;
  list(page: { readonly limit: number; readonly offset: number }): Promise<readonly EnrolmentToken[]>;
  count(): Promise<number>;
  remove(id: string): Promise<boolean>;
};

export type Ca = {
  readonly certificates: Certificates;
  readonly authorities: Authorities;
  readonly spaces: Spaces;
  readonly tokens: Tokens;
};

/** What lies in the folder of a Puppetserver's CA. */
export type PuppetCaFiles = {
  readonly caCert: string;
  readonly caKey: string;
  readonly caCrl: string;
  readonly serial?: string;
  readonly inventory?: string;
  readonly signed: AsyncIterable<{ readonly name: string; readonly pem: string }>;
};
export type PuppetCaReport = {
  readonly authority: string;
  readonly certificates: number;
  readonly revocations: number;
  /** What was left out, a line each. */
  readonly problems: readonly string[];
};
/** The same folder, to be written. */
export type PuppetCaExport = {
  readonly caCert: string;
  readonly caKey: string;
  readonly caCrl: string;
  readonly serial: string;
  readonly inventory: AsyncIterable<string>;
  readonly signed: AsyncIterable<{ readonly name: string; readonly pem: string }>;
};
export type Transfer = {
  importPuppetCa(files: PuppetCaFiles, onProgress?: (done: number) => void): Promise<PuppetCaReport>;
  /** Of the authority that signs for `puppet-ca`. */
  exportPuppetCa(): Promise<PuppetCaExport>;
};
