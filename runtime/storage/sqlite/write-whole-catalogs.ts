import type { SqlValue } from "./protocol.ts";
import type { Statements } from "./statements.ts";

/** A whole catalog as it is kept: what could be secret was encrypted before it came here. */
export type KeptWholeCatalog = {
  readonly certname: string;
  readonly catalog_uuid: string;
  readonly received_at: number;
  readonly hash: string;
  /** Null where the store has this content already. */
  readonly body: Uint8Array | null;
  /** The node's marks with those of this catalog, made from the version given (0: there were none). Null: no news. */
  readonly marks: { readonly version: number; readonly body: Uint8Array } | null;
};

/** How long a whole catalog is kept while no catalog of the history names it: replace_catalog may come later. */
const unclaimed = 3_600_000;

/** False when the store has changed since this was made from it, so that it has to be made again. */
export const storeCatalog = (sql: Statements, kept: KeptWholeCatalog): boolean => {
  const { certname, catalog_uuid, received_at, hash, body, marks } = kept;
  const known = sql.one<{ version: number }>("SELECT version FROM marks WHERE certname = ?", certname)?.version ?? 0;
  if (marks ? marks.version !== known : known === 0) return false;
  const there = sql.one("SELECT 1 FROM whole_contents WHERE hash = ?", hash) !== undefined;
  if (!there && !body) return false;
  if (!there) sql.insert("whole_contents", { hash, body });
  if (marks) {
    sql.run(
      `INSERT INTO marks (certname, version, seen_at, body) VALUES (?, 1, ?, ?)
       ON CONFLICT (certname) DO UPDATE SET version = version + 1, seen_at = excluded.seen_at, body = excluded.body`,
      certname,
      received_at,
      marks.body,
    );
  } else sql.run("UPDATE marks SET seen_at = max(seen_at, ?) WHERE certname = ?", received_at, certname);
  sql.run(
    "INSERT INTO whole_catalogs (certname, catalog_uuid, received_at, hash) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    certname,
    catalog_uuid,
    received_at,
    hash,
  );
  dropWholeCatalogs(
    sql,
    `certname = ?1 AND received_at < ?2
     AND received_at < (SELECT max(received_at) FROM whole_catalogs WHERE certname = ?1)
     AND NOT EXISTS (SELECT 1 FROM catalogs c WHERE c.catalog_uuid = whole_catalogs.catalog_uuid)`,
    certname,
    received_at - unclaimed,
  );
  sql.changed("estate");
  return true;
};

/** Drops those that the condition names, and their contents where nothing else has them. Returns how many. */
export const dropWholeCatalogs = (sql: Statements, where: string, ...params: SqlValue[]): number => {
  const dropped = sql.all<{ hash: string }>(`DELETE FROM whole_catalogs WHERE ${where} RETURNING hash`, ...params);
  for (const hash of new Set(dropped.map((each) => each.hash))) {
    sql.run(
      "DELETE FROM whole_contents WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM whole_catalogs WHERE hash = ?1)",
      hash,
    );
  }
  return dropped.length;
};
