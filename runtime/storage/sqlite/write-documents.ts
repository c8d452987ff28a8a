import type { Condition } from "../../../handlers/core/query/plan.ts";
import { collections } from "../../../handlers/core/collections.ts";
import { AppError } from "../../../handlers/errors.ts";
import type { Change, CollectionName, Document } from "../../../handlers/interfaces/documents.ts";
import { tableOf } from "./document-tables.ts";
import { deleteDocuments } from "./read-documents.ts";
import type { Statements } from "./statements.ts";

const expiryOf = (collection: CollectionName, document: Document): number | null => {
  const field = collections[collection].expires;
  const at = field === undefined ? undefined : document[field];
  return typeof at === "number" ? at : null;
};

const bodyOf = ({ version: _, ...body }: Document): string => JSON.stringify(body);

/** What has expired but was not taken away yet stands in nobody's way. */
const makeRoom = (sql: Statements, collection: CollectionName, now: number): number =>
  sql.run(`DELETE FROM ${tableOf(collection)} WHERE expires <= ?`, now);

const trying = (sql: Statements, collection: CollectionName, id: string, now: number, write: () => number): number => {
  try {
    return write();
  } catch (error) {
    if (!isTaken(error)) throw error;
    if (makeRoom(sql, collection, now) === 0) throw taken(error, collection, id);
  }
  try {
    return write();
  } catch (error) {
    throw isTaken(error) ? taken(error, collection, id) : error;
  }
};

const isTaken = (error: unknown): boolean => /^UNIQUE constraint failed/.test(String((error as Error).message));

const taken = (error: unknown, collection: CollectionName, id: string): AppError => {
  const table = tableOf(collection);
  const fields = collections[collection].unique.find((each) =>
    (error as Error).message.includes(`'${table}_by_${each.join("_")}'`)
  );
  return fields
    ? new AppError("conflict", `Another document of "${collection}" has the same ${fields.join(", ")}`, {
      field: fields[0]!,
    })
    : new AppError("conflict", `"${id}" exists in "${collection}" already`, { field: "id" });
};

/** The new version. */
export const insertDocument = (
  sql: Statements,
  collection: CollectionName,
  document: Document,
  now: number,
): number => {
  trying(sql, collection, document.id, now, () =>
    sql.insert(tableOf(collection), {
      id: document.id,
      version: 1,
      expires: expiryOf(collection, document),
      body: bodyOf(document),
    }));
  sql.changed(collection);
  return 1;
};

/** The new version. */
export const replaceDocument = (
  sql: Statements,
  collection: CollectionName,
  document: Document,
  version: number,
  now: number,
): number => {
  const { id } = document;
  const found = sql.one<{ version: number }>(
    `SELECT version FROM ${tableOf(collection)} WHERE id = ? AND (expires IS NULL OR expires > ?)`,
    id,
    now,
  );
  if (!found) throw new AppError("not_found", `"${id}" is not in "${collection}"`);
  if (found.version !== version) {
    throw new AppError("precondition_failed", `"${id}" in "${collection}" was changed by someone else`);
  }
  const row = { version: version + 1, expires: expiryOf(collection, document), body: bodyOf(document) };
  trying(sql, collection, id, now, () => sql.update(tableOf(collection), row, "id = ?", id));
  sql.changed(collection);
  return version + 1;
};

export const removeDocument = (sql: Statements, collection: CollectionName, id: string, now: number): boolean => {
  const removed = sql.run(
    `DELETE FROM ${tableOf(collection)} WHERE id = ? AND (expires IS NULL OR expires > ?)`,
    id,
    now,
  ) > 0;
  if (removed) sql.changed(collection);
  return removed;
};

export const removeDocuments = (sql: Statements, collection: CollectionName, where: Condition, now: number): number => {
  const query = deleteDocuments(collection, where, now);
  const removed = sql.run(query.sql, ...query.params);
  if (removed > 0) sql.changed(collection);
  return removed;
};

/** All or none: the caller's savepoint takes back what was done before the one that fails. */
export const changeDocuments = (sql: Statements, changes: readonly Change[], now: number): void => {
  for (const change of changes) {
    switch (change.do) {
      case "insert":
        insertDocument(sql, change.collection, change.document, now);
        break;
      case "replace":
        replaceDocument(sql, change.collection, change.document, change.version, now);
        break;
      case "remove":
        removeDocument(sql, change.collection, change.id, now);
        break;
      default:
        change satisfies never;
    }
  }
};
