import { afterEach, describe, expect, it } from "vitest";
import { connect, type Connection } from "../../../../runtime/storage/sqlite/connection.ts";
import { createHiding } from "../../../../runtime/storage/sqlite/hiding.ts";
import { documentTables } from "../../../../runtime/storage/sqlite/document-tables.ts";
import { groupCommit } from "../../../../runtime/storage/sqlite/group-commit.ts";
import { migrate } from "../../../../runtime/storage/sqlite/migrate.ts";
import type { Response, Written } from "../../../../runtime/storage/sqlite/protocol.ts";
import { storeFile } from "./store-file.ts";

const resultOf = (response: Response): Written => {
  if ("failure" in response) throw new Error(response.failure.message);
  return response.result as Written;
};
const document = (id: string, more = {}) => ["users", { id, ...more }, 0] as const;

describe("group commit", () => {
  const open: Connection[] = [];
  const another = (path: string): Connection => {
    const connection = connect(path, "writer", createHiding());
    open.push(connection);
    migrate(connection.db, path);
    documentTables(connection.db);
    return connection;
  };
  afterEach(() => {
    for (const { db } of open.splice(0)) if (db.isOpen) db.close();
  });
  /** A writer that gives the answers of a round. */
  const writerOf = ({ db }: Connection) => {
    let answered: (responses: Response[]) => void;
    let owed = 0;
    const responses: Response[] = [];
    const write = groupCommit(db, (response) => {
      responses.push(response);
      if (responses.length === owed) answered(responses.splice(0));
    });
    return (...all: (readonly [name: string, args: readonly unknown[]])[]) => {
      owed = all.length;
      const round = new Promise<Response[]>((resolve) => answered = resolve);
      all.forEach(([name, args], id) => write({ id, do: "write", name, args }));
      return round;
    };
  };
  const numberOf = ({ db }: Connection, topic: string): number =>
    (db.prepare("SELECT number FROM versions WHERE topic = ?").get(topic) as { number: number } | undefined)?.number ??
      0;
  const ids = ({ db }: Connection) =>
    (db.prepare("SELECT id FROM doc_users ORDER BY id").all() as { id: string }[]).map(({ id }) => id);

  it("takes what waits into one transaction, and bumps each topic once", async () => {
    const connection = another(storeFile());
    const round = writerOf(connection);
    const done = await round(...["a", "b", "c"].map((id) => ["insertDocument", document(id)] as const));
    expect(done.map((each) => resultOf(each).result)).toEqual([1, 1, 1]);
    expect(done.map((each) => resultOf(each).versions)).toEqual(Array(3).fill([["users", 1]]));
    expect(numberOf(connection, "users")).toBe(1);
    await round(["removeDocument", ["users", "a", 0]]);
    expect(numberOf(connection, "users")).toBe(2);
    await round(["removeDocument", ["users", "a", 0]]);
    expect(numberOf(connection, "users")).toBe(2);
  });

  it("takes back only the one that failed, with its topic", async () => {
    const connection = another(storeFile());
    const round = writerOf(connection);
    const secret = { fingerprint: "f" };
    const [, lost, , double] = await round(
      ["insertDocument", document("a")],
      ["replaceDocument", ["sessions", { id: "none" }, 1, 0]],
      ["insertDocument", ["redactor_secrets", { id: "1", ...secret }, 0]],
      ["insertDocument", ["redactor_secrets", { id: "2", ...secret }, 0]],
    );
    expect(lost).toMatchObject({ failure: { code: "not_found" } });
    expect(double).toMatchObject({ failure: { code: "conflict", field: "fingerprint" } });
    expect(ids(connection)).toEqual(["a"]);
    expect(numberOf(connection, "sessions")).toBe(0);
  });

  it("stores nothing of a batch when the disk is full, says so to each, and goes on when there is room", async () => {
    const path = storeFile();
    const connection = another(path);
    const round = writerOf(connection);
    await round(["insertDocument", document("before")]);
    const { page_count: pages } = connection.db.prepare("PRAGMA page_count").get() as { page_count: number };
    connection.db.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const full = await round(
      ["insertDocument", document("small")],
      ["insertDocument", document("large", { text: "x".repeat(100_000) })],
    );
    for (const each of full) {
      expect(each).toMatchObject({ failure: { code: "unavailable", message: "The store's disk is full" } });
    }
    expect(ids(another(path))).toEqual(["before"]);
    connection.db.exec("PRAGMA max_page_count = 1000000");
    const [after] = await round(["insertDocument", document("after")]);
    expect(resultOf(after!).result).toBe(1);
    expect(ids(another(path))).toEqual(["after", "before"]);
  });

  it("says that the store is busy when another process holds it too long", async () => {
    const path = storeFile();
    const connection = another(path);
    connection.db.exec("PRAGMA busy_timeout = 50");
    const other = another(path);
    other.db.exec("BEGIN IMMEDIATE");
    const round = writerOf(connection);
    const [busy] = await round(["insertDocument", document("a")]);
    expect(busy).toMatchObject({ failure: { code: "unavailable", message: "The store is busy with another process" } });
    other.db.exec("ROLLBACK");
    const [then] = await round(["insertDocument", document("a")]);
    expect(resultOf(then!).result).toBe(1);
  });
});
