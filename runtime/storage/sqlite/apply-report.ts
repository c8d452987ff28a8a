import { deflateRawSync } from "node:zlib";
import type { StoreReport } from "../../../handlers/interfaces/command.ts";
import type { Outcome } from "../../../handlers/interfaces/estate.ts";
import type { Statements } from "./statements.ts";
import { touchNode } from "./write-nodes.ts";

type Times = "producer_timestamp" | "start_time" | "end_time";

/** `store report` with times in milliseconds. */
export type KeptReport =
  & Omit<StoreReport, "command" | Times>
  & { readonly [Name in Times | "receive_time"]: number };

/** A known hash is a duplicate. The latest of a node is the one of an agent's that was sent last. */
export const applyReport = (sql: Statements, report: KeptReport): Outcome => {
  const { certname, metrics, logs, resources, ...row } = report;
  const node = touchNode(sql, certname, row.producer_timestamp);
  if (sql.one("SELECT 1 FROM reports WHERE hash = ?", row.hash)) return "duplicate";
  const id = sql.insert("reports", { node, ...row, whole: 1 });
  sql.insert("report_contents", {
    report: id,
    metrics: deflateRawSync(metrics),
    logs: deflateRawSync(logs),
    resources: deflateRawSync(resources),
  });
  if (row.type !== "agent") return "stored";
  sql.update(
    "nodes",
    {
      latest_report: id,
      latest_report_sent: row.producer_timestamp,
      report_timestamp: row.end_time,
      report_environment: row.environment,
      latest_report_hash: row.hash,
      latest_report_status: row.status,
      latest_report_noop: row.noop,
      latest_report_noop_pending: row.noop_pending,
      latest_report_corrective_change: row.corrective_change,
      latest_report_job_id: row.job_id,
      cached_catalog_status: row.cached_catalog_status,
    },
    "id = ? AND (latest_report_sent IS NULL OR latest_report_sent <= ?)",
    node,
    row.producer_timestamp,
  );
  return "stored";
};
