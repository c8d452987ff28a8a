import type { DatabaseSync } from "node:sqlite";
import { type Collection, collections } from "../../../handlers/core/collections.ts";
import type { CollectionName } from "../../../handlers/interfaces/documents.ts";

const fieldName = /^[a-z][a-z0-9_]*$/;

export const tableOf = (collection: CollectionName): string => `doc_${collection}`;

/** A field in the form that the indexes have, or undefined where its name could not stand in SQL as it is. */
export const indexedField = (field: string): string | undefined =>
  field === "id" ? "id" : fieldName.test(field) ? `body ->> '$.${field}'` : undefined;

/** Makes the tables and indexes of core/collections.ts where they are missing or another; each collection has a table. */
export const documentTables = (db: DatabaseSync): void => {
  const wanted = new Map(
    (Object.entries(collections) as [CollectionName, Collection][]).flatMap(([name, collection]) =>
      statementsFor(name, collection)
    ),
  );
  const there = () =>
    new Map(
      (db.prepare("SELECT name, type, sql FROM sqlite_schema WHERE name GLOB 'doc_*'").all() as unknown as Row[])
        .map((row) => [row.name, row]),
    );
  if (same(wanted, there())) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    const known = there();
    for (const { name, type, sql } of known.values()) {
      if (type === "index" && wanted.get(name) !== sql) db.exec(`DROP INDEX ${name}`);
    }
    for (const [name, sql] of wanted) {
      if (known.get(name)?.sql !== sql) db.exec(sql);
    }
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
};

type Row = { readonly name: string; readonly type: string; readonly sql: string };

const same = (wanted: ReadonlyMap<string, string>, there: ReadonlyMap<string, Row>): boolean =>
  [...wanted].every(([name, sql]) => there.get(name)?.sql === sql) &&
  [...there.values()].every(({ name, type }) => type !== "index" || wanted.has(name));

const statementsFor = (name: CollectionName, { unique, indexes, expires }: Collection): [string, string][] => {
  const table = tableOf(name);
  const index = (kind: string, fields: readonly string[]): [string, string] => {
    const own = `${table}_by_${fields.join("_")}`;
    return [own, `CREATE ${kind} ${own} ON ${table} (${fields.map(indexedField).join(", ")})`];
  };
  return [
    [
      table,
      `CREATE TABLE ${table} (id TEXT PRIMARY KEY, version INTEGER NOT NULL, expires INTEGER, body TEXT NOT NULL)`,
    ],
    ...unique.map((fields) => index("UNIQUE INDEX", fields)),
    ...indexes.map((fields) => index("INDEX", fields)),
    ...(expires
      ? [[
        `${table}_expires`,
        `CREATE INDEX ${table}_expires ON ${table} (expires) WHERE expires IS NOT NULL`,
      ] as [string, string]]
      : []),
  ];
};
