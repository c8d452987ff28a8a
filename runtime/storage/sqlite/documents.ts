import type { Clock } from "../../../handlers/interfaces/clock.ts";
import type { Document, Documents, Stored } from "../../../handlers/interfaces/documents.ts";
import type { FollowedChanges } from "./changes.ts";
import { countDocuments, findDocuments } from "./read-documents.ts";
import type { SqlValue } from "./protocol.ts";
import { single, type Threads } from "./threads.ts";

/** The small collections on SQLite. A change resolves once this process' own caches can see it. */
export const sqliteDocuments = ({ write, read }: Threads, changes: FollowedChanges, clock: Clock): Documents => {
  const noticed = async <T>(change: Promise<T>): Promise<T> => {
    const result = await change;
    await changes.look();
    return result;
  };
  const documentOf = <T extends Document>([version, body]: readonly SqlValue[]): Stored<T> => ({
    ...JSON.parse(String(body)),
    version: Number(version),
  });
  return {
    get: async <T extends Document>(collection: Parameters<Documents["get"]>[0], id: string) => {
      const where = { op: "=", left: { field: "id" }, right: id } as const;
      const [row] = await read(findDocuments(collection, { where, limit: 1 }, clock.now()));
      return row && documentOf<T>(row);
    },
    insert: async <T extends Document>(collection: Parameters<Documents["get"]>[0], document: T) =>
      await noticed(write.insertDocument(collection, document, clock.now())) as unknown as Stored<T>,
    replace: async <T extends Document>(collection: Parameters<Documents["get"]>[0], document: T, version: number) =>
      await noticed(write.replaceDocument(collection, document, version, clock.now())) as unknown as Stored<T>,
    remove: (collection, id) => noticed(write.removeDocument(collection, id, clock.now())),
    removeWhere: (collection, where) => noticed(write.removeDocuments(collection, where, clock.now())),
    find: async <T extends Document>(collection: Parameters<Documents["get"]>[0], find = {}) =>
      (await read(findDocuments(collection, find, clock.now()))).map((row) => documentOf<T>(row)),
    count: async (collection, where) => Number(single(await read(countDocuments(collection, where, clock.now())))),
  };
};
