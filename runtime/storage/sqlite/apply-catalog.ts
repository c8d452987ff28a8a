import { deflateRawSync } from "node:zlib";
import type { CatalogResource, ReplaceCatalog } from "../../../handlers/interfaces/command.ts";
import type { Outcome } from "../../../handlers/interfaces/estate.ts";
import { marksVersion } from "./apply-facts.ts";
import { type ShownResources, showResources } from "./apply-shown-resources.ts";
import { contentOf, dropUnused } from "./resource-contents.ts";
import type { Statements } from "./statements.ts";
import { touchNode } from "./write-nodes.ts";

/** `replace catalog` with times in milliseconds. */
export type KeptCatalog =
  & Omit<ReplaceCatalog, "command" | "producer_timestamp">
  & { readonly producer_timestamp: number; readonly timestamp: number }
  & ShownResources;

type Current = { readonly id: number; readonly hash: string; readonly producer_timestamp: number };

/**
 * Makes a catalog the node's current one; an older one is stale. An equal hash only renews times and ids; otherwise the
 * one before stays as history, and of the queryable resources just those are written that differ. Undefined: the node's
 * marks are others by now, so that what is shown has to be made again.
 */
export const applyCatalog = (sql: Statements, catalog: KeptCatalog): Outcome | undefined => {
  const { certname, resources, edges, shown_resources, shown_marks, ...about } = catalog;
  if (marksVersion(sql, certname) !== shown_marks) return undefined;
  const node = touchNode(sql, certname, about.producer_timestamp);
  const current = sql.one<Current>(
    "SELECT id, hash, producer_timestamp FROM catalogs WHERE node = ? AND current = 1",
    node,
  );
  if (current && current.producer_timestamp > about.producer_timestamp) return "stale";
  sql.update("nodes", { catalog_timestamp: about.timestamp, catalog_environment: about.environment }, "id = ?", node);
  if (current?.hash === about.hash) {
    sql.update("catalogs", about, "id = ?", current.id);
    return "unchanged";
  }
  keepContent(sql, about.hash, resources, edges);
  if (current) sql.update("catalogs", { current: 0 }, "id = ?", current.id);
  sql.insert("catalogs", {
    node,
    current: 1,
    ...about,
    num_resources: resources.length,
    num_resources_exported: resources.filter((each) => each.exported).length,
  });
  const contents = replaceResources(sql, node, resources);
  showResources(sql, node, {
    shown: shown_resources.map((each) => ({ ...each, content: contents[each.at]! })),
    shown_marks,
  });
  return "stored";
};

const keepContent = (
  sql: Statements,
  hash: string,
  resources: readonly CatalogResource[],
  edges: ReplaceCatalog["edges"],
): void => {
  if (sql.one("SELECT 1 FROM catalog_contents WHERE hash = ?", hash)) return;
  sql.insert("catalog_contents", {
    hash,
    resources: deflateRawSync(`[${resources.map(jsonOf).join(",")}]`),
    edges: deflateRawSync(JSON.stringify(edges)),
  });
};

/** A content that no catalog of the history has any more goes. */
export const dropContent = (sql: Statements, hash: string): void => {
  sql.run(
    "DELETE FROM catalog_contents WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM catalogs WHERE hash = ?1)",
    hash,
  );
};

/** The parameters stand in it as they came, so that their numbers do. */
const jsonOf = ({ type, title, resource, exported, file, line, tags, parameters }: CatalogResource): string =>
  `${JSON.stringify({ resource, type, title, tags, exported, file, line }).slice(0, -1)},"parameters":${parameters}}`;

/** The content of each. */
const replaceResources = (sql: Statements, node: number, resources: readonly CatalogResource[]): readonly number[] => {
  const before = new Set(
    sql.all<{ content: number }>("SELECT content FROM resources WHERE node = ?", node).map(({ content }) => content),
  );
  const contents = resources.map((each) => contentOf(sql, each));
  const now = new Set(contents);
  for (const content of now.difference(before)) {
    sql.run("INSERT INTO resources (node, content) VALUES (?, ?)", node, content);
  }
  for (const content of before.difference(now)) {
    sql.run("DELETE FROM resources WHERE node = ? AND content = ?", node, content);
    dropUnused(sql, content);
  }
  return contents;
};
