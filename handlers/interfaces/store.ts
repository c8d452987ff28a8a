import type { Changes } from "./changes.ts";
import type { Documents } from "./documents.ts";
import type { Estate } from "./estate.ts";
import type { CommandQueue } from "./queue.ts";

/** Everything that one store gives. SQLite and MongoDB each make one. */
export type Store = {
  readonly estate: Estate;
  readonly documents: Documents;
  readonly queue: CommandQueue;
  readonly changes: Changes;
  /** Resolves when the store answers a read and can be written; throws AppError `unavailable` otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
};
