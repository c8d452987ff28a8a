import type { Statements } from "./statements.ts";
import { applyCommand } from "./apply.ts";
import { deleteNode, prune } from "./prune.ts";
import { insertDocument, removeDocument, removeDocuments, replaceDocument } from "./write-documents.ts";
import { bury, delivered, dropDeadLetter, enqueue, reject, requeue, retry } from "./write-queue.ts";

/** A whole catalog as it is kept: content and marks encrypted before they come here. */
export type KeptCatalog = {
  readonly certname: string;
  readonly catalog_uuid: string;
  readonly received_at: string;
  readonly hash: string;
  readonly body: Uint8Array;
  readonly marks: Uint8Array;
};

const storeCatalog = (sql: Statements, kept: KeptCatalog): void => {
  sql.run(
    "INSERT INTO whole_contents (hash, body, marks) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    kept.hash,
    kept.body,
    kept.marks,
  );
  // of compilations with the same content the newest one is kept: that is the one which the catalogs' row names
  sql.run(
    "DELETE FROM whole_catalogs WHERE certname = ? AND hash = ? AND received_at <= ?",
    kept.certname,
    kept.hash,
    kept.received_at,
  );
  sql.run(
    "INSERT INTO whole_catalogs (certname, catalog_uuid, hash, received_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    kept.certname,
    kept.catalog_uuid,
    kept.hash,
    kept.received_at,
  );
};

/** Every change that the writer makes, by name. Each runs in a savepoint of its own. */
export const writes = {
  apply: applyCommand,
  storeCatalog,
  deleteNode,
  prune,
  vacuum: (sql: Statements, pages: number): void => sql.db.exec(`PRAGMA incremental_vacuum(${Math.trunc(pages)})`),
  insertDocument,
  replaceDocument,
  removeDocument,
  removeDocuments,
  enqueue,
  delivered,
  retry,
  bury,
  reject,
  requeue,
  dropDeadLetter,
} as const;

type Tail<F> = F extends (sql: Statements, ...args: infer A) => unknown ? A : never;
export type Writes = {
  readonly [Name in keyof typeof writes]: (
    ...args: Tail<(typeof writes)[Name]>
  ) => Promise<ReturnType<(typeof writes)[Name]>>;
};
