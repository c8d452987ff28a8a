import type { RunOptions } from "../../interfaces/estate.ts";
import { AppError } from "../../errors.ts";
import { type NodeReport, nodeReports } from "./node-reports.ts";
import type { NodesDeps } from "./nodes-deps.ts";
import type { ResourceName } from "./catalog-diff.ts";
import { pairUp, sameJson } from "./same-json.ts";

export type ReportEnd = {
  readonly id: string;
  readonly created: string | null;
  readonly environment: string | null;
  readonly status: string | null;
  readonly noop: boolean | null;
  readonly catalog_uuid: string | null;
};

/**
 * The worst that a run came to with a resource. `unchanged`: it was as it should be, or stands in the report without
 * events.
 */
export type Outcome = "failed" | "skipped" | "changed" | "noop" | "audit" | "unchanged";

/**
 * What differs between two runs, without times: `[{status, property, name, new_value, old_value, message,
 * corrective_change}]`.
 */
export type ResourceRun = {
  readonly outcome: Outcome;
  readonly corrective_change: boolean;
  readonly events: readonly unknown[];
};

/** What became different in a node's run `b` from its run `a`, as it is shown. Lists are sorted by type and title. */
export type ReportDiff = {
  readonly a: ReportEnd;
  readonly b: ReportEnd;
  /** Of resources that only report `b` names. */
  readonly added: readonly (ResourceName & ResourceRun)[];
  readonly removed: readonly (ResourceName & ResourceRun)[];
  readonly changed: readonly (ResourceName & { readonly from: ResourceRun; readonly to: ResourceRun })[];
};

/** Differences between the reports of a node. */
export const reportDiffs = (deps: NodesDeps) => {
  const { report } = nodeReports(deps);
  return {
    /**
     * The difference, or the id of the one that there is none of. `latest` names the last one. Throws AppError
     * `not_found` where what a run did is not kept any more.
     */
    async reportDiff(certname: string, a: string, b: string, options?: RunOptions): Promise<ReportDiff | string> {
      const [before, after] = await Promise.all([a, b].map((id) => report(certname, id, options)));
      if (!before) return a;
      if (!after) return b;
      return { a: endOf(before), b: endOf(after), ...compareResources(resourcesOf(before), resourcesOf(after)) };
    },
  };
};

type Resource = Readonly<Record<string, unknown>>;

const resourcesOf = ({ id, report }: NodeReport): readonly Resource[] => {
  if (report.resources === null) {
    throw new AppError("not_found", `What the run of report "${id}" did is not kept any more`);
  }
  const { value } = report.resources;
  return Array.isArray(value) ? value.filter((each) => typeof each === "object" && each !== null) : [];
};

const compareResources = (
  a: readonly Resource[],
  b: readonly Resource[],
): Pick<ReportDiff, "added" | "removed" | "changed"> => {
  const added: (ResourceName & ResourceRun)[] = [];
  const removed: (ResourceName & ResourceRun)[] = [];
  const changed: ReportDiff["changed"][number][] = [];
  const keyOf = (each: Resource) => `${each["resource_type"]}[${each["resource_title"]}]`;
  for (const [before, after] of pairUp(a, b, keyOf, runOf)) {
    if (!before) added.push({ ...nameOf(after!), ...runOf(after!) });
    else if (!after) removed.push({ ...nameOf(before), ...runOf(before) });
    else {
      const [from, to] = [runOf(before), runOf(after)];
      if (!sameJson(from, to)) changed.push({ ...nameOf(before), from, to });
    }
  }
  for (const list of [added, removed, changed]) list.sort(byName);
  return { added, removed, changed };
};

const runOf = (resource: Resource): ResourceRun => {
  const given = resource["events"];
  const events: Resource[] = Array.isArray(given)
    ? given.filter((each) => typeof each === "object" && each !== null)
    : [];
  const has = (status: string) => events.some((each) => each["status"] === status);
  const outcome = has("failure")
    ? "failed"
    : resource["skipped"] === true || has("skipped")
    ? "skipped"
    : has("success")
    ? "changed"
    : has("noop")
    ? "noop"
    : has("audit")
    ? "audit"
    : "unchanged";
  return {
    outcome,
    corrective_change: resource["corrective_change"] === true,
    events: events.map(({ timestamp: _, ...event }) => event),
  };
};

const nameOf = (resource: Resource): ResourceName => ({
  type: String(resource["resource_type"]),
  title: String(resource["resource_title"]),
});

const byName = (one: ResourceName, other: ResourceName): number =>
  order(one.type, other.type) || order(one.title, other.title);
const order = (one: string, other: string): number => one < other ? -1 : Number(one > other);

const endOf = ({ id, created, environment, report }: NodeReport): ReportEnd => {
  const { status, noop, catalog_uuid } = report;
  return { id, created, environment, status, noop, catalog_uuid };
};
