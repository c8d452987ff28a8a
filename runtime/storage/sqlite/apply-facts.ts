import { deflateRawSync } from "node:zlib";
import type { ReplaceFacts } from "../../../handlers/interfaces/command.ts";
import type { Outcome } from "../../../handlers/interfaces/estate.ts";
import type { Statements } from "./statements.ts";
import { touchNode } from "./write-nodes.ts";

/** `replace facts` with times in milliseconds. */
export type KeptFacts =
  & Omit<ReplaceFacts, "command" | "producer_timestamp">
  & { readonly producer_timestamp: number; readonly timestamp: number }
  & ShownFacts;

/** The facts without what Puppet marked as sensitive for the node; null where that changes nothing. */
export type ShownFacts = {
  readonly shown: string | null;
  /** The version of the node's marks that it was made with; 0: there were none. */
  readonly shown_marks: number;
};

/** The version of what Puppet marked as sensitive for a node; 0 where it marked nothing. */
export const marksVersion = (sql: Statements, certname: string): number =>
  sql.one<{ version: number }>("SELECT version FROM marks WHERE certname = ?", certname)?.version ?? 0;

/**
 * Older facts than the known ones are stale. An equal hash has equal values: the document is not written again.
 * Undefined: the node's marks are others by now, so that what is shown has to be made again.
 */
export const applyFacts = (sql: Statements, facts: KeptFacts): Outcome | undefined => {
  const { certname, values, package_inventory, shown, shown_marks, ...about } = facts;
  if (marksVersion(sql, certname) !== shown_marks) return undefined;
  const node = touchNode(sql, certname, about.producer_timestamp);
  const before = sql.one<{ producer_timestamp: number; hash: string }>(
    "SELECT producer_timestamp, hash FROM factsets WHERE node = ?",
    node,
  );
  if (before && before.producer_timestamp > about.producer_timestamp) return "stale";
  if (before) sql.update("factsets", about, "node = ?", node);
  else sql.insert("factsets", { node, ...about });
  sql.update("nodes", { facts_timestamp: about.timestamp, facts_environment: about.environment }, "id = ?", node);
  const inventory = package_inventory === null ? null : deflateRawSync(package_inventory);
  if (before?.hash === about.hash) {
    sql.run(
      "UPDATE fact_values SET package_inventory = ?2 WHERE node = ?1 AND package_inventory IS NOT ?2",
      node,
      inventory,
    );
    showFacts(sql, node, { shown, shown_marks });
    return "unchanged";
  }
  sql.run(
    `INSERT INTO fact_values (node, facts, package_inventory, shown, shown_marks) VALUES (?, jsonb(?), ?, jsonb(?), ?)
     ON CONFLICT (node) DO UPDATE SET facts = excluded.facts, package_inventory = excluded.package_inventory,
       shown = excluded.shown, shown_marks = excluded.shown_marks`,
    node,
    values,
    inventory,
    shown,
    shown_marks,
  );
  return "stored";
};

/** Notes what is shown of the facts that are there. */
const showFacts = (sql: Statements, node: number, { shown, shown_marks }: ShownFacts): void => {
  sql.run(
    "UPDATE fact_values SET shown = jsonb(?2), shown_marks = ?3 WHERE node = ?1 AND (shown_marks <> ?3 OR shown IS NOT NULL)",
    node,
    shown,
    shown_marks,
  );
};

/** The same for a node whose marks were changed; `hash` is that of the facts it was made from. False: they are others. */
export const showFactsOf = (
  sql: Statements,
  certname: string,
  hash: string,
  made: ShownFacts,
): boolean => {
  const found = sql.one<{ id: number; hash: string }>(
    "SELECT n.id, f.hash FROM nodes n JOIN factsets f ON f.node = n.id WHERE n.certname = ?",
    certname,
  );
  if (!found) return true;
  if (found.hash !== hash || marksVersion(sql, certname) !== made.shown_marks) return false;
  showFacts(sql, found.id, made);
  sql.changed("estate");
  return true;
};
