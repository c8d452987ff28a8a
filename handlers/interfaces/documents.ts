import type { Condition, Order } from "../core/query/plan.ts";

/** Values that a document may hold: plain JSON. Encrypted fields hold what `Vault.encrypt` gave. */
export type DocumentValue =
  | string
  | number
  | boolean
  | null
  | readonly DocumentValue[]
  | { readonly [key: string]: DocumentValue };

export type Document = { readonly id: string; readonly [field: string]: DocumentValue };
/** A document as stored, with the number that `replace` checks. */
export type Stored<T extends Document = Document> = T & { readonly version: number };

export type Find = {
  readonly where?: Condition;
  readonly order?: readonly Order[];
  readonly limit?: number;
  readonly offset?: number;
  /** What each result has besides `id` and `version`; null where it is missing. Default: all of it. */
  readonly fields?: readonly string[];
};

/** One of several changes that are made together. */
export type Change =
  | { readonly do: "insert"; readonly collection: CollectionName; readonly document: Document }
  | {
    readonly do: "replace";
    readonly collection: CollectionName;
    readonly document: Document;
    /** As `replace` checks it. */
    readonly version: number;
  }
  | { readonly do: "remove"; readonly collection: CollectionName; readonly id: string };

/** Small, typed collections. core/collections.ts lists them with their unique keys, indexes and expiry. */
export interface Documents {
  get<T extends Document>(collection: CollectionName, id: string): Promise<Stored<T> | undefined>;
  /** Throws AppError `conflict` when the id or a unique key is taken. */
  insert<T extends Document>(collection: CollectionName, document: T): Promise<Stored<T>>;
  /** Throws AppError `precondition_failed` when the stored version is another, `not_found` when it is gone. */
  replace<T extends Document>(collection: CollectionName, document: T, version: number): Promise<Stored<T>>;
  /** False when there was none. */
  remove(collection: CollectionName, id: string): Promise<boolean>;
  /**
   * Makes all changes in one step, or none of them. Throws what the first one that can't be made would throw alone;
   * removing what is not there is none. List first what must not be missing: no reader then sees the rest without it.
   */
  change(changes: readonly Change[]): Promise<void>;
  /** How many were removed. */
  removeWhere(collection: CollectionName, where: Condition): Promise<number>;
  find<T extends Document>(collection: CollectionName, find?: Find): Promise<readonly Stored<T>[]>;
  count(collection: CollectionName, where?: Condition): Promise<number>;
}

export type CollectionName =
  | "users"
  | "sessions"
  | "login_failures"
  | "redactor_secrets"
  | "leases"
  | "settings"
  | "teams"
  | "credentials"
  | "credential_uses"
  | "node_groups"
  | "secret_rules"
  | "idempotency"
  | "audit"
  | "members"
  | "ca_authorities"
  | "ca_keys"
  | "ca_spaces"
  | "ca_certificates"
  | "ca_revocations"
  | "ca_tokens";
