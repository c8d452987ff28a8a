import type { ErrorCode } from "../../../handlers/errors.ts";
import type { Abort } from "./database.ts";

/** A value that SQLite takes and gives. */
export type SqlValue = string | number | null | Uint8Array;

/** A compiled query: its text, what is bound, and how long it may take. */
export type Query = { readonly sql: string; readonly params: readonly SqlValue[] };

export type Request =
  | {
    readonly id: number;
    readonly do: "write";
    readonly name: string;
    readonly args: readonly unknown[];
    readonly size: number;
  }
  | { readonly id: number; readonly do: "read"; readonly query: Query; readonly timeout: number }
  | {
    readonly id: number;
    readonly do: "open";
    readonly cursor: number;
    readonly query: Query;
    readonly timeout: number;
    readonly abort: Abort;
  }
  | { readonly id: number; readonly do: "next"; readonly cursor: number }
  | { readonly id: number; readonly do: "end"; readonly cursor: number }
  | { readonly id: number; readonly do: "close" };

export type Failure = { readonly code: ErrorCode; readonly message: string };
export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure };

/** What a cursor's step gives. */
export type Batch = { readonly rows: readonly (readonly SqlValue[])[]; readonly done: boolean };
