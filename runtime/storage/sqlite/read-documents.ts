import { collections } from "../../../handlers/core/collections.ts";
import type { Condition } from "../../../handlers/core/query/plan.ts";
import type { CollectionName, Find } from "../../../handlers/interfaces/documents.ts";
import { compileCondition } from "./compile-condition.ts";
import type { Query, SqlValue } from "./protocol.ts";

const fieldName = /^[a-z][a-z0-9_]*$/;

/** A field of a document as SQL: the text of an index expression too, so both are written alike. */
const fieldSql = (field: string): string => {
  if (!fieldName.test(field)) throw new Error(`"${field}" is no field of a document`);
  return field === "id" ? "id" : `json_extract(body, '$.${field}')`;
};

/** The declared indexes, as statements that can be run at each start. */
export const documentIndexes = (): string[] =>
  Object.entries(collections).flatMap(([name, { unique, indexes }]) => [
    ...unique.map((fields) => indexSql("UNIQUE INDEX", name, fields)),
    ...indexes.map((fields) => indexSql("INDEX", name, fields)),
  ]);

const indexSql = (kind: string, collection: string, fields: readonly string[]): string =>
  `CREATE ${kind} IF NOT EXISTS documents_${collection}_${fields.join("_")} ON documents (${
    fields.map(fieldSql).join(", ")
  }) ` +
  `WHERE collection = '${collection}'`;

/** What has expired is not there, whether or not it was taken away yet. The name stands in the text for the partial indexes. */
export const documentWhere = (
  collection: CollectionName,
  where: Condition | undefined,
  now: number,
  params: SqlValue[],
): string => {
  const living = `collection = '${collection}' AND (expires IS NULL OR expires > ${Math.trunc(now)})`;
  if (!where) return living;
  const column = ({ field }: { field: string }) => ({ sql: fieldSql(field), type: "string" as const });
  return `${living} AND ${compileCondition(where, { column, params })}`;
};

export const findDocuments = (collection: CollectionName, find: Find, now: number): Query => {
  const params: SqlValue[] = [];
  const order = [...(find.order ?? []), { field: "id" }].map((each) =>
    `${fieldSql(each.field)} ${"direction" in each && each.direction === "desc" ? "DESC" : "ASC"}`
  );
  const sql = `SELECT version, body FROM documents WHERE ${documentWhere(collection, find.where, now, params)}` +
    ` AND tick() ORDER BY ${order.join(", ")} LIMIT ? OFFSET ?`;
  return { sql, params: [...params, find.limit ?? -1, find.offset ?? 0] };
};

export const countDocuments = (collection: CollectionName, where: Condition | undefined, now: number): Query => {
  const params: SqlValue[] = [];
  return {
    sql: `SELECT count(*) FROM documents WHERE ${documentWhere(collection, where, now, params)} AND tick()`,
    params,
  };
};
