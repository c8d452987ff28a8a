import type { CollectionName } from "../interfaces/documents.ts";

export type Collection = {
  /** Each a list of fields that are unique together; `id` always is. */
  readonly unique: readonly (readonly string[])[];
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
  settings: { unique: [], indexes: [], holds: "facts about this store, e.g. the id of the key it was written under" },
};
