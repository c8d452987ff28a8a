import { timestamp } from "../../interfaces/clock.ts";
import type { Row, RunOptions } from "../../interfaces/estate.ts";
import type { Condition, FieldRef, Order, Plan } from "../query/plan.ts";
import { allOf, environmentFields, filterConditions, type NodeFilter, statusConditions } from "./node-filter.ts";
import { hasStatus, type NodeStatus, nodeStatuses, reportStatuses, upToDate } from "./node-status.ts";
import { catalogCounts, type NodeSummary, nodeSummary } from "./node-summary.ts";
import type { NodesDeps } from "./nodes-deps.ts";
import { redactRow, rowsOf } from "./redact-row.ts";

/** What nodes can be sorted by, in the API's words, and the store's field. */
export const nodeSorts = {
  id: "certname",
  change_catalog: "catalog_timestamp",
  change_facts: "facts_timestamp",
  change_report: "report_timestamp",
  "report.status": "latest_report_status",
} as const;
export type NodeSort = keyof typeof nodeSorts;

export type NodeQuery = NodeFilter & {
  readonly sort?: NodeSort | undefined;
  readonly direction?: "asc" | "desc";
  readonly limit: number;
  readonly offset: number;
  /** Silent since before that (ISO, UTC) is outdated; default: two hours ago. */
  readonly outdatedBefore?: string | undefined;
};

export type NodePage = {
  readonly nodes: readonly NodeSummary[];
  /** How many the whole filter finds. */
  readonly size: number;
  /** How many nodes of each status the rest of the filter finds. */
  readonly counts: Readonly<Record<NodeStatus, number>>;
};

const certname = { field: "certname" };
const select = (...names: readonly string[]) => names.map((field) => ({ as: field, field }));

/** The reads that are about many nodes. The store filters, sorts, counts and pages. */
export const nodeLists = (deps: NodesDeps) => {
  const { estate, redactor, clock } = deps;
  const run = (plan: Plan, options: RunOptions | undefined) => rowsOf(estate, plan, options);
  const before = (given: string | undefined) => given ?? timestamp(clock.now() - deps.outdatedAfter);

  /** Nodes' rows with what their catalogs and last reports tell. */
  const summaries = async (rows: readonly Row[], cutoff: string, options?: RunOptions) => {
    const shown = rows.map((row) => redactRow("nodes", row, redactor()));
    const hashes = shown.map((row) => row["latest_report_hash"]).filter((each) => typeof each === "string");
    const [catalogs, reports] = await Promise.all([
      rows.length === 0 ? [] : run({
        entity: "catalogs",
        select: select("certname", "catalog_uuid", "num_resources", "num_resources_exported"),
        where: and(oneOf(certname, shown.map((row) => String(row["certname"]))), {
          op: "=",
          left: { field: "current" },
          right: true,
        }),
      }, options),
      hashes.length === 0 ? [] : run({
        entity: "reports",
        select: select("hash", "catalog_uuid"),
        where: oneOf({ field: "hash" }, hashes),
      }, options),
    ]);
    const catalogOf = new Map(
      catalogs.map((row) => [row["certname"], catalogCounts(redactRow("catalogs", row, redactor()))]),
    );
    const uuidOf = new Map(reports.map((row) => [row["hash"], row["catalog_uuid"]]));
    return shown.map((row) => {
      const uuid = uuidOf.get(row["latest_report_hash"] as string);
      return nodeSummary(row, cutoff, catalogOf.get(row["certname"] as string), typeof uuid === "string" ? uuid : null);
    });
  };

  const counts = async (filter: NodeFilter, cutoff: string, options?: RunOptions): Promise<NodePage["counts"]> => {
    const others = filterConditions(filter);
    const count = (wanted: NodeStatus) =>
      estate.count(
        { entity: "nodes", select: select("certname"), where: and(...others, hasStatus(wanted, cutoff)) },
        options,
      );
    const status = { field: "latest_report_status" };
    const [outdated, unreported, groups] = await Promise.all([
      count("outdated"),
      count("unreported"),
      run({
        entity: "nodes",
        select: [{ as: "status", ...status }, { as: "count", aggregate: "count" }],
        where: and(...others, upToDate(cutoff)),
        groupBy: [status],
      }, options),
    ]);
    const found = { failed: 0, changed: 0, unchanged: 0, unknown: 0, outdated, unreported };
    for (const row of groups) {
      const name = reportStatuses.find((each) => each === row["status"]) ?? "unknown";
      found[name] += Number(row["count"]);
    }
    return found;
  };

  return {
    /** One page of nodes with the state of their last run, and how many there are of each. */
    async list(query: NodeQuery, options?: RunOptions): Promise<NodePage> {
      const cutoff = before(query.outdatedBefore);
      const found = await counts(query, cutoff, options);
      const statuses = query.statuses ?? nodeStatuses;
      const size = statuses.reduce((sum, each) => sum + found[each], 0);
      if (size === 0) return { nodes: [], size, counts: found };
      const order: Order[] = query.sort === undefined || query.sort === "id"
        ? [{ ...certname, direction: query.direction ?? "asc" }]
        : [{ field: nodeSorts[query.sort], direction: query.direction ?? "asc" }, certname];
      const rows = await run({
        entity: "nodes",
        select: [],
        ...allOf([...filterConditions(query), ...statusConditions(query.statuses, cutoff)]),
        order,
        limit: query.limit,
        offset: query.offset,
      }, options);
      return { nodes: await summaries(rows, cutoff, options), size, counts: found };
    },

    /** How many nodes are deactivated or expired. */
    disabled: (filter: NodeFilter, options?: RunOptions): Promise<number> =>
      estate.count(
        { entity: "nodes", select: select("certname"), ...allOf(filterConditions({ ...filter, disabled: true })) },
        options,
      ),

    /** One node, or undefined. */
    async find(name: string, outdatedBefore?: string, options?: RunOptions): Promise<NodeSummary | undefined> {
      const rows = await run({
        entity: "nodes",
        select: [],
        where: { op: "=", left: certname, right: name },
        limit: 1,
      }, options);
      return (await summaries(rows, before(outdatedBefore), options))[0];
    },

    /** The environments that nodes are in, sorted. */
    async environments(options?: RunOptions): Promise<readonly string[]> {
      const rows = await run({
        entity: "nodes",
        select: select(...environmentFields),
        groupBy: environmentFields.map((field) => ({ field })),
      }, options);
      const names = rows.map((row) =>
        environmentFields.map((field) => row[field]).find((each) => typeof each === "string")
      );
      return [...new Set(names.filter((each) => typeof each === "string"))].sort();
    },
  };
};

const and = (...of: readonly Condition[]): Condition => ({ op: "and", of });
const oneOf = (left: FieldRef, values: readonly string[]): Condition => ({
  op: "in",
  left: [left],
  values: values.map((each) => [each]),
});
