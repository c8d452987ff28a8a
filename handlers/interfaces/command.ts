import type { JsonText, Sealed } from "./sealed.ts";

/**
 * A PuppetDB command after validation, in the newest version's form whatever version was sent. Timestamps are UTC with
 * milliseconds. What stays as `JsonText` is stored and given out with its numbers exactly as received.
 */
export type Command =
  | ReplaceFacts
  | ReplaceCatalog
  | StoreReport
  | DeactivateNode
  | ConfigureExpiration
  | ReplaceCatalogInputs;

type Common = { readonly certname: string; readonly producer_timestamp: string };

export type ReplaceFacts = Common & {
  readonly command: "replace facts";
  readonly environment: string | null;
  readonly producer: string | null;
  /** 40 hex digits over the values, independent of key order. */
  readonly hash: string;
  /** An object: fact name to value. */
  readonly values: JsonText;
  /** `[[name, version, provider], …]` or null. */
  readonly package_inventory: JsonText | null;
};

export type CatalogResource = {
  readonly type: string;
  readonly title: string;
  /** SHA-1 of [type, title, parameters]: the `resource` field of queries. */
  readonly resource: string;
  readonly exported: boolean;
  readonly file: string | null;
  readonly line: number | null;
  readonly tags: readonly string[];
  /** An object. */
  readonly parameters: JsonText;
};

export type CatalogEdge = {
  readonly source_type: string;
  readonly source_title: string;
  readonly target_type: string;
  readonly target_title: string;
  readonly relationship: string;
};

export type ReplaceCatalog = Common & {
  readonly command: "replace catalog";
  readonly environment: string | null;
  readonly producer: string | null;
  readonly version: string;
  readonly transaction_uuid: string | null;
  readonly catalog_uuid: string | null;
  readonly code_id: string | null;
  readonly job_id: string | null;
  /** SHA-1 over certname, resources and edges: an equal hash is an unchanged catalog. */
  readonly hash: string;
  readonly resources: readonly CatalogResource[];
  readonly edges: readonly CatalogEdge[];
};

export type StoreReport = Common & {
  readonly command: "store report";
  readonly environment: string | null;
  readonly producer: string | null;
  /** SHA-1: the report's identity; a second one with the same hash is a duplicate. */
  readonly hash: string;
  readonly type: "agent" | "plan";
  readonly puppet_version: string;
  readonly report_format: number;
  readonly configuration_version: string;
  readonly start_time: string;
  readonly end_time: string;
  readonly status: string | null;
  readonly noop: boolean | null;
  readonly noop_pending: boolean | null;
  readonly corrective_change: boolean | null;
  readonly transaction_uuid: string | null;
  readonly catalog_uuid: string | null;
  readonly code_id: string | null;
  readonly job_id: string | null;
  readonly cached_catalog_status: string | null;
  /** `[{category, name, value}]` */
  readonly metrics: JsonText;
  /** `[{file, line, level, message, source, tags, time}]` */
  readonly logs: JsonText;
  /** `[{skipped, timestamp, resource_type, resource_title, file, line, containment_path, corrective_change, events: [{status, timestamp, property, name, new_value, old_value, message, corrective_change}]}]` */
  readonly resources: JsonText;
};

export type DeactivateNode = Common & { readonly command: "deactivate node" };
export type ConfigureExpiration = Common & {
  readonly command: "configure expiration";
  readonly expire_facts: boolean;
};
export type ReplaceCatalogInputs = Common & {
  readonly command: "replace catalog inputs";
  readonly catalog_uuid: string;
  /** `[[type, name], …]`, never empty. */
  readonly inputs: JsonText;
};

/** A command as it came over the wire, decompressed. */
export type ReceivedCommand = {
  /** With spaces: `replace facts`. */
  readonly command: string;
  readonly version: number;
  readonly certname: string;
  /** From the query, if it was there; else null. */
  readonly producer_timestamp: string | null;
  /** The payload's bytes as received: JSON, UTF-8. */
  readonly payload: Uint8Array<ArrayBuffer>;
};

/**
 * Parses and validates one command. Throws AppError `bad_request` naming the place (`resources[3].title: …`). `now` (ms)
 * stands in for a missing producer timestamp. Behind it is the pure `parseCommand` of core/commands, in a worker where
 * the runtime has one, so that a large catalog holds up nobody.
 */
export type CommandParser = (received: ReceivedCommand, now: number) => Promise<Command>;

/** A whole catalog as the agent got it on port 8001, secrets included. */
export type WholeCatalog = {
  readonly certname: string;
  readonly catalog_uuid: string;
  readonly environment: string | null;
  readonly version: string;
  readonly code_id: string | null;
  /** When it went by, UTC with milliseconds. */
  readonly received_at: string;
  /** SHA-256 hex over `content`: stored once per content. */
  readonly hash: string;
  /** Canonical JSON of the catalog without what differs at each compilation (catalog_uuid, version, code_id). */
  readonly content: Sealed<JsonText>;
  /** What Puppet itself marked as sensitive in it. */
  readonly marks: Sealed<Marks>;
};

/** What Puppet marked as sensitive in a node's catalogs: values, and parameters by resource. */
export type Marks = {
  /** The marked values themselves, so that they are hidden wherever else they appear for this node. */
  readonly values: readonly string[];
  /** `Type[title]` to the names of its sensitive parameters. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
};
