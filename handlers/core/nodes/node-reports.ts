import type { RunOptions } from "../../interfaces/estate.ts";
import type { Condition } from "../query/plan.ts";
import type { ShownJson } from "./shown-json.ts";
import type { ReportStatus } from "./node-status.ts";
import type { NodesDeps } from "./nodes-deps.ts";
import { flagOf, jsonOf, numberOf, redactRow, rowsOf, type ShownRow, textOf } from "./redact-row.ts";
import { ofNode } from "./scope.ts";

/** One run of an agent. Times are ISO, UTC. */
export type ReportSummary = {
  /** The report's hash. */
  readonly id: string;
  readonly node_id: string;
  /** When it was sent. */
  readonly created: string | null;
  readonly environment: string | null;
  readonly report: RunSummary;
};

export type RunSummary = {
  readonly catalog_uuid: string | null;
  readonly status: string | null;
  readonly noop: boolean | null;
  readonly noop_pending: boolean | null;
  readonly corrective_change: boolean | null;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly receive_time: string | null;
  readonly producer: string | null;
  readonly puppet_version: string | null;
  readonly report_format: number;
  readonly configuration_version: string | null;
  readonly transaction_uuid: string | null;
  readonly cached_catalog_status: string | null;
  readonly code_id: string | null;
  readonly job_id: string | null;
};

/** The lists are null once they are no longer kept: those of a run without changes go after a day. */
export type NodeReport = Omit<ReportSummary, "report"> & {
  readonly report: RunSummary & {
    /** `[{file, line, level, message, source, tags, time}]` */
    readonly logs: ShownJson | null;
    /** `[{category, name, value}]` */
    readonly metrics: ShownJson | null;
    /** `[{resource_type, resource_title, skipped, timestamp, file, line, containment_path, corrective_change, events}]` */
    readonly resources: ShownJson | null;
  };
};

export type ReportQuery = {
  readonly statuses?: readonly ReportStatus[] | undefined;
  readonly catalogUuid?: string | undefined;
  readonly sort?: "id" | "created" | "report.status" | undefined;
  readonly direction: "asc" | "desc";
  readonly limit: number;
  readonly offset: number;
};

const light = [
  "hash",
  "certname",
  "producer_timestamp",
  "environment",
  "status",
  "puppet_version",
  "report_format",
  "configuration_version",
  "start_time",
  "end_time",
  "receive_time",
  "producer",
  "transaction_uuid",
  "catalog_uuid",
  "code_id",
  "job_id",
  "cached_catalog_status",
  "noop",
  "noop_pending",
  "corrective_change",
].map((field) => ({ as: field, field }));
const sorts = { id: "hash", created: "producer_timestamp", "report.status": "status" } as const;

export const nodeReports = ({ estate, redactor, scope }: NodesDeps) => {
  const of = (certname: string): Condition => ofNode(certname, scope);

  return {
    /** A report of a node by its hash, or its latest one, redacted. */
    async report(certname: string, hash: string | "latest", options?: RunOptions): Promise<NodeReport | undefined> {
      const which: Condition = hash === "latest"
        ? { op: "=", left: { field: "latest_report" }, right: true }
        : { op: "=", left: { field: "hash" }, right: hash };
      const [row] = await rowsOf(
        estate,
        { entity: "reports", select: [], where: { op: "and", of: [of(certname), which] }, limit: 1 },
        options,
      );
      if (!row) return undefined;
      const forNode = redactor().with(await estate.marks(certname));
      const shown = redactRow("reports", row, forNode, `${certname} ${row["hash"]}`);
      const { report, ...rest } = summary(shown);
      return {
        ...rest,
        report: {
          ...report,
          logs: jsonOf(shown, "logs"),
          metrics: jsonOf(shown, "metrics"),
          resources: jsonOf(shown, "resources"),
        },
      };
    },

    /** The reports of a node that are kept, and how many there are. */
    async reports(certname: string, query: ReportQuery, options?: RunOptions) {
      const where: Condition = {
        op: "and",
        of: [
          of(certname),
          ...(query.statuses === undefined
            ? []
            : [{ op: "in", left: [{ field: "status" }], values: query.statuses.map((each) => [each]) } as const]),
          ...(query.catalogUuid === undefined
            ? []
            : [{ op: "=", left: { field: "catalog_uuid" }, right: query.catalogUuid } as const]),
        ],
      };
      if (query.statuses?.length === 0) return { reports: [], size: 0 };
      const [rows, size, marks] = await Promise.all([
        rowsOf(estate, {
          entity: "reports",
          select: light,
          where,
          order: [
            { field: sorts[query.sort ?? "created"], direction: query.direction },
            ...(query.sort === "report.status" ? [{ field: "producer_timestamp", direction: "desc" } as const] : []),
            { field: "hash" },
          ],
          limit: query.limit,
          offset: query.offset,
        }, options),
        estate.count({ entity: "reports", select: light, where }, options),
        estate.marks(certname),
      ]);
      const forNode = redactor().with(marks);
      return { reports: rows.map((row) => summary(redactRow("reports", row, forNode))), size };
    },
  };
};

const summary = (row: ShownRow): ReportSummary => ({
  id: textOf(row, "hash") ?? "",
  node_id: textOf(row, "certname") ?? "",
  created: textOf(row, "producer_timestamp"),
  environment: textOf(row, "environment"),
  report: {
    catalog_uuid: textOf(row, "catalog_uuid"),
    status: textOf(row, "status"),
    noop: flagOf(row, "noop"),
    noop_pending: flagOf(row, "noop_pending"),
    corrective_change: flagOf(row, "corrective_change"),
    start_time: textOf(row, "start_time"),
    end_time: textOf(row, "end_time"),
    receive_time: textOf(row, "receive_time"),
    producer: textOf(row, "producer"),
    puppet_version: textOf(row, "puppet_version"),
    report_format: numberOf(row, "report_format"),
    configuration_version: textOf(row, "configuration_version"),
    transaction_uuid: textOf(row, "transaction_uuid"),
    cached_catalog_status: textOf(row, "cached_catalog_status"),
    code_id: textOf(row, "code_id"),
    job_id: textOf(row, "job_id"),
  },
});
