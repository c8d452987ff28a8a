import type { Condition, Plan } from "../core/query/plan.ts";
import type { Command, Marks, WholeCatalog } from "./command.ts";
import type { JsonText, Sealed } from "./sealed.ts";

/**
 * A field of a row: our own scalars stand open (certname, timestamps, hashes, enums, counts); what nodes or Puppet sent
 * is sealed JSON text. The table in core/query/entities.ts says which is which.
 */
export type Field = string | number | boolean | null | Sealed<JsonText>;
export type Row = Readonly<Record<string, Field>>;

/** stored: new or changed. unchanged: same content, times updated. stale: older than what is there. duplicate: known report. */
export type Outcome = "stored" | "unchanged" | "stale" | "duplicate";

export type RunOptions = {
  /** Ends the statement and throws its reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which the statement is ended with AppError `unavailable`. Default 30,000. */
  readonly timeout?: number;
};

/** What Puppet sends: facts, catalogs, reports, and their history. */
export interface Estate {
  /** Stores one command whole, idempotent and in the order of producer timestamps. Durable once it resolves. */
  apply(command: Command, receivedAt: number): Promise<Outcome>;
  /** Streams the rows of a plan. The store filters, sorts and pages; nothing is loaded to be filtered here. */
  run(plan: Plan, options?: RunOptions): AsyncIterable<Row>;
  /** How many rows the plan would give without its limit and offset. */
  count(plan: Plan, options?: RunOptions): Promise<number>;

  /** Keeps a catalog that passed port 8001, once per content, encrypted; its marks are merged into the node's. */
  storeCatalog(catalog: WholeCatalog): Promise<void>;
  /** The whole catalog with that uuid, or the newest one of the node. */
  wholeCatalog(certname: string, catalogUuid?: string): Promise<Sealed<JsonText> | undefined>;
  /** What Puppet marked as sensitive for this node; empty when nothing is known. */
  marks(certname: string): Promise<Sealed<Marks>>;

  /** What people set for a node; undefined for a node that is not known. */
  nodeSettings(certname: string): Promise<NodeSettings | undefined>;
  /** Makes a node before it was heard of. Throws AppError `conflict` when it is known. */
  createNode(certname: string, settings: NewNodeSettings): Promise<NodeSettings>;
  /**
   * `enable`: also takes back that it was deactivated or expired. Throws AppError `not_found`, or `precondition_failed` when
   * the stored version is another.
   */
  changeNode(certname: string, settings: NewNodeSettings, version: number, enable?: boolean): Promise<NodeSettings>;
  /** Which of the conditions on `nodes` a node meets, in their order; all false where it is not known. */
  test(certname: string, conditions: readonly Condition[]): Promise<readonly boolean[]>;
  /** From now on `shown` fields hide this. Until it was called once they can't be asked about: AppError `unavailable`. */
  hide(hidden: Sealed<HiddenThings>): Promise<void>;

  /** Removes a node with all that hangs on it, in one step. False: there was none. */
  deleteNode(certname: string): Promise<boolean>;
  /** Removes what has outlived its time, in bounded steps; `more` says that another step has work. */
  prune(retention: Retention, now: number): Promise<{ readonly removed: number; readonly more: boolean }>;
}

export type NewNodeSettings = {
  readonly disabled: boolean;
  /** An object, name to text: facts that are added when its catalog is compiled. */
  readonly facts_inject: Sealed<JsonText>;
};
/** `version` grows with each change by a person; 0 where there was none. */
export type NodeSettings = NewNodeSettings & { readonly certname: string; readonly version: number };

/** What no person may see, in a form that can be handed to a thread. */
export type HiddenThings = {
  /** Of each known secret all its forms. */
  readonly patterns: readonly string[];
  /** Facts that are secret by their place, e.g. `["ssh", "private_key"]`. `*` stands for any one name. */
  readonly factPaths: readonly (readonly string[])[];
  /** Parameters that are secret by their names; `*` for any type. */
  readonly parameters: readonly { readonly type: string; readonly parameter: string }[];
};

/** Milliseconds; 0 = keep for ever. */
export type Retention = {
  /** A node's latest report stays as long as the node: what its last run came to is still true. */
  readonly reportTtl: number;
  /** Logs and metrics of a run without changes. */
  readonly unchangedReportTtl: number;
  readonly catalogTtl: number;
  /** Different catalogs kept of one node. */
  readonly catalogsPerNode: number;
  /** A silent node is expired after that; and purged after the second. */
  readonly nodeTtl: number;
  readonly nodePurgeTtl: number;
};
