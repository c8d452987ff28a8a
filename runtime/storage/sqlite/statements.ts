import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SqlValue } from "./protocol.ts";

export type Statements = {
  readonly db: DatabaseSync;
  run(sql: string, ...params: SqlValue[]): number;
  one<T>(sql: string, ...params: SqlValue[]): T | undefined;
  all<T>(sql: string, ...params: SqlValue[]): T[];
};

/** The statements of one connection, each prepared once. */
export const statementsOf = (db: DatabaseSync): Statements => {
  const known = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const before = known.get(sql);
    if (before) return before;
    const made = db.prepare(sql);
    if (known.size >= 500) known.clear();
    known.set(sql, made);
    return made;
  };
  return {
    db,
    run: (sql, ...params) => Number(prepare(sql).run(...params).changes),
    one: (sql, ...params) => prepare(sql).get(...params) as never,
    all: (sql, ...params) => prepare(sql).all(...params) as never,
  };
};

/** `INSERT INTO table (a, b) VALUES (?, ?)` and its values, from an object. */
export const insertOf = (table: string, row: Readonly<Record<string, SqlValue | boolean>>): [string, ...SqlValue[]] => {
  const names = Object.keys(row);
  const values = Object.values(row).map((value) => typeof value === "boolean" ? Number(value) : value);
  return [`INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`, ...values];
};

/** `SET a = ?, b = ?` and its values. */
export const setOf = (row: Readonly<Record<string, SqlValue | boolean>>): [string, SqlValue[]] => [
  Object.keys(row).map((name) => `${name} = ?`).join(", "),
  Object.values(row).map((value) => typeof value === "boolean" ? Number(value) : value),
];
