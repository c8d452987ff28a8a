import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SqlValue } from "./protocol.ts";

type Fields = Readonly<Record<string, SqlValue | boolean>>;

/** What a write is made with. */
export type Statements = {
  /** How many rows were changed. */
  run(sql: string, ...params: SqlValue[]): number;
  /** Like `run`, gives the number of the new row. */
  insert(table: string, row: Fields): number;
  update(table: string, row: Fields, where: string, ...params: SqlValue[]): number;
  one<T>(sql: string, ...params: SqlValue[]): T | undefined;
  all<T>(sql: string, ...params: SqlValue[]): T[];
  /** Notes that a topic is changed: its number grows in the same transaction. */
  changed(topic: string): void;
};

const mostKept = 300;

/** The statements of one connection, each prepared once. `topics` gathers what was changed. */
export const statementsOf = (db: DatabaseSync, topics: Set<string>): Statements => {
  const kept = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    let statement = kept.get(sql);
    if (!statement) {
      if (kept.size >= mostKept) kept.clear();
      kept.set(sql, statement = db.prepare(sql));
    }
    return statement;
  };
  const valueOf = (value: SqlValue | boolean): SqlValue => typeof value === "boolean" ? Number(value) : value;
  return {
    run: (sql, ...params) => Number(prepare(sql).run(...params).changes),
    insert: (table, row) => {
      const names = Object.keys(row);
      const sql = `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`;
      return Number(prepare(sql).run(...Object.values(row).map(valueOf)).lastInsertRowid);
    },
    update: (table, row, where, ...params) => {
      const sql = `UPDATE ${table} SET ${Object.keys(row).map((name) => `${name} = ?`).join(", ")} WHERE ${where}`;
      return Number(prepare(sql).run(...Object.values(row).map(valueOf), ...params).changes);
    },
    one: (sql, ...params) => prepare(sql).get(...params) as never,
    // not by `all()`, see rowsOf
    all: (sql, ...params) => [...prepare(sql).iterate(...params)] as never,
    changed: (topic) => void topics.add(topic),
  };
};
