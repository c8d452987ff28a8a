import type { HiddenThings } from "../../../handlers/interfaces/estate.ts";
import type { ErrorCode } from "../../../handlers/errors.ts";

/** A value that SQLite takes and gives. */
export type SqlValue = string | number | null | Uint8Array;

/** A statement's text, and what is bound to `?1`, `?2`, … */
export type Query = { readonly sql: string; readonly params: readonly SqlValue[] };

/** How a column's value is read: `text` is a number that becomes one, `time` milliseconds that become ISO, `packed` deflated text. */
export type Reading = "plain" | "text" | "boolean" | "time" | "packed";
export type Value = string | number | boolean | null;

/** Shared with a thread to end a statement: [0] is 1 once it is to end. */
export type Abort = Int32Array<SharedArrayBuffer>;

export type Request =
  | { readonly id: number; readonly do: "write"; readonly name: string; readonly args: readonly unknown[] }
  | { readonly id: number; readonly do: "read"; readonly query: Query; readonly deadline: number }
  | {
    readonly id: number;
    readonly do: "open";
    readonly cursor: number;
    readonly query: Query;
    readonly readings: readonly Reading[];
    readonly deadline: number;
    readonly abort: Abort;
  }
  | { readonly id: number; readonly do: "hide"; readonly hidden: HiddenThings }
  | { readonly id: number; readonly do: "next"; readonly cursor: number }
  | { readonly id: number; readonly do: "end"; readonly cursor: number }
  | { readonly id: number; readonly do: "close" };

/** A request before its thread numbers it. */
export type Unnumbered = Request extends infer R ? R extends Request ? Omit<R, "id"> : never : never;

export type Failure = { readonly code: ErrorCode; readonly message: string; readonly field?: string };
export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure };

/** What a write gives: its result, and the new numbers of the topics that its transaction changed. */
export type Written = { readonly result: unknown; readonly versions: readonly (readonly [string, number])[] };

/** What a cursor's step gives. */
export type Batch = { readonly rows: readonly (readonly Value[])[]; readonly done: boolean };
