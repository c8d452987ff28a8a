import { deflateRawSync } from "node:zlib";
import type {
  Command,
  ConfigureExpiration,
  DeactivateNode,
  ReplaceCatalogInputs,
  ReplaceFacts,
  StoreReport,
} from "../../../handlers/interfaces/command.ts";
import type { Outcome } from "../../../handlers/interfaces/estate.ts";
import { applyCatalog } from "./apply-catalog.ts";
import { insertOf, setOf, type Statements } from "./statements.ts";

/**
 * Stores one command with PuppetDB's effects: what is older than what is there is stale, an equal time is applied, a
 * known report is a duplicate. `receivedAt` is ISO, UTC.
 */
export const applyCommand = (sql: Statements, command: Command, receivedAt: string): Outcome => {
  switch (command.command) {
    case "replace facts":
      return applyFacts(sql, command, receivedAt);
    case "replace catalog":
      touchNode(sql, command.certname, command.producer_timestamp);
      return applyCatalog(sql, command, receivedAt);
    case "store report":
      return applyReport(sql, command, receivedAt);
    case "deactivate node":
      return deactivate(sql, command);
    case "configure expiration":
      return configureExpiration(sql, command);
    case "replace catalog inputs":
      return applyInputs(sql, command);
    default:
      return command satisfies never;
  }
};

/** Makes the node, and brings it back to life where it was deactivated or expired before that time. */
const touchNode = (sql: Statements, certname: string, at: string): void => {
  sql.run(
    `INSERT INTO nodes (certname, last_producer_timestamp) VALUES (?1, ?2)
     ON CONFLICT (certname) DO UPDATE SET
       last_producer_timestamp = max(last_producer_timestamp, ?2),
       deactivated = CASE WHEN deactivated < ?2 THEN NULL ELSE deactivated END,
       expired = CASE WHEN expired < ?2 THEN NULL ELSE expired END`,
    certname,
    at,
  );
};

const applyFacts = (sql: Statements, facts: ReplaceFacts, receivedAt: string): Outcome => {
  touchNode(sql, facts.certname, facts.producer_timestamp);
  const before = sql.one<{ producer_timestamp: string; hash: string }>(
    "SELECT producer_timestamp, hash FROM factsets WHERE certname = ?",
    facts.certname,
  );
  if (before && before.producer_timestamp > facts.producer_timestamp) return "stale";
  const { certname, environment, producer_timestamp, producer, hash } = facts;
  const about = { environment, timestamp: receivedAt, producer_timestamp, producer, hash };
  const content = { facts: facts.values, package_inventory: facts.package_inventory };
  if (before) {
    // an equal hash has equal values: the document is not written again
    const [set, values] = setOf(
      before.hash === hash ? { ...about, package_inventory: content.package_inventory } : { ...about, ...content },
    );
    sql.run(`UPDATE factsets SET ${set} WHERE certname = ?`, ...values, certname);
  } else sql.run(...insertOf("factsets", { certname, ...about, ...content }));
  sql.run(
    "UPDATE nodes SET facts_timestamp = ?, facts_environment = ? WHERE certname = ?",
    receivedAt,
    environment,
    certname,
  );
  return before?.hash === hash ? "unchanged" : "stored";
};

const applyReport = (sql: Statements, report: StoreReport, receivedAt: string): Outcome => {
  touchNode(sql, report.certname, report.producer_timestamp);
  if (sql.one("SELECT 1 FROM reports WHERE hash = ?", report.hash)) return "duplicate";
  const { command: _, metrics, logs, resources, ...row } = report;
  sql.run(...insertOf("reports", {
    ...row,
    receive_time: receivedAt,
    metrics: deflateRawSync(metrics),
    logs: deflateRawSync(logs),
    resources: deflateRawSync(resources),
  }));
  if (report.type === "agent") {
    const [set, values] = setOf({
      report_timestamp: report.end_time,
      report_environment: report.environment,
      report_producer_timestamp: report.producer_timestamp,
      latest_report_hash: report.hash,
      latest_report_status: report.status,
      latest_report_noop: report.noop,
      latest_report_noop_pending: report.noop_pending,
      latest_report_corrective_change: report.corrective_change,
      latest_report_job_id: report.job_id,
      cached_catalog_status: report.cached_catalog_status,
    });
    sql.run(
      `UPDATE nodes SET ${set} WHERE certname = ? AND (report_producer_timestamp IS NULL OR report_producer_timestamp <= ?)`,
      ...values,
      report.certname,
      report.producer_timestamp,
    );
  }
  return "stored";
};

/** Nothing happens where anything newer is known of the node. */
const deactivate = (sql: Statements, { certname, producer_timestamp: at }: DeactivateNode): Outcome => {
  sql.run("INSERT INTO nodes (certname, last_producer_timestamp) VALUES (?, ?) ON CONFLICT DO NOTHING", certname, at);
  const done = sql.run(
    "UPDATE nodes SET deactivated = ?2 WHERE certname = ?1 AND last_producer_timestamp <= ?2",
    certname,
    at,
  );
  return done > 0 ? "stored" : "stale";
};

const configureExpiration = (sql: Statements, command: ConfigureExpiration): Outcome => {
  touchNode(sql, command.certname, command.producer_timestamp);
  sql.run("UPDATE nodes SET expires_facts = ? WHERE certname = ?", Number(command.expire_facts), command.certname);
  return "stored";
};

const applyInputs = (sql: Statements, command: ReplaceCatalogInputs): Outcome => {
  touchNode(sql, command.certname, command.producer_timestamp);
  const done = sql.run(
    `INSERT INTO catalog_inputs (certname, producer_timestamp, catalog_uuid, inputs) VALUES (?, ?, ?, ?)
     ON CONFLICT (certname) DO UPDATE SET
       producer_timestamp = excluded.producer_timestamp, catalog_uuid = excluded.catalog_uuid, inputs = excluded.inputs
     WHERE excluded.producer_timestamp > catalog_inputs.producer_timestamp`,
    command.certname,
    command.producer_timestamp,
    command.catalog_uuid,
    command.inputs,
  );
  return done > 0 ? "stored" : "stale";
};
