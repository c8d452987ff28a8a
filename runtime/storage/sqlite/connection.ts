import { DatabaseSync } from "node:sqlite";
import { RE2JS } from "re2js";
import { canonical } from "./canonical.ts";
import { CalledOff, NothingHidden, TookTooLong } from "./failures.ts";
import type { Hiding } from "./hiding.ts";
import type { Abort, Query, SqlValue } from "./protocol.ts";

export type Connection = {
  readonly db: DatabaseSync;
  /** Says what `tick()` throws on in the statement that is stepped next. */
  arm(deadline: number, abort?: Abort): void;
  /** The error that ended the statement: node:sqlite may hand on another one. */
  ended(error: unknown): unknown;
};

/** Where cursors get their connections. */
export type Connections = {
  /** Whether everybody uses the same one: rows are then taken at once, as an open statement would see later changes. */
  readonly shared: boolean;
  take(): Connection;
  give(connection: Connection): void;
  close(): void;
};

/** How much of the file one connection keeps in memory, in kB. */
const cache = { writer: 32_768, reader: 16_384, cursor: 2_048 };

/**
 * Opens a connection. `tick()` stands in the WHERE of every query and throws once its time is over or it is called off,
 * since node:sqlite has no interrupt; `matches(pattern, text)` is a regular expression in
 * linear time, `same_json(text, canonical)` the equality of nested JSON, `shown(json, place)` a place of the facts as
 * people see it, `shown_text(text)` a text, `shown_texts(json)` a list of them.
 */
export const connect = (path: string, role: keyof typeof cache, hiding: Hiding): Connection => {
  const db = new DatabaseSync(path, { readOnly: role !== "writer" });
  db.exec(`PRAGMA busy_timeout = 10000; PRAGMA cache_size = -${cache[role]}; PRAGMA temp_store = MEMORY`);
  if (role === "writer") db.exec("PRAGMA foreign_keys = ON");
  let deadline = Infinity;
  let abort: Abort | undefined;
  let calls = 0;
  let thrown: Error | undefined;
  db.function("tick", () => {
    if (abort && Atomics.load(abort, 0) === 1) throw thrown = new CalledOff();
    if ((calls++ & 15) === 0 && Date.now() >= deadline) throw thrown = new TookTooLong();
    return 1;
  });
  defineMatches(db);
  db.function("shown", (value, place) => {
    if (value === null) return null;
    const shown = hiding.shown(String(value), String(place));
    if (shown === undefined) throw thrown = new NothingHidden();
    return shown;
  });
  const textShown = (text: string): string => {
    const shown = hiding.text(text);
    if (shown === undefined) throw thrown = new NothingHidden();
    return shown;
  };
  db.function("shown_text", (text) => text === null ? null : textShown(String(text)));
  db.function("shown_texts", (list) => {
    if (list === null) return null;
    return JSON.stringify((JSON.parse(String(list)) as readonly string[]).map(textShown));
  });
  db.function(
    "same_json",
    { deterministic: true },
    (text, wanted) => text === null ? null : Number(canonical(JSON.parse(String(text))) === wanted),
  );
  return {
    db,
    arm: (until, flag) => {
      [deadline, abort, calls, thrown] = [until, flag, 0, undefined];
    },
    ended: (error) => thrown ?? error,
  };
};

/** Connections for cursors, made when they are needed; a few are kept. */
export const cursorConnections = (path: string, hiding: Hiding, kept = 4): Connections => {
  const idle: Connection[] = [];
  return {
    shared: false,
    take: () => idle.pop() ?? connect(path, "cursor", hiding),
    give: (connection) => {
      if (idle.length < kept) idle.push(connection);
      else connection.db.close();
    },
    close: () => {
      for (const { db } of idle.splice(0)) db.close();
    },
  };
};

/**
 * The rows of a query, step by step. Never by `all()`: on Deno 2.9 it begins the statement again and again once a custom
 * function has thrown.
 */
export const rowsOf = ({ db }: Connection, { sql, params }: Query): Iterator<readonly SqlValue[]> => {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement.iterate(...params) as unknown as Iterator<readonly SqlValue[]>;
};

const mostPatterns = 100;

const defineMatches = (db: DatabaseSync): void => {
  const patterns = new Map<string, RE2JS>();
  db.function("matches", { deterministic: true }, (pattern, text) => {
    if (text === null) return null;
    const source = String(pattern);
    let compiled = patterns.get(source);
    if (!compiled) {
      if (patterns.size >= mostPatterns) patterns.delete(patterns.keys().next().value!);
      patterns.set(source, compiled = RE2JS.compile(source));
    }
    return compiled.matcher(String(text)).find() ? 1 : 0;
  });
};
