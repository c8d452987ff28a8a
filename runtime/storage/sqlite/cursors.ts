import { inflateRawSync } from "node:zlib";
import { type Connection, type Connections, rowsOf } from "./connection.ts";
import { TookTooLong } from "./failures.ts";
import type { Batch, Reading, Request, SqlValue, Value } from "./protocol.ts";

type Open = Extract<Request, { do: "open" }>;
type Cursor = {
  readonly open: Open;
  readonly rows: Iterator<readonly SqlValue[]>;
  readonly connection: Connection;
  readonly timer: ReturnType<typeof setTimeout>;
};

/** A step ends at the first of these, so that cursors and reads of one thread take turns. */
const batch = { rows: 500, bytes: 262_144, ms: 25 };
/** Node begins a timer of more than that at once. */
const longestTimer = 2 ** 31 - 1;
const utf8 = new TextDecoder();

export type Cursors = {
  open(request: Open): Batch;
  next(cursor: number): Batch;
  end(cursor: number): void;
  /** Ends all of them. */
  close(): void;
};

/**
 * Statements that give their rows in steps. Each has a connection of its own: an open statement holds its connection to
 * one state of the store, so a shared one would hide newer changes from everybody else on it. What nobody has asked for
 * until its deadline is closed, since it keeps the write-ahead log from being reused.
 */
export const createCursors = (connections: Connections): Cursors => {
  const cursors = new Map<number, Cursor>();

  const release = (id: number, cursor: Cursor): void => {
    clearTimeout(cursor.timer);
    cursors.delete(id);
    cursor.rows.return?.();
    connections.give(cursor.connection);
  };
  const expire = (id: number): void => {
    const cursor = cursors.get(id);
    if (cursor) release(id, cursor);
  };
  const step = (id: number): Batch => {
    const cursor = cursors.get(id);
    // closed at its deadline, or lost with the thread that had it
    if (!cursor) throw new TookTooLong();
    const { open, connection, rows } = cursor;
    connection.arm(open.deadline, open.abort);
    try {
      const taken = take(rows, open.readings);
      if (taken.done) release(id, cursor);
      return taken;
    } catch (error) {
      release(id, cursor);
      throw connection.ended(error);
    }
  };

  return {
    open: (open) => {
      const connection = connections.take();
      connection.arm(open.deadline, open.abort);
      try {
        const steps = rowsOf(connection, open.query);
        const rows = connections.shared ? [...Iterator.from(steps)].values() : steps;
        const left = Math.max(0, open.deadline - Date.now()) + 50;
        const timer = setTimeout(() => expire(open.cursor), Math.min(left, longestTimer));
        cursors.set(open.cursor, { open, rows, connection, timer });
      } catch (error) {
        connections.give(connection);
        throw connection.ended(error);
      }
      return step(open.cursor);
    },
    next: step,
    end: (id) => {
      const cursor = cursors.get(id);
      if (cursor) release(id, cursor);
    },
    close: () => {
      for (const [id, cursor] of cursors) release(id, cursor);
      connections.close();
    },
  };
};

const take = (rows: Iterator<readonly SqlValue[]>, readings: readonly Reading[]): Batch => {
  const taken: Value[][] = [];
  const until = Date.now() + batch.ms;
  let bytes = 0;
  while (taken.length < batch.rows && bytes < batch.bytes && ((taken.length & 15) !== 15 || Date.now() < until)) {
    const { value, done } = rows.next();
    if (done) return { rows: taken, done: true };
    const row = value.map((each, at) => read(each, readings[at] ?? "plain"));
    for (const each of row) bytes += typeof each === "string" ? each.length : 8;
    taken.push(row);
  }
  return { rows: taken, done: false };
};

const read = (value: SqlValue, reading: Reading): Value => {
  if (value === null) return null;
  switch (reading) {
    case "plain":
      return value as string | number;
    case "text":
      return String(value);
    case "boolean":
      return value === 1;
    case "time":
      return new Date(value as number).toISOString();
    case "packed":
      return utf8.decode(inflateRawSync(value as Uint8Array));
    default:
      return reading satisfies never;
  }
};
