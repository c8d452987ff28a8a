import { parentPort, workerData } from "node:worker_threads";
import { AppError } from "../../../handlers/errors.ts";
import { type Abort, openDatabase } from "./database.ts";
import { migrate } from "./migrate.ts";
import type { Batch, Failure, Request, Response, SqlValue } from "./protocol.ts";
import { documentIndexes } from "./read-documents.ts";
import { statementsOf } from "./statements.ts";
import { writes } from "./writes.ts";

export type WorkerOptions = { readonly path: string; readonly role: "writer" | "reader" };

const { path, role } = workerData as WorkerOptions;
const port = parentPort!;
const batchRows = 500;
const batchBytes = 262_144;

/** Opens the file, and as the writer brings it to this program's version. What is wrong with it is the first answer. */
const connect = (): ReturnType<typeof openDatabase> => {
  try {
    const opened = openDatabase(path, role === "reader");
    if (role === "writer") {
      migrate(opened.db, path);
      for (const statement of documentIndexes()) opened.db.exec(statement);
    }
    port.postMessage({ id: 0, result: "ready" } satisfies Response);
    return opened;
  } catch (error) {
    port.postMessage({ id: 0, failure: { code: "internal", message: (error as Error).message } } satisfies Response);
    // whoever started this thread ends it
    return { db: undefined as never, ticker: undefined as never };
  }
};

const { db, ticker } = connect();
const sql = statementsOf(db);

type Write = Extract<Request, { do: "write" }>;
type Cursor = { readonly rows: Iterator<unknown>; readonly deadline: number; readonly abort: Abort };
const cursors = new Map<number, Cursor>();
let waiting: Write[] = [];

const answer = (response: Response) => port.postMessage(response);

/** All that waits goes into one transaction, each change in a savepoint of its own; answered once that is on the disk. */
const commitWaiting = (): void => {
  const batch = waiting;
  waiting = [];
  const answers: Response[] = [];
  try {
    db.exec("BEGIN IMMEDIATE");
    for (const each of batch) answers.push(writeOne(each));
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    for (const { id } of batch) answer({ id, failure: failureOf(error) });
    return;
  }
  answers.forEach(answer);
};

const writeOne = ({ id, name, args }: Write): Response => {
  db.exec("SAVEPOINT one");
  try {
    const result = (writes[name as keyof typeof writes] as (...all: unknown[]) => unknown)(sql, ...args);
    db.exec("RELEASE one");
    return { id, result };
  } catch (error) {
    // a full disk ends the whole transaction: nothing of the batch is stored, and each of it is told so
    if (!db.isTransaction || isStoreTrouble(error)) throw error;
    db.exec("ROLLBACK TO one; RELEASE one");
    return { id, failure: failureOf(error) };
  }
};

const sqliteCode = (error: unknown): number => Number((error as { errcode?: unknown }).errcode ?? 0) & 0xff;
/** BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN. */
const isStoreTrouble = (error: unknown): boolean => [5, 6, 7, 8, 10, 13, 14].includes(sqliteCode(error));

const failureOf = (error: unknown): Failure => {
  if (error instanceof AppError) return { code: error.code, message: error.message };
  const message = String((error as Error).message ?? error);
  if (message.includes("hoppetdb: too long")) {
    return { code: "unavailable", message: "The query took longer than it may" };
  }
  if (message.includes("hoppetdb: called off")) return { code: "unavailable", message: "The query was called off" };
  if (sqliteCode(error) === 13) return { code: "unavailable", message: "The store's disk is full" };
  if (sqliteCode(error) === 5) return { code: "unavailable", message: "The store is busy" };
  if (isStoreTrouble(error)) return { code: "unavailable", message: `The store cannot be written: ${message}` };
  return { code: "internal", message };
};

const open = (request: Extract<Request, { do: "open" }>): Batch => {
  const statement = db.prepare(request.query.sql);
  statement.setReturnArrays(true);
  const rows = statement.iterate(...request.query.params) as Iterator<unknown>;
  cursors.set(request.cursor, { rows, deadline: Date.now() + request.timeout, abort: request.abort });
  return step(request.cursor);
};

const step = (id: number): Batch => {
  const cursor = cursors.get(id);
  if (!cursor) return { rows: [], done: true };
  const rows: SqlValue[][] = [];
  let bytes = 0;
  try {
    ticker.arm(cursor.deadline, cursor.abort);
    while (rows.length < batchRows && bytes < batchBytes) {
      const { value, done } = cursor.rows.next();
      if (done) {
        cursors.delete(id);
        return { rows, done: true };
      }
      const row = value as SqlValue[];
      for (const each of row) bytes += typeof each === "string" || each instanceof Uint8Array ? each.length : 8;
      rows.push(row);
    }
    return { rows, done: false };
  } catch (error) {
    cursors.delete(id);
    throw error;
  }
};

const end = (id: number): void => {
  cursors.get(id)?.rows.return?.();
  cursors.delete(id);
};

const read = (request: Exclude<Request, Write>): unknown => {
  switch (request.do) {
    case "read": {
      ticker.arm(Date.now() + request.timeout, undefined);
      const statement = db.prepare(request.query.sql);
      statement.setReturnArrays(true);
      return statement.all(...request.query.params);
    }
    case "open":
      return open(request);
    case "next":
      return step(request.cursor);
    case "end":
      return end(request.cursor);
    case "close":
      cursors.clear();
      return db.close();
    default:
      return request satisfies never;
  }
};

port.on("message", (request: Request) => {
  if (request.do === "write") {
    // what arrives until the next turn of the event loop shares the transaction
    if (waiting.push(request) === 1) setImmediate(commitWaiting);
    return;
  }
  try {
    answer({ id: request.id, result: read(request) });
  } catch (error) {
    answer({ id: request.id, failure: failureOf(error) });
  }
});
