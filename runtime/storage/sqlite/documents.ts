import type { Clock } from "../../../handlers/interfaces/clock.ts";
import type { CollectionName, Document, Documents, Stored } from "../../../handlers/interfaces/documents.ts";
import { countDocuments, findDocuments } from "./read-documents.ts";
import type { SqlValue } from "./protocol.ts";
import { single, type Threads } from "./threads.ts";

/** The small collections on SQLite: a table each, the documents as JSON text. */
export const sqliteDocuments = ({ write, read }: Pick<Threads, "write" | "read">, clock: Clock): Documents => ({
  get: async <T extends Document>(collection: CollectionName, id: string) => {
    const where = { op: "=", left: { field: "id" }, right: id } as const;
    const [row] = await read(findDocuments(collection, { where, limit: 1 }, clock.now()));
    return row && documentOf<T>(row);
  },
  insert: async <T extends Document>(collection: CollectionName, document: T) => {
    const version = await write("insertDocument", [collection, document, clock.now()], sizeOf(document));
    return { ...structuredClone(document), version } as Stored<T>;
  },
  replace: async <T extends Document>(collection: CollectionName, document: T, version: number) => {
    const next = await write("replaceDocument", [collection, document, version, clock.now()], sizeOf(document));
    return { ...structuredClone(document), version: next } as Stored<T>;
  },
  change: (changes) => write("changeDocuments", [changes, clock.now()], JSON.stringify(changes).length),
  remove: (collection, id) => write("removeDocument", [collection, id, clock.now()]),
  removeWhere: (collection, where) => write("removeDocuments", [collection, where, clock.now()]),
  find: async <T extends Document>(collection: CollectionName, find = {}) =>
    (await read(findDocuments(collection, find, clock.now()))).map((row) => documentOf<T>(row)),
  count: async (collection, where) => Number(single(await read(countDocuments(collection, where, clock.now())))),
});

const documentOf = <T extends Document>([version, body]: readonly SqlValue[]): Stored<T> => ({
  ...JSON.parse(String(body)),
  version: Number(version),
});

const sizeOf = (document: Document): number => JSON.stringify(document).length;
