import { collections } from "../../../handlers/core/collections.ts";
import type { CollectionName } from "../../../handlers/interfaces/documents.ts";
import type { Retention } from "../../../handlers/interfaces/estate.ts";
import { dropContent } from "./apply-catalog.ts";
import { deleteNode } from "./delete-node.ts";
import { tableOf } from "./document-tables.ts";
import type { Statements } from "./statements.ts";
import { estate } from "./write-nodes.ts";
import { dropWholeCatalogs } from "./write-whole-catalogs.ts";

/** Rows that one step takes of a kind, so that no command waits long; a node is many rows. */
const step = 500;
const nodesAStep = 10;

type Step = { readonly removed: number; readonly more: boolean };

/** Takes away what has outlived its time, a bounded step of each kind. */
export const prune = (sql: Statements, keep: Retention, now: number): Step => {
  const since = (ttl: number): number | undefined => ttl > 0 ? now - ttl : undefined;
  const steps: Step[] = [
    ...during(since(keep.reportTtl), (before) => dropReports(sql, before)),
    ...during(since(keep.unchangedReportTtl), (before) => thinReports(sql, before)),
    ...during(since(keep.catalogTtl), (before) => dropOldCatalogs(sql, before)),
    ...(keep.catalogsPerNode > 0 ? [dropManyCatalogs(sql, keep.catalogsPerNode)] : []),
    ...during(since(keep.nodeTtl), (before) => expireNodes(sql, before, now)),
    ...during(since(keep.nodePurgeTtl), (before) => purgeNodes(sql, before)),
    ...during(since(keep.catalogTtl), (before) => dropStrangers(sql, before)),
    ...(Object.keys(collections) as CollectionName[]).map((name) => dropDocuments(sql, name, now)),
  ];
  const removed = steps.reduce((sum, each) => sum + each.removed, 0);
  if (removed > 0) sql.changed(estate);
  return { removed, more: steps.some((each) => each.more) };
};

/** Gives pages back to the file system, up to that many. Not inside of a savepoint's way: it only moves free pages. */
export const vacuum = (sql: Statements, pages: number): void => {
  const { freelist_count: free } = sql.one<{ freelist_count: number }>("PRAGMA freelist_count")!;
  // some free pages are kept for what comes next
  if (free > pages) sql.all(`PRAGMA incremental_vacuum(${Math.trunc(pages)})`);
};

const during = (before: number | undefined, work: (before: number) => Step): Step[] =>
  before === undefined ? [] : [work(before)];

const stepOf = (removed: number, most = step): Step => ({ removed, more: removed >= most });

/**
 * A node's latest report stays as long as the node: that its last run failed is still true, and what people look for,
 * when it was silent since. (PuppetDB drops it too, and the node then looks as if it had never run.)
 */
const dropReports = (sql: Statements, before: number): Step =>
  stepOf(sql.run(
    `DELETE FROM reports WHERE id IN (
       SELECT r.id FROM reports r JOIN nodes n ON n.id = r.node
       WHERE r.producer_timestamp < ? AND r.id IS NOT n.latest_report ORDER BY r.producer_timestamp LIMIT ${step})`,
    before,
  ));

/** A run that changed nothing is a row without its lists. */
const thinReports = (sql: Statements, before: number): Step => {
  const thin = sql.all<{ id: number }>(
    `UPDATE reports SET whole = 0 WHERE id IN (
       SELECT id FROM reports WHERE status = 'unchanged' AND whole = 1 AND producer_timestamp < ? LIMIT ${step})
     RETURNING id`,
    before,
  );
  for (const { id } of thin) sql.run("DELETE FROM report_contents WHERE report = ?", id);
  return stepOf(thin.length);
};

const dropOldCatalogs = (sql: Statements, before: number): Step =>
  dropCatalogs(sql, `SELECT id FROM catalogs WHERE current = 0 AND producer_timestamp < ? LIMIT ${step}`, before);

const dropManyCatalogs = (sql: Statements, most: number): Step =>
  dropCatalogs(
    sql,
    `SELECT id FROM (
       SELECT id, row_number() OVER (PARTITION BY node ORDER BY current DESC, producer_timestamp DESC, id DESC) AS place
       FROM catalogs WHERE node IN (SELECT node FROM catalogs GROUP BY node HAVING count(*) > ?1 LIMIT 50)
     ) WHERE place > ?1 LIMIT ${step}`,
    most,
  );

/** With their contents, and the whole catalogs that passed port 8001. */
const dropCatalogs = (sql: Statements, which: string, param: number): Step => {
  const dropped = sql.all<{ hash: string; certname: string; catalog_uuid: string | null }>(
    `DELETE FROM catalogs WHERE id IN (${which})
     RETURNING hash, catalog_uuid, (SELECT certname FROM nodes WHERE id = node) AS certname`,
    param,
  );
  for (const { hash, certname, catalog_uuid } of dropped) {
    dropContent(sql, hash);
    if (catalog_uuid !== null) {
      // another row of the history may have come from the same compilation
      dropWholeCatalogs(
        sql,
        `certname = ?1 AND catalog_uuid = ?2 AND NOT EXISTS (SELECT 1 FROM catalogs c WHERE c.catalog_uuid = ?2)`,
        certname,
        catalog_uuid,
      );
    }
  }
  return stepOf(dropped.length);
};

/** `expires_facts` is what `configure expiration` says. */
const expireNodes = (sql: Statements, before: number, now: number): Step =>
  stepOf(sql.run(
    `UPDATE nodes SET expired = ?2 WHERE id IN (
       SELECT id FROM nodes WHERE deactivated IS NULL AND expired IS NULL AND last_seen < ?1 AND expires_facts = 1
       LIMIT ${step})`,
    before,
    now,
  ));

const purgeNodes = (sql: Statements, before: number): Step => {
  const rows = sql.all<{ certname: string }>(
    `SELECT certname FROM nodes WHERE deactivated IS NOT NULL AND deactivated < ?1
     UNION SELECT certname FROM nodes WHERE expired IS NOT NULL AND expired < ?1 LIMIT ${nodesAStep}`,
    before,
  );
  for (const { certname } of rows) deleteNode(sql, certname);
  return stepOf(rows.length, nodesAStep);
};

/** Catalogs of nodes of which nothing ever came to port 8002. */
const dropStrangers = (sql: Statements, before: number): Step => {
  const rows = sql.all<{ certname: string }>(
    `SELECT certname FROM marks m WHERE seen_at < ? AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.certname = m.certname)
     LIMIT ${step}`,
    before,
  );
  for (const { certname } of rows) deleteNode(sql, certname);
  return stepOf(rows.length);
};

const dropDocuments = (sql: Statements, collection: CollectionName, now: number): Step => {
  if (!collections[collection].expires) return stepOf(0);
  const table = tableOf(collection);
  const which = `SELECT rowid FROM ${table} WHERE expires IS NOT NULL AND expires <= ? LIMIT ${step}`;
  return stepOf(sql.run(`DELETE FROM ${table} WHERE rowid IN (${which})`, now));
};
