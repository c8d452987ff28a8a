import { dropContent } from "./apply-catalog.ts";
import { dropUnused } from "./resource-contents.ts";
import type { Statements } from "./statements.ts";
import { estate } from "./write-nodes.ts";
import { dropWholeCatalogs } from "./write-whole-catalogs.ts";

/** Takes a node away with all that hangs on it. False: nothing was known of it. */
export const deleteNode = (sql: Statements, certname: string): boolean => {
  const whole = dropWholeCatalogs(sql, "certname = ?", certname) +
    sql.run("DELETE FROM marks WHERE certname = ?", certname);
  const node = sql.one<{ id: number }>("SELECT id FROM nodes WHERE certname = ?", certname)?.id;
  if (node !== undefined) {
    const contents = sql.all<{ hash: string }>("SELECT DISTINCT hash FROM catalogs WHERE node = ?", node);
    const resources = sql.all<{ content: number }>("SELECT content FROM resources WHERE node = ?", node);
    // the foreign keys take along facts, catalogs, resources, reports and inputs
    sql.run("DELETE FROM nodes WHERE id = ?", node);
    for (const { hash } of contents) dropContent(sql, hash);
    for (const { content } of resources) dropUnused(sql, content);
  }
  if (node === undefined && whole === 0) return false;
  sql.changed(estate);
  return true;
};
