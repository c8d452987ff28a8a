import type { Retention } from "../../../handlers/interfaces/estate.ts";
import { collections } from "../../../handlers/core/collections.ts";
import type { Statements } from "./statements.ts";

/** Rows that one step takes of a kind, so that no command waits long. */
const step = 500;

const iso = (ms: number): string => new Date(ms).toISOString();

/** Takes away what has outlived its time, a bounded step of each kind. */
export const prune = (sql: Statements, keep: Retention, now: number): { removed: number; more: boolean } => {
  const steps = [
    keep.reportTtl > 0 ? dropReports(sql, iso(now - keep.reportTtl)) : 0,
    keep.unchangedReportTtl > 0 ? thinReports(sql, iso(now - keep.unchangedReportTtl)) : 0,
    dropCatalogs(sql, catalogsBeyond(sql, keep, now)),
    dropWholeCatalogs(sql, keep, now),
    keep.nodeTtl > 0 ? expireNodes(sql, iso(now - keep.nodeTtl), iso(now)) : 0,
    keep.nodePurgeTtl > 0 ? purgeNodes(sql, iso(now - keep.nodePurgeTtl)) : 0,
    ...Object.entries(collections).filter(([, { expires }]) => expires).map(([name]) =>
      sql.run(
        `DELETE FROM documents WHERE collection = ?1 AND id IN
           (SELECT id FROM documents WHERE collection = ?1 AND expires <= ?2 LIMIT ${step})`,
        name,
        now,
      )
    ),
  ];
  return { removed: steps.reduce((sum, each) => sum + each, 0), more: steps.some((each) => each >= step) };
};

/** A node whose last report goes keeps the status and time of it: that it ran is still true. */
const dropReports = (sql: Statements, before: string): number =>
  sql.run(
    `DELETE FROM reports WHERE hash IN (SELECT hash FROM reports WHERE producer_timestamp < ? LIMIT ${step})`,
    before,
  );

const thinReports = (sql: Statements, before: string): number =>
  sql.run(
    `UPDATE reports SET logs = NULL, metrics = NULL, resources = NULL WHERE hash IN
       (SELECT hash FROM reports WHERE status = 'unchanged' AND logs IS NOT NULL AND producer_timestamp < ? LIMIT ${step})`,
    before,
  );

const catalogsBeyond = (sql: Statements, keep: Retention, now: number): { id: number; hash: string }[] => {
  const old = keep.catalogTtl === 0 ? [] : sql.all<{ id: number; hash: string }>(
    `SELECT id, hash FROM catalogs WHERE current = 0 AND producer_timestamp < ? LIMIT ${step}`,
    iso(now - keep.catalogTtl),
  );
  const many = sql.all<{ id: number; hash: string }>(
    `SELECT id, hash FROM (
       SELECT id, hash, row_number() OVER (PARTITION BY certname ORDER BY current DESC, producer_timestamp DESC, id DESC) AS n
       FROM catalogs WHERE certname IN (SELECT certname FROM catalogs GROUP BY certname HAVING count(*) > ?1)
     ) WHERE n > ?1 LIMIT ${step}`,
    keep.catalogsPerNode,
  );
  return [...new Map([...old, ...many].map((row) => [row.id, row])).values()];
};

const dropCatalogs = (sql: Statements, rows: readonly { id: number; hash: string }[]): number => {
  for (const { id, hash } of rows) {
    sql.run("DELETE FROM catalogs WHERE id = ?", id);
    dropContent(sql, hash);
  }
  return rows.length;
};

const dropContent = (sql: Statements, hash: string): void => {
  sql.run("DELETE FROM contents WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM catalogs WHERE hash = ?1)", hash);
};

/** A whole catalog goes with the catalog that it belongs to; one that never got any is given a day. */
const dropWholeCatalogs = (sql: Statements, keep: Retention, now: number): number => {
  const rows = sql.all<{ certname: string; catalog_uuid: string; hash: string }>(
    `SELECT certname, catalog_uuid, hash FROM whole_catalogs w
     WHERE received_at < ? AND NOT EXISTS (SELECT 1 FROM catalogs c WHERE c.catalog_uuid = w.catalog_uuid)
       AND received_at < (SELECT max(received_at) FROM whole_catalogs n WHERE n.certname = w.certname) LIMIT ${step}`,
    iso(now - Math.min(86_400_000, keep.catalogTtl || 86_400_000)),
  );
  for (const { certname, catalog_uuid, hash } of rows) {
    sql.run("DELETE FROM whole_catalogs WHERE certname = ? AND catalog_uuid = ?", certname, catalog_uuid);
    dropWholeContent(sql, hash);
  }
  return rows.length;
};

const dropWholeContent = (sql: Statements, hash: string): void => {
  sql.run(
    "DELETE FROM whole_contents WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM whole_catalogs WHERE hash = ?1)",
    hash,
  );
};

const expireNodes = (sql: Statements, before: string, now: string): number =>
  sql.run(
    `UPDATE nodes SET expired = ?2 WHERE certname IN (
       SELECT certname FROM nodes WHERE last_producer_timestamp < ?1 AND deactivated IS NULL AND expired IS NULL
         AND expires_facts IS NOT 0 LIMIT ${step})`,
    before,
    now,
  );

const purgeNodes = (sql: Statements, before: string): number => {
  const rows = sql.all<{ certname: string }>(
    "SELECT certname FROM nodes WHERE deactivated < ?1 OR expired < ?1 LIMIT 25",
    before,
  );
  for (const { certname } of rows) deleteNode(sql, certname);
  return rows.length === 25 ? step : rows.length;
};

/** Takes a node away with all that hangs on it. False: there was none. */
export const deleteNode = (sql: Statements, certname: string): boolean => {
  const contents = sql.all<{ hash: string }>("SELECT DISTINCT hash FROM catalogs WHERE certname = ?", certname);
  const whole = sql.all<{ hash: string }>("SELECT DISTINCT hash FROM whole_catalogs WHERE certname = ?", certname);
  for (const table of ["factsets", "catalogs", "resources", "reports", "whole_catalogs", "catalog_inputs"]) {
    sql.run(`DELETE FROM ${table} WHERE certname = ?`, certname);
  }
  for (const { hash } of contents) dropContent(sql, hash);
  for (const { hash } of whole) dropWholeContent(sql, hash);
  return sql.run("DELETE FROM nodes WHERE certname = ?", certname) > 0;
};
