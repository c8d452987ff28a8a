import type { Outcome } from "../../../handlers/interfaces/estate.ts";
import type { Statements } from "./statements.ts";

/** Topic of everything that came from Puppet. */
export const estate = "estate";

/**
 * The number of a node that something of time `at` came from; makes the node, and brings it back to life where it was
 * deactivated or expired before that time.
 */
export const touchNode = (sql: Statements, certname: string, at: number): number => {
  sql.changed(estate);
  return sql.one<{ id: number }>(
    `INSERT INTO nodes (certname, last_seen) VALUES (?1, ?2)
     ON CONFLICT (certname) DO UPDATE SET
       last_seen = max(coalesce(last_seen, ?2), ?2),
       deactivated = CASE WHEN deactivated < ?2 THEN NULL ELSE deactivated END,
       expired = CASE WHEN expired < ?2 THEN NULL ELSE expired END
     RETURNING id`,
    certname,
    at,
  )!.id;
};

/** Nothing happens where anything newer is known of the node. A node that is not known is made, as PuppetDB does. */
export const deactivate = (sql: Statements, certname: string, at: number): Outcome => {
  sql.run("INSERT INTO nodes (certname) VALUES (?) ON CONFLICT DO NOTHING", certname);
  const { last_seen, deactivated } = sql.one<{ last_seen: number | null; deactivated: number | null }>(
    "SELECT last_seen, deactivated FROM nodes WHERE certname = ?",
    certname,
  )!;
  if (last_seen !== null && last_seen > at) return "stale";
  if (deactivated !== null && deactivated >= at) return "unchanged";
  sql.update("nodes", { deactivated: at }, "certname = ?", certname);
  sql.changed(estate);
  return "stored";
};

export const configureExpiration = (sql: Statements, certname: string, at: number, expires: boolean): Outcome => {
  const node = touchNode(sql, certname, at);
  const done = sql.update(
    "nodes",
    { expires_facts: expires, expires_facts_updated: at },
    "id = ? AND (expires_facts_updated IS NULL OR expires_facts_updated <= ?)",
    node,
    at,
  );
  return done > 0 ? "stored" : "stale";
};

export const applyInputs = (sql: Statements, certname: string, at: number, uuid: string, inputs: string): Outcome => {
  const node = touchNode(sql, certname, at);
  const done = sql.run(
    `INSERT INTO catalog_inputs (node, producer_timestamp, catalog_uuid, inputs) VALUES (?, ?, ?, ?)
     ON CONFLICT (node) DO UPDATE SET
       producer_timestamp = excluded.producer_timestamp, catalog_uuid = excluded.catalog_uuid, inputs = excluded.inputs
     WHERE excluded.producer_timestamp > catalog_inputs.producer_timestamp`,
    node,
    at,
    uuid,
    inputs,
  );
  return done > 0 ? "stored" : "stale";
};
