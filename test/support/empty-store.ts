import { AppError } from "../../handlers/errors.ts";
import type { Estate } from "../../handlers/interfaces/estate.ts";
import type { CommandQueue } from "../../handlers/interfaces/queue.ts";
import { seal } from "../../handlers/interfaces/sealed.ts";

/** An estate that holds nothing. */
export const emptyEstate: Estate = {
  apply: () => Promise.resolve("stored"),
  run: async function* () {},
  count: () => Promise.resolve(0),
  storeCatalog: () => Promise.resolve(),
  wholeCatalog: () => Promise.resolve(undefined),
  marks: () => Promise.resolve(seal({ values: [], parameters: {} })),
  nodeSettings: () => Promise.resolve(undefined),
  createNode: (certname, settings) => Promise.resolve({ certname, ...settings, version: 1 }),
  changeNode: () => Promise.reject(new AppError("not_found", "There is no such node")),
  test: (_, conditions) => Promise.resolve(conditions.map(() => false)),
  hide: () => Promise.resolve(),
  deleteNode: () => Promise.resolve(false),
  prune: () => Promise.resolve({ removed: 0, more: false }),
};

/** A queue that holds nothing. */
export const emptyQueue: CommandQueue = {
  enqueue: () => Promise.resolve(),
  due: () => Promise.resolve([]),
  delivered: () => Promise.resolve(),
  retry: () => Promise.resolve(),
  bury: () => Promise.resolve(),
  reject: () => Promise.resolve(),
  depth: () => Promise.resolve({ depth: 0, oldest: null }),
  deadLetters: () => Promise.resolve([]),
  deadLetter: () => Promise.resolve(undefined),
  deadLetterNames: () => Promise.resolve([]),
  deadLetterCount: () => Promise.resolve(0),
  dropDeadLetter: () => Promise.resolve(false),
  requeue: () => Promise.resolve(false),
};
