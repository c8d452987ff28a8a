import { applyCatalog } from "./apply-catalog.ts";
import { applyFacts, showFactsOf } from "./apply-facts.ts";
import { showResourcesOf } from "./apply-shown-resources.ts";
import { applyReport } from "./apply-report.ts";
import { applyInputs, configureExpiration, deactivate } from "./write-nodes.ts";
import { deleteNode } from "./delete-node.ts";
import { prune, vacuum } from "./prune.ts";
import type { Statements } from "./statements.ts";
import { changeNode, createNode } from "./write-node-settings.ts";
import {
  changeDocuments,
  insertDocument,
  removeDocument,
  removeDocuments,
  replaceDocument,
} from "./write-documents.ts";
import { bury, delivered, dropDeadLetter, enqueue, reject, requeue, retry } from "./write-queue.ts";
import { storeCatalog } from "./write-whole-catalogs.ts";

/** Every change that the writer makes, by name. Each runs in a savepoint of its own. */
export const writes = {
  applyFacts,
  showFactsOf,
  applyCatalog,
  showResourcesOf,
  applyReport,
  applyInputs,
  configureExpiration,
  deactivate,
  deleteNode,
  createNode,
  changeNode,
  storeCatalog,
  prune,
  vacuum,
  /** A row that is really written: the number of a topic that nobody follows. */
  ping: (sql: Statements): void => sql.changed("ping"),
  insertDocument,
  replaceDocument,
  removeDocument,
  removeDocuments,
  changeDocuments,
  enqueue,
  delivered,
  retry,
  bury,
  reject,
  requeue,
  dropDeadLetter,
} as const;

export type WriteName = keyof typeof writes;

/** The same as seen from the main thread. */
export type Writes = {
  readonly [Name in WriteName]: (typeof writes)[Name] extends (sql: Statements, ...args: infer Args) => infer Result
    ? (...args: Args) => Result
    : never;
};
