import { marksVersion } from "./apply-facts.ts";
import type { Statements } from "./statements.ts";
import { estate } from "./write-nodes.ts";

/** A resource of whose title or tags something is hidden for its node; `tags` is JSON. */
type Shown = { readonly title: string; readonly tags: string };

/** Of a catalog that comes: `at` is the resource's place in it. */
export type ShownResources = {
  readonly shown_resources: readonly (Shown & { readonly at: number })[];
  /** The version of the node's marks that it was made with; 0: there were none. */
  readonly shown_marks: number;
};
/** Of resources that are there, each by its content. */
export type ShownContents = {
  readonly shown: readonly (Shown & { readonly content: number })[];
  readonly shown_marks: number;
};

/** Notes what is shown of a node's resources; all else is shown as it is. */
export const showResources = (sql: Statements, node: number, { shown, shown_marks }: ShownContents): void => {
  sql.run("DELETE FROM shown_resources WHERE node = ?", node);
  for (const { content, title, tags } of shown) {
    sql.run(
      "INSERT OR REPLACE INTO shown_resources (node, content, title, tags) VALUES (?, ?, ?, ?)",
      node,
      content,
      title,
      tags,
    );
  }
  sql.update("nodes", { shown_marks }, "id = ?", node);
};

/** The same for a node whose marks were changed. False: its catalog or its marks are others than it was made from. */
export const showResourcesOf = (sql: Statements, certname: string, catalog: number, made: ShownContents): boolean => {
  const found = sql.one<{ node: number; id: number }>(
    "SELECT c.node, c.id FROM nodes n JOIN catalogs c ON c.node = n.id AND c.current = 1 WHERE n.certname = ?",
    certname,
  );
  if (!found) return true;
  if (found.id !== catalog || marksVersion(sql, certname) !== made.shown_marks) return false;
  showResources(sql, found.node, made);
  sql.changed(estate);
  return true;
};
