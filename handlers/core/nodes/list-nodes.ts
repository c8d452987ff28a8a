import { timestamp } from "../../interfaces/clock.ts";
import type { Row, RunOptions } from "../../interfaces/estate.ts";
import { after } from "../query/keyset.ts";
import type { Condition, FieldRef, Order, Plan, Scalar } from "../query/plan.ts";
import { allOf, filterConditions, type NodeFilter, statusConditions } from "./node-filter.ts";
import { type NodeStatus, nodeStatuses, statusClasses } from "./node-status.ts";
import { catalogCounts, type NodeSummary, nodeSummary } from "./node-summary.ts";
import type { NodesDeps } from "./nodes-deps.ts";
import { redactRow, rowsOf, type ShownRow } from "./redact-row.ts";
import { ofNode } from "./scope.ts";

/** What nodes can be sorted by, in the API's words, and the store's field. */
export const nodeSorts = {
  id: "certname",
  environment: "environment",
  change_catalog: "catalog_timestamp",
  change_facts: "facts_timestamp",
  change_report: "report_timestamp",
  change_last: "changed_at",
  "report.status": "latest_report_status",
} as const;
export type NodeSort = keyof typeof nodeSorts;

export type NodeQuery = NodeFilter & {
  readonly sort?: NodeSort | undefined;
  readonly direction?: "asc" | "desc";
  readonly limit: number;
  readonly offset: number;
  /** The values of the last row of the page before, in the order of `nodeOrder`: the offset is not used then. */
  readonly after?: readonly (Scalar | null)[] | undefined;
  /** Silent since before that (ISO, UTC) is outdated; default: two hours ago. */
  readonly outdatedBefore?: string | undefined;
  /** What of the catalog and the last report is wanted besides the node's own row; default: both. */
  readonly with?: { readonly catalog: boolean; readonly report: boolean } | undefined;
};

export type NodePage = {
  readonly nodes: readonly NodeSummary[];
  /** How many the whole filter finds. */
  readonly size: number;
  /** How many nodes of each status the rest of the filter finds. */
  readonly counts: Readonly<Record<NodeStatus, number>>;
  /** Where the next page begins, for `after`; undefined at the end. */
  readonly last: readonly (Scalar | null)[] | undefined;
};

const certname = { field: "certname" };
const select = (...names: readonly string[]) => names.map((field) => ({ as: field, field }));
const shown = select(
  "certname",
  "environment",
  "disabled",
  "deactivated",
  "expired",
  "catalog_timestamp",
  "facts_timestamp",
  "report_timestamp",
  "changed_at",
  "latest_report_status",
  "latest_report_hash",
  "latest_report_noop",
  "latest_report_noop_pending",
  "latest_report_corrective_change",
);

/** The order of a list: no two nodes are at the same place of it. */
export const nodeOrder = (sort: NodeSort | undefined, direction: "asc" | "desc"): readonly Order[] =>
  sort === undefined || sort === "id"
    ? [{ ...certname, direction }]
    : [{ field: nodeSorts[sort], direction }, certname];

