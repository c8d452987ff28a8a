import type { Condition } from "../../../handlers/core/query/plan.ts";
import { collections } from "../../../handlers/core/collections.ts";
import { AppError } from "../../../handlers/errors.ts";
import type { CollectionName, Document, Stored } from "../../../handlers/interfaces/documents.ts";
import { documentWhere } from "./read-documents.ts";
import type { SqlValue } from "./protocol.ts";
import type { Statements } from "./statements.ts";

const expiryOf = (collection: CollectionName, document: Document): number | null => {
  const field = collections[collection].expires;
  const at = field === undefined ? undefined : document[field];
  return typeof at === "number" ? at : null;
};

/** Tells every process on the store that a collection was changed; in the same transaction as the change. */
const bump = (sql: Statements, topic: string): void => {
  sql.run(
    "INSERT INTO versions (topic, number) VALUES (?, 1) ON CONFLICT (topic) DO UPDATE SET number = number + 1",
    topic,
  );
};

export const insertDocument = (
  sql: Statements,
  collection: CollectionName,
  document: Document,
  now: number,
): Stored => {
  // what has expired but was not yet taken away is not there
  sql.run("DELETE FROM documents WHERE collection = ? AND id = ? AND expires <= ?", collection, document.id, now);
  try {
    sql.run(
      "INSERT INTO documents (collection, id, version, body, expires) VALUES (?, ?, 1, ?, ?)",
      collection,
      document.id,
      JSON.stringify(document),
      expiryOf(collection, document),
    );
  } catch (error) {
    throw taken(error, collection, document.id);
  }
  bump(sql, collection);
  return { ...document, version: 1 };
};

export const replaceDocument = (
  sql: Statements,
  collection: CollectionName,
  document: Document,
  version: number,
  now: number,
): Stored => {
  const { version: _, ...body } = document;
  let done: number;
  try {
    done = sql.run(
      `UPDATE documents SET version = version + 1, body = ?, expires = ?
       WHERE collection = ? AND id = ? AND version = ? AND (expires IS NULL OR expires > ?)`,
      JSON.stringify(body),
      expiryOf(collection, document),
      collection,
      document.id,
      version,
      now,
    );
  } catch (error) {
    throw taken(error, collection, document.id);
  }
  if (done === 0) {
    const there = sql.one(
      "SELECT 1 FROM documents WHERE collection = ? AND id = ? AND (expires IS NULL OR expires > ?)",
      collection,
      document.id,
      now,
    );
    throw there
      ? new AppError("precondition_failed", `"${document.id}" in ${collection} was changed meanwhile`)
      : new AppError("not_found", `There is no "${document.id}" in ${collection}`);
  }
  bump(sql, collection);
  return { ...body, id: document.id, version: version + 1 };
};

export const removeDocument = (sql: Statements, collection: CollectionName, id: string, now: number): boolean => {
  const living = sql.one(
    "SELECT 1 FROM documents WHERE collection = ? AND id = ? AND (expires IS NULL OR expires > ?)",
    collection,
    id,
    now,
  ) !== undefined;
  if (sql.run("DELETE FROM documents WHERE collection = ? AND id = ?", collection, id) > 0) bump(sql, collection);
  return living;
};

export const removeDocuments = (sql: Statements, collection: CollectionName, where: Condition, now: number): number => {
  const params: SqlValue[] = [];
  const condition = documentWhere(collection, where, now, params);
  const removed = sql.run(`DELETE FROM documents WHERE ${condition}`, ...params);
  if (removed > 0) bump(sql, collection);
  return removed;
};

const taken = (error: unknown, collection: string, id: string): unknown =>
  /UNIQUE constraint failed|constraint failed/.test(String((error as Error).message))
    ? new AppError("conflict", `"${id}" or what must be unique with it is there already in ${collection}`)
    : error;
