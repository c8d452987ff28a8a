import type { CollectionName } from "../interfaces/documents.ts";

export type Collection = {
  /** Each a list of fields that are unique together, where none of them is missing or null; `id` always is. */
  readonly unique: readonly (readonly string[])[];
  /** Fields that have an index hold texts or numbers; one that is missing is as good as null. */
  readonly indexes: readonly (readonly string[])[];
  /** The field with the time (ms since 1970) after which a document is removed. */
  readonly expires?: string;
  /** What it holds, for whoever reads a backup. */
  readonly holds: string;
};

/** Every collection of the store, whichever store it is. */
export const collections: Readonly<Record<CollectionName, Collection>> = {
  users: { unique: [], indexes: [], holds: "people who may log in; passwords as scrypt hashes" },
  sessions: {
    unique: [],
    indexes: [["user"]],
    expires: "expires_at",
    holds: "logged-in browsers; the id is a hash of the cookie",
  },
  login_failures: {
    unique: [],
    indexes: [],
    expires: "expires_at",
    holds: "wrong passwords per user and per address",
  },
  redactor_secrets: { unique: [["fingerprint"]], indexes: [], holds: "known secrets, encrypted" },
  leases: { unique: [], indexes: [], holds: "who does which periodic work until when" },
  ca_authorities: { unique: [], indexes: [], holds: "certificate authorities: certificates, CRL numbers and dates" },
  ca_keys: { unique: [], indexes: [], holds: "private keys of the authorities, encrypted" },
  ca_spaces: { unique: [], indexes: [], holds: "which authority signs what, by which policy" },
  ca_certificates: {
    // `claim` is who holds a certname; see core/ca/records.ts
    unique: [["claim"], ["authority", "serial"]],
    indexes: [
      ["certname"],
      ["status", "certname"],
      ["not_after"],
      ["fingerprint"],
      ["serial"],
      // all that is counted by: the records themselves are not read for it
      ["status", "space", "not_after", "authority", "cleaned_at", "certname"],
    ],
    holds: "requests and certificates, also the revoked and expired ones",
  },
  ca_revocations: {
    unique: [["authority", "serial"]],
    indexes: [["authority", "number"]],
    holds: "revoked serial numbers: what the CRLs are made from",
  },
  ca_tokens: {
    unique: [],
    indexes: [["created_at"]],
    holds: "one-time enrolment tokens; the id is a hash of the token",
  },
  teams: { unique: [], indexes: [], holds: "teams: their members and permissions" },
  credentials: {
    unique: [["secret_hash"]],
    indexes: [["user"]],
    holds: "API credentials; secrets as hashes",
  },
  credential_uses: { unique: [], indexes: [], holds: "when and from where each API credential was used last" },
  node_groups: { unique: [], indexes: [], holds: "groups of nodes: rules, and the teams that see them" },
  secret_rules: { unique: [["place"]], indexes: [], holds: "what is hidden by its place or its look" },
  idempotency: {
    unique: [],
    indexes: [],
    expires: "expires_at",
    holds: "answers to creates, encrypted, for whoever asks again under the same key",
  },
  audit: {
    unique: [["seq"]],
    // each with all that a search by it counts by
    indexes: [
      ["at", "seq"],
      ["actor", "seq", "at"],
      ["address", "seq", "at"],
      ["action", "seq", "at"],
      ["target", "seq", "at"],
      ["outcome", "seq", "at"],
      ["request_id"],
    ],
    holds: "who did what; each record holds the hash of the one before",
  },
  members: { unique: [], indexes: [], expires: "expires_at", holds: "the processes that run on this store" },
  settings: { unique: [], indexes: [], holds: "facts about this store, e.g. the id of the key it was written under" },
};
