/**
 * How a field is written in SQL. Times are milliseconds, booleans 0 and 1, an `id` is a number that goes out as a text. A `json` one is three things: its JSON text
 * with exact numbers, its json_type, and its value as SQL compares it (null for a missing one, a nested one as text).
 */
export type Column =
  | { readonly kind: "text" | "number" | "boolean" | "time" | "packed" | "id"; readonly sql: string }
  /** A JSON array of strings. Where they are found by an index, `owner` is the content that has them. */
  | { readonly kind: "tags"; readonly sql: string; readonly owner?: string }
  | JsonColumn;

export type JsonColumn = {
  readonly kind: "json";
  readonly text: string;
  readonly type: string;
  readonly scalar: string;
  /** Of one as it is shown: the stored one. What is shown equals a text without a placeholder only where that does. */
  readonly stored?: JsonColumn;
};

/** A place in a JSON document; `path` is SQL, a constant. */
export const jsonColumn = (document: string, path: string): JsonColumn => ({
  kind: "json",
  text: `(${document} -> ${path})`,
  type: `json_type(${document}, ${path})`,
  scalar: `(${document} ->> ${path})`,
});

/** A place in a node's facts as people see it; `place` is SQL, a JSON array of names. */
export const shownColumn = (stored: JsonColumn, place: string): JsonColumn => {
  const text = `shown(${stored.text}, ${place})`;
  return { kind: "json", text, type: `json_type(${text})`, scalar: `(${text} ->> '$')`, stored };
};

/** SQLite's path of a place: names in quotes with JSON's escapes, numbers as indexes of arrays. */
export const jsonPath = (path: readonly (string | number)[]): string =>
  `$${path.map((each) => typeof each === "number" ? `[${Math.trunc(each)}]` : `.${JSON.stringify(each)}`).join("")}`;

/** The value that a comparison takes. */
export const valueSql = (column: Column): string => column.kind === "json" ? column.scalar : column.sql;
