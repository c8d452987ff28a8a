import { deflateRawSync } from "node:zlib";
import type { CatalogResource, ReplaceCatalog } from "../../../handlers/interfaces/command.ts";
import type { Outcome } from "../../../handlers/interfaces/estate.ts";
import { insertOf, setOf, type Statements } from "./statements.ts";

type Current = { readonly id: number; readonly hash: string; readonly producer_timestamp: string };

/**
 * Makes a catalog the node's current one. An equal hash only renews times and ids; otherwise the content is kept once per
 * hash, and of the queryable resources just those rows are written that differ.
 */
export const applyCatalog = (sql: Statements, catalog: ReplaceCatalog, receivedAt: string): Outcome => {
  const { command: _, certname, resources, edges, ...row } = catalog;
  const current = sql.one<Current>(
    "SELECT id, hash, producer_timestamp FROM catalogs WHERE certname = ? AND current = 1",
    certname,
  );
  if (current && current.producer_timestamp > catalog.producer_timestamp) return "stale";
  sql.run(
    "UPDATE nodes SET catalog_timestamp = ?, catalog_environment = ? WHERE certname = ?",
    receivedAt,
    catalog.environment,
    certname,
  );
  const counts = {
    num_resources: resources.length,
    num_resources_exported: resources.filter((each) => each.exported).length,
  };
  if (current?.hash === catalog.hash) {
    const [set, values] = setOf({ ...row, ...counts, timestamp: receivedAt });
    sql.run(`UPDATE catalogs SET ${set} WHERE id = ?`, ...values, current.id);
    return "unchanged";
  }
  sql.run(
    "INSERT INTO contents (hash, resources, edges) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    catalog.hash,
    deflateRawSync(`[${resources.map(jsonOf).join(",")}]`),
    deflateRawSync(JSON.stringify(edges)),
  );
  if (current) sql.run("UPDATE catalogs SET current = 0 WHERE id = ?", current.id);
  sql.run(...insertOf("catalogs", { certname, current: 1, ...row, ...counts, timestamp: receivedAt }));
  replaceResources(sql, certname, resources);
  return "stored";
};

/** The parameters stand in it as they are, so that their numbers do. */
const jsonOf = ({ parameters, ...rest }: CatalogResource): string =>
  `${JSON.stringify(rest).slice(0, -1)},"parameters":${parameters}}`;

type Known = {
  readonly type: string;
  readonly title: string;
  readonly resource: string;
  readonly exported: number;
  readonly file: string | null;
  readonly line: number | null;
  readonly tags: string;
};

const replaceResources = (sql: Statements, certname: string, resources: readonly CatalogResource[]): void => {
  const known = new Map(
    sql.all<Known>(
      "SELECT type, title, resource, exported, file, line, tags FROM resources WHERE certname = ?",
      certname,
    )
      .map((row) => [`${row.type}\0${row.title}`, row]),
  );
  for (const each of resources) {
    const key = `${each.type}\0${each.title}`;
    const before = known.get(key);
    known.delete(key);
    const tags = JSON.stringify(each.tags);
    // `resource` is a hash over type, title and parameters
    const same = before && before.resource === each.resource && before.exported === Number(each.exported) &&
      before.file === each.file && before.line === each.line && before.tags === tags;
    if (same) continue;
    sql.run(
      "INSERT OR REPLACE INTO resources (certname, type, title, resource, exported, file, line, tags, parameters) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      certname,
      each.type,
      each.title,
      each.resource,
      Number(each.exported),
      each.file,
      each.line,
      tags,
      each.parameters,
    );
  }
  for (const { type, title } of known.values()) {
    sql.run("DELETE FROM resources WHERE certname = ? AND type = ? AND title = ?", certname, type, title);
  }
};
