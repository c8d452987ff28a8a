import { AppError } from "../../../handlers/errors.ts";
import type { Failure } from "./protocol.ts";

/** Thrown by `tick()`. */
export class CalledOff extends Error {}
export class TookTooLong extends Error {}
/** Thrown by `shown()` where nobody has told yet what is hidden. */
export class NothingHidden extends Error {}

// Deno leaves out `errcode` where a text of several statements fails, so the message counts too.
const troubles: readonly (readonly [code: number, text: RegExp, told: string])[] = [
  [5, /^database is locked/, "The store is busy with another process"],
  [6, /^database table is locked/, "The store is busy with another process"],
  [7, /^out of memory/, "The store has no memory left"],
  [8, /readonly database/, "The store cannot be written: its file is read-only"],
  [10, /^disk I\/O error/, "The store's disk cannot be read or written"],
  [11, /^database disk image is malformed/, "The store's file is damaged"],
  [13, /^database or disk is full/, "The store's disk is full"],
  [14, /^unable to open database file/, "The store's file cannot be opened"],
];

const troubleOf = (error: unknown): string | undefined => {
  const { errcode, message } = error as { errcode?: unknown; message?: unknown };
  const code = Number(errcode ?? 0) & 0xff;
  return troubles.find(([number, text]) => number === code || text.test(String(message)))?.[2];
};

/** Whether the store itself is at fault (busy, full, broken disk), so that no change of a batch can be kept. */
export const isTrouble = (error: unknown): boolean => troubleOf(error) !== undefined;

/** An error in a form that crosses to another thread. What is none of ours becomes `internal`. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof AppError) {
    return { code: error.code, message: error.message, ...(error.field === undefined ? {} : { field: error.field }) };
  }
  const message = String((error as Error | undefined)?.message ?? error);
  if (error instanceof TookTooLong) return { code: "unavailable", message: "The query took longer than it may" };
  if (error instanceof NothingHidden) return { code: "unavailable", message: "The known secrets are not loaded yet" };
  if (error instanceof CalledOff) return { code: "unavailable", message: "The query was called off" };
  const trouble = troubleOf(error);
  if (trouble !== undefined) return { code: "unavailable", message: trouble };
  if (/^(Expression tree is too large|parser stack overflow|too many terms)/.test(message)) {
    return { code: "bad_request", message: "The query is too large" };
  }
  // SQLite's JSON is nested 1,000 deep at most
  if (message === "malformed JSON") return { code: "bad_request", message: "The JSON is broken or nested too deeply" };
  return { code: "internal", message: `The store failed: ${message}` };
};

export const errorOf = ({ code, message, field }: Failure): AppError =>
  new AppError(code, message, {
    ...(field === undefined ? {} : { field }),
    ...(code === "unavailable" ? { retryAfter: 10 } : {}),
  });
