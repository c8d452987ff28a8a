import { parentPort, workerData } from "node:worker_threads";
import { AppError } from "../../../handlers/errors.ts";
import { connect, cursorConnections, rowsOf } from "./connection.ts";
import { createCursors } from "./cursors.ts";
import { documentTables } from "./document-tables.ts";
import { failureOf } from "./failures.ts";
import { createHiding } from "./hiding.ts";
import { groupCommit } from "./group-commit.ts";
import { migrate } from "./migrate.ts";
import type { Failure, Request, Response } from "./protocol.ts";

export type WorkerOptions = { readonly path: string; readonly role: "writer" | "reader" };
type Handle = (request: Request) => void;

// One thread of the store: the writer, or a reader. A store in memory is one thread that does both.
const { path, role } = workerData as WorkerOptions;
const port = parentPort!;
const answer = (response: Response): void => port.postMessage(response);

const start = (): Handle => {
  const hiding = createHiding();
  const connection = connect(path, role, hiding);
  const { db } = connection;
  if (role === "writer") {
    migrate(db, path);
    documentTables(db);
  }
  const write = groupCommit(db, answer);
  const cursors = createCursors(
    path === ":memory:"
      ? { shared: true, take: () => connection, give: () => {}, close: () => {} }
      : cursorConnections(path, hiding),
  );
  const read = (request: Exclude<Request, { do: "write" }>): unknown => {
    switch (request.do) {
      case "read": {
        connection.arm(request.deadline);
        try {
          return [...Iterator.from(rowsOf(connection, request.query))];
        } catch (error) {
          throw connection.ended(error);
        }
      }
      case "open":
        return cursors.open(request);
      case "hide":
        return hiding.set(request.hidden);
      case "next":
        return cursors.next(request.cursor);
      case "end":
        return cursors.end(request.cursor);
      case "close":
        // the last connection to be closed puts the write-ahead log into the file
        cursors.close();
        return db.close();
      default:
        return request satisfies never;
    }
  };
  return (request) => {
    if (request.do === "write") return write(request);
    try {
      answer({ id: request.id, result: read(request) });
    } catch (error) {
      answer({ id: request.id, failure: failureOf(error) });
    }
  };
};

const refuse = (failure: Failure): Handle => ({ id }) => answer({ id, failure });

let handle: Handle;
try {
  handle = start();
  answer({ id: 0, result: "ready" });
} catch (error) {
  const failure = /^file is not a database/.test((error as Error).message)
    ? failureOf(new AppError("internal", `"${path}" is not a database of SQLite`))
    : failureOf(error);
  handle = refuse(failure);
  answer({ id: 0, failure });
}
port.on("message", (request: Request) => handle(request));
