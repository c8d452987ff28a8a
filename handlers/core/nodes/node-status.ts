import type { Condition } from "../query/plan.ts";

/** What the last run of a node came to. `unknown`: the report that came last names no outcome. */
export const nodeStatuses = ["failed", "changed", "unchanged", "outdated", "unreported", "unknown"] as const;
export type NodeStatus = (typeof nodeStatuses)[number];

/** The outcomes that a report itself may name. */
export const reportStatuses = ["failed", "changed", "unchanged"] as const;
export type ReportStatus = (typeof reportStatuses)[number];

/** How long a node may be silent before its last run counts as outdated. */
export const defaultOutdatedAfter = 2 * 60 * 60_000;

const isReportStatus = (status: unknown): status is ReportStatus => reportStatuses.includes(status as ReportStatus);

/**
 * `outdated` when an active node's last report is older than `before` (ISO, UTC), `unreported` when there is none, else
 * what the report says. A disabled, deactivated or expired node is never outdated: nobody waits for it.
 */
export const nodeStatusOf = (
  node: { readonly disabled: boolean; readonly reportedAt: string | null; readonly status: string | null },
  before: string,
): NodeStatus => {
  if (node.reportedAt === null) return "unreported";
  if (!node.disabled && node.reportedAt < before) return "outdated";
  return isReportStatus(node.status) ? node.status : "unknown";
};

const enabled = (is: boolean): Condition => ({ op: "=", left: { field: "enabled" }, right: is });
const reported = { field: "report_timestamp" };
const status = { field: "latest_report_status" };

/** Reported, and not outdated. */
export const upToDate = (before: string): Condition => ({
  op: "and",
  of: [
    { op: "null", left: reported, is: false },
    { op: "or", of: [enabled(false), { op: ">=", left: reported, right: before }] },
  ],
});

/** The nodes that `nodeStatusOf` gives this status, for the store to find. */
export const hasStatus = (wanted: NodeStatus, before: string): Condition => {
  switch (wanted) {
    case "unreported":
      return { op: "null", left: reported, is: true };
    case "outdated":
      return { op: "and", of: [enabled(true), { op: "<", left: reported, right: before }] };
    case "unknown":
      return {
        op: "and",
        of: [
          upToDate(before),
          {
            op: "or",
            of: [
              { op: "null", left: status, is: true },
              { op: "not", of: { op: "in", left: [status], values: reportStatuses.map((each) => [each]) } },
            ],
          },
        ],
      };
    case "failed":
    case "changed":
    case "unchanged":
      return { op: "and", of: [upToDate(before), { op: "=", left: status, right: wanted }] };
    default:
      return wanted satisfies never;
  }
};

/** Each status with what tells it from those that stand after it: the first one that holds is a node's. */
export const statusClasses = (before: string): readonly { readonly name: NodeStatus; readonly when: Condition }[] => [
  { name: "unreported", when: hasStatus("unreported", before) },
  { name: "outdated", when: hasStatus("outdated", before) },
  ...reportStatuses.map((name) => ({ name, when: { op: "=", left: status, right: name } as const })),
  { name: "unknown", when: { op: "and", of: [] } },
];
