import { collections } from "../../../handlers/core/collections.ts";
import type { Condition, FieldRef } from "../../../handlers/core/query/plan.ts";
import type { CollectionName, Find } from "../../../handlers/interfaces/documents.ts";
import { type Column, jsonColumn, jsonPath } from "./columns.ts";
import { compileCondition } from "./compile-condition.ts";
import { indexedField, tableOf } from "./document-tables.ts";
import { createParams, type Params } from "./params.ts";
import type { Query } from "./protocol.ts";

/**
 * A field of a document. That of an index is written as the index has it, its type too: an index that has all of a
 * condition's fields answers it without a look at the documents.
 */
const columnOf = (collection: CollectionName, { field, path = [] }: FieldRef, { bind }: Params): Column => {
  if (field === "id" && path.length === 0) return { kind: "text", sql: "id" };
  const indexed = path.length === 0 ? indexedField(field) : undefined;
  if (indexed === undefined) return jsonColumn("body", bind(jsonPath([field, ...path])));
  const column = { ...jsonColumn("body", `'$.${field}'`), scalar: `(${indexed})` };
  const { unique, indexes } = collections[collection];
  return [...unique, ...indexes].flat().includes(field) ? { ...column, type: `typeof(${column.scalar})` } : column;
};

/** What has expired is not there, whether or not it was taken away yet. */
const living = (collection: CollectionName, where: Condition | undefined, now: number, params: Params): string => {
  const column = (ref: FieldRef) => columnOf(collection, ref, params);
  return [
    ...(collections[collection].expires ? [`(expires IS NULL OR expires > ${params.bind(now)})`] : []),
    ...(where ? [compileCondition(where, { params, column })] : []),
    "TRUE",
  ].join(" AND ");
};

export const findDocuments = (collection: CollectionName, find: Find, now: number): Query => {
  const params = createParams();
  const where = living(collection, find.where, now, params);
  const order = (find.order ?? []).map((each) => {
    const column = columnOf(collection, each, params);
    return `${column.kind === "json" ? column.scalar : column.sql} ${each.direction === "desc" ? "DESC" : "ASC"}`;
  });
  const page = `LIMIT ${params.bind(find.limit ?? -1)} OFFSET ${params.bind(find.offset ?? 0)}`;
  const sql = `SELECT version, ${bodyOf(find.fields, params)} FROM ${tableOf(collection)} WHERE ${where} AND tick() ` +
    `ORDER BY ${[...order, "id"].join(", ")} ${page}`;
  return { sql, params: params.values };
};

/** The whole document, or what was asked for of it. */
const bodyOf = (fields: readonly string[] | undefined, { bind }: Params): string => {
  if (!fields) return "body";
  const pairs = [...new Set(fields)].filter((field) => field !== "id").map((field) =>
    `${bind(field)}, body -> ${bind(jsonPath([field]))}`
  );
  return `json_object('id', id${pairs.map((pair) => `, ${pair}`).join("")})`;
};

export const countDocuments = (collection: CollectionName, where: Condition | undefined, now: number): Query => {
  const params = createParams();
  const condition = living(collection, where, now, params);
  return { sql: `SELECT count(*) FROM ${tableOf(collection)} WHERE ${condition} AND tick()`, params: params.values };
};

export const deleteDocuments = (collection: CollectionName, where: Condition, now: number): Query => {
  const params = createParams();
  const condition = living(collection, where, now, params);
  return { sql: `DELETE FROM ${tableOf(collection)} WHERE ${condition}`, params: params.values };
};
