import { deflateRawSync } from "node:zlib";
import type { ReplaceFacts } from "../../../handlers/interfaces/command.ts";
import type { Outcome } from "../../../handlers/interfaces/estate.ts";
import type { Statements } from "./statements.ts";
import { touchNode } from "./write-nodes.ts";

/** `replace facts` with times in milliseconds. */
export type KeptFacts =
  & Omit<ReplaceFacts, "command" | "producer_timestamp">
  & { readonly producer_timestamp: number; readonly timestamp: number };

/** Older facts than the known ones are stale. An equal hash has equal values: the document is not written again. */
export const applyFacts = (sql: Statements, facts: KeptFacts): Outcome => {
  const { certname, values, package_inventory, ...about } = facts;
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
    return "unchanged";
  }
  sql.run(
    `INSERT INTO fact_values (node, facts, package_inventory) VALUES (?, jsonb(?), ?)
     ON CONFLICT (node) DO UPDATE SET facts = excluded.facts, package_inventory = excluded.package_inventory`,
    node,
    values,
    inventory,
  );
  return "stored";
};