/** The reads that are about many nodes. The store filters, sorts, counts and pages. */
export const nodeLists = (deps: NodesDeps) => {
  const { estate, redactor, clock, scope } = deps;
  const run = (plan: Plan, options: RunOptions | undefined) => rowsOf(estate, plan, options);
  const before = (given: string | undefined) => given ?? timestamp(clock.now() - deps.outdatedAfter);
  const conditions = (filter: NodeFilter): readonly Condition[] => [
    ...(scope ? [scope] : []),
    ...filterConditions(filter),
  ];

  /** Nodes' rows with what their catalogs and last reports tell. */
  const summaries = async (
    rows: readonly Row[],
    cutoff: string,
    wanted: NonNullable<NodeQuery["with"]>,
    options?: RunOptions,
  ) => {
    // nothing in it came from the node itself
    const own = rows as readonly ShownRow[];
    const hashes = own.map((row) => row["latest_report_hash"]).filter((each) => typeof each === "string");
    const [catalogs, reports] = await Promise.all([
      rows.length === 0 || !wanted.catalog ? [] : run({
        entity: "catalogs",
        select: select("certname", "catalog_uuid", "num_resources", "num_resources_exported"),
        where: and(oneOf(certname, own.map((row) => String(row["certname"]))), {
          op: "=",
          left: { field: "current" },
          right: true,
        }),
      }, options),
      hashes.length === 0 || !wanted.report ? [] : run({
        entity: "reports",
        select: select("hash", "catalog_uuid"),
        where: oneOf({ field: "hash" }, hashes),
      }, options),
    ]);
    const catalogOf = new Map(
      catalogs.map((row) => [row["certname"], catalogCounts(redactRow("catalogs", row, redactor()))]),
    );
    const uuidOf = new Map(reports.map((row) => [row["hash"], row["catalog_uuid"]]));
    return own.map((row) => {
      const uuid = uuidOf.get(row["latest_report_hash"] as string);
      return nodeSummary(row, cutoff, catalogOf.get(row["certname"] as string), typeof uuid === "string" ? uuid : null);
    });
  };

  const counts = async (filter: NodeFilter, cutoff: string, options?: RunOptions): Promise<NodePage["counts"]> => {
    const classes = statusClasses(cutoff);
    const rows = await run({
      entity: "nodes",
      select: [{ as: "status", classes }, { as: "count", aggregate: "count" }],
      ...allOf(conditions(filter)),
    }, options);
    const found = new Map(rows.map((row) => [row["status"], Number(row["count"])]));
    return Object.fromEntries(nodeStatuses.map((name) => [name, found.get(name) ?? 0])) as Record<NodeStatus, number>;
  };

  return {
    /** One page of nodes with the state of their last run, and how many there are of each. */
    async list(query: NodeQuery, options?: RunOptions): Promise<NodePage> {
      const cutoff = before(query.outdatedBefore);
      const order = nodeOrder(query.sort, query.direction ?? "asc");
      const [found, rows] = await Promise.all([
        counts(query, cutoff, options),
        query.statuses?.length === 0 ? [] : run({
          entity: "nodes",
          select: shown,
          ...allOf([
            ...conditions(query),
            ...statusConditions(query.statuses, cutoff),
            ...(query.after ? [after(order, query.after)] : []),
          ]),
          order,
          // one more than asked for tells whether it goes on
          limit: query.limit + 1,
          ...(query.after ? {} : { offset: query.offset }),
        }, options),
      ]);
      const size = (query.statuses ?? nodeStatuses).reduce((sum, each) => sum + found[each], 0);
      const page = rows.slice(0, query.limit);
      const wanted = query.with ?? { catalog: true, report: true };
      const end = rows.length > query.limit ? page.at(-1) : undefined;
      return {
        nodes: await summaries(page, cutoff, wanted, options),
        size,
        counts: found,
        last: end && order.map(({ field }) => (end[field] ?? null) as Scalar | null),
      };
    },

    /** One node, or undefined. */
    async find(name: string, outdatedBefore?: string, options?: RunOptions): Promise<NodeSummary | undefined> {
      const rows = await run({ entity: "nodes", select: shown, where: ofNode(name, scope), limit: 1 }, options);
      return (await summaries(rows, before(outdatedBefore), { catalog: true, report: true }, options))[0];
    },

    /** Which of some names are nodes that the reader sees. */
    async seen(names: readonly string[], options?: RunOptions): Promise<ReadonlySet<string>> {
      if (names.length === 0) return new Set();
      const where = and(...conditions({}), oneOf(certname, names));
      const rows = await run({ entity: "nodes", select: select("certname"), where }, options);
      return new Set(rows.map((row) => String(row["certname"])));
    },

    /** The environments that nodes are in, sorted. */
    async environments(options?: RunOptions): Promise<readonly string[]> {
      const field = { field: "environment" };
      const plan: Plan = { entity: "nodes", select: select("environment"), ...allOf(conditions({})), groupBy: [field] };
      const rows = await run(plan, options);
      return rows.map((row) => row["environment"]).filter((each) => typeof each === "string").sort();
    },
  };
};

const and = (...of: readonly Condition[]): Condition => ({ op: "and", of });
const oneOf = (left: FieldRef, values: readonly string[]): Condition => ({
  op: "in",
  left: [left],
  values: values.map((each) => [each]),
});
