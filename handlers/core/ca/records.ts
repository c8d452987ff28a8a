import type { Document } from "../../interfaces/documents.ts";

/** What makes a CRL, but for the entries: the same in every process, so that each makes the same list. */
export type CrlState = {
  /** The CRL number; grows by one with each revocation and each renewal of the list. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly this_update: number;
  readonly next_update: number;
};

/** Fingerprints, upper-case hex with colons as Puppet's tools show them. */
export type Fingerprints = { readonly SHA1: string; readonly SHA256: string; readonly SHA512: string };

/** `ca_authorities`: one certificate authority. Its private key is in `ca_keys`, or elsewhere, or nowhere. */
export type Authority = {
  /** `puppet-ca`, `puppet-ca-root`, …: letters, digits, `_` and `-`. */
  readonly id: string;
  /** The authority that signed it, where that is one of ours; null for a root or an external parent. */
  readonly parent_id: string | null;
  readonly cn: string;
  /** RFC 2253. */
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  /** Milliseconds since 1970. */
  readonly not_before: number;
  readonly not_after: number;
  readonly fingerprints: Fingerprints;
  /** SHA-256 over its SubjectPublicKeyInfo, hex: the same name with another key is another authority. */
  readonly key_id: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM of the external authorities above it, nearest first; those that are ours are found by parent_id. */
  readonly chain: readonly string[];
  /** Whether it can sign here. */
  readonly has_key: boolean;
  /** `pending`: its CSR waits to be signed by an external root. */
  readonly status: "active" | "revoked" | "pending";
  /** PEM of the CSR while it is pending. */
  readonly request: string | null;
  readonly created_at: number;
  /** Null where we can't sign; then `external_crls`. */
  readonly crl: CrlState | null;
  /** PEM of the CRLs of authorities above that are not ours, or of this one where it can't sign here. */
  readonly external_crls: readonly string[];
};
export type AuthorityDocument = Document & Authority;

/** `ca_spaces`: a named realm of certnames. */
export type Space = {
  readonly id: string;
  readonly description: string;
  /** The authority that signs. */
  readonly ca_id: string;
  /** Those that signed before; trusted until their last certificate is gone. */
  readonly ca_id_history: readonly string[];
  readonly created_at: number;
  readonly policy: Policy;
};
export type SpaceDocument = Document & Space;

export const keyTypes = ["rsa", "ec"] as const;
export type KeyType = (typeof keyTypes)[number];

/** What a space signs, and what it signs by itself. What is null comes from the configuration. */
export type Policy = {
  /** Seconds that a certificate lasts. */
  readonly ttl: number | null;
  /** Seconds, for agents that renew by themselves. */
  readonly auto_renewal_ttl: number | null;
  readonly allow_renewal: boolean | null;
  /** `off`, `all`, or certnames and globs (`*.example.com`). */
  readonly autosign: "off" | "all" | readonly string[] | null;
  /** Sign what exists as a node in the store already. */
  readonly autosign_known_nodes: boolean | null;
  /** Which keys requests may have; RSA ones of no fewer bits than that, and never below 2048. Empty: both. */
  readonly key_types: readonly KeyType[];
  readonly minimum_rsa_bits: number | null;
  /** Names must be RFC 1123 host names. */
  readonly enforce_rfc1123: boolean | null;
  readonly allow_subject_alt_names: boolean | null;
  /** RE2 patterns; each alternative name must match one whole. Empty: any. */
  readonly subject_alt_name_patterns: readonly string[];
  readonly max_subject_alt_names: number | null;
  /** Added to certificates whose certname matches: `{certname}` and `{1}` … are filled in. */
  readonly subject_alt_name_templates: readonly { readonly pattern: string; readonly names: readonly string[] }[];
  /** OIDs that are copied besides Puppet's own arcs. */
  readonly allowed_extensions: readonly string[];
};

export const certificateStatuses = ["requested", "signed", "revoked", "expired"] as const;
/** `expired` is never stored: it is `signed` after not_after. */
export type CertificateStatus = (typeof certificateStatuses)[number];

/** Who did something to a certificate, for the records. */
export type Actor = {
  readonly kind: "certificate" | "user" | "command" | "policy";
  readonly name: string;
};

/** `ca_certificates`: a request, which becomes a certificate, which may be revoked. It is never deleted. */
export type Certificate = {
  /** Random. */
  readonly id: string;
  readonly space: string;
  readonly certname: string;
  /**
   * `<space> <certname>` in the one row that holds the name: no other request of that name is taken until it is cleaned.
   * Null in renewed and cleaned ones.
   */
  readonly claim: string | null;
  readonly status: "requested" | "signed" | "revoked";
  /** Cleaned: the row is only for the records. */
  readonly cleaned_at: number | null;
  /** PEM; null for what was imported or made without one. */
  readonly request: string | null;
  /** PEM; null while requested, and for imported records whose file was gone. */
  readonly certificate: string | null;
  /** Id of the authority; null while requested. */
  readonly authority: string | null;
  /** Lower-case hex without leading zeros; null while requested. */
  readonly serial: string | null;
  /** Milliseconds since 1970; null while requested. */
  readonly not_before: number | null;
  readonly not_after: number | null;
  /** Of the certificate, or of the request while there is none; null where only the serial is known. */
  readonly fingerprints: Fingerprints | null;
  /** SHA-256 of the same, lower-case hex: to find it by. */
  readonly fingerprint: string | null;
  /** `DNS:web01.example.com`, `IP:192.0.2.1`. */
  readonly subject_alt_names: readonly string[];
  /** `pp_cli_auth: "true"`, by short name, or by OID where it has none. */
  readonly authorization_extensions: Readonly<Record<string, string>>;
  readonly requested_at: number | null;
  readonly signed_at: number | null;
  readonly revoked_at: number | null;
  readonly revocation_reason: RevocationReason | null;
  /** The id of the certificate that it took over from. */
  readonly renewal_of: string | null;
  /** What was decided last, and why: for the operator. */
  readonly decision: { readonly by: Actor; readonly reason: string; readonly at: number } | null;
};
export type CertificateDocument = Document & Certificate;

/** RFC 5280, 5.3.1: name and number. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const;
export type RevocationReason = keyof typeof revocationReasons;

/** `ca_revocations`: one entry of an authority's CRL; id `<authority>:<serial>`. */
export type Revocation = {
  readonly id: string;
  readonly authority: string;
  readonly serial: string;
  /** The CRL number of the list that it came on. */
  readonly number: number;
  readonly revoked_at: number;
  readonly reason: RevocationReason;
  /** When the certificate expires, where that is known: afterwards it is on no list. */
  readonly not_after: number | null;
};
export type RevocationDocument = Document & Revocation;

/** `ca_tokens`: a one-time enrolment token; id is the SHA-256 of the token. */
export type EnrolmentToken = {
  readonly id: string;
  /** Which names it may enrol: a certname or a glob. */
  readonly certname: string;
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number;
  /** Null until it was used. */
  readonly used_at: number | null;
  readonly used_by: string | null;
};
export type EnrolmentTokenDocument = Document & EnrolmentToken;
