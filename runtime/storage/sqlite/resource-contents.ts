import { createHash } from "node:crypto";
import type { CatalogResource } from "../../../handlers/interfaces/command.ts";
import type { Statements } from "./statements.ts";

/**
 * The number of what a resource says, kept once for all nodes. The digest is ours and covers every byte: `resource` alone
 * leaves out tags and places, is a SHA-1, and takes 1.0 and 1 for the same.
 */
export const contentOf = (sql: Statements, each: CatalogResource): number => {
  const tags = JSON.stringify([...each.tags].sort());
  const own = JSON.stringify([each.resource, each.type, each.title, each.exported, each.file, each.line]);
  const digest = createHash("sha256").update(`${own}\n${tags}\n${each.parameters}`).digest().subarray(0, 20);
  const known = sql.one<{ id: number }>("SELECT id FROM resource_contents WHERE digest = ?", digest);
  if (known) return known.id;
  const { id } = sql.one<{ id: number }>(
    `INSERT INTO resource_contents (digest, type, title, exported, resource, file, line, tags, parameters)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, jsonb(?)) RETURNING id`,
    digest,
    each.type,
    each.title,
    Number(each.exported),
    each.resource,
    each.file,
    each.line,
    tags,
    each.parameters,
  )!;
  for (const tag of new Set(each.tags)) sql.run("INSERT INTO resource_tags (tag, content) VALUES (?, ?)", tag, id);
  return id;
};

/** A content that no node has any more goes. */
export const dropUnused = (sql: Statements, content: number): void => {
  const dropped = sql.one<{ tags: string }>(
    `DELETE FROM resource_contents WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM resources WHERE content = ?1)
     RETURNING tags`,
    content,
  );
  // by name: an index of their contents would be as large as the tags
  for (const tag of new Set<string>(dropped ? JSON.parse(dropped.tags) : [])) {
    sql.run("DELETE FROM resource_tags WHERE tag = ? AND content = ?", tag, content);
  }
};
