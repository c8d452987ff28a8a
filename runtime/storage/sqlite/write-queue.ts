import { deflateRawSync } from "node:zlib";
import type { Statements } from "./statements.ts";

/** A received command; `received_at` in milliseconds. */
export type KeptCommand = {
  readonly id: string;
  readonly certname: string;
  readonly command: string;
  readonly version: number;
  readonly producer_timestamp: string | null;
  readonly received_at: number;
  readonly payload: Uint8Array;
};

type Line = { readonly seq: number; readonly certname: string; readonly head: number };

const keep = (
  sql: Statements,
  { payload, ...row }: KeptCommand,
  stage: "store" | null,
  reason: string | null,
): void => {
  const seq = sql.insert("commands", { ...row, size: payload.length, attempts: 0, next_at: 0, head: 0, stage, reason });
  sql.insert("command_payloads", { seq, payload: deflateRawSync(payload) });
};

/**
 * The first of a node's line is its head: only heads are due, found by an index of their own, however long the lines are.
 */
const lead = (sql: Statements, certname: string): void => {
  const first = sql.one<Line>(
    "SELECT seq, head FROM commands WHERE certname = ? AND stage IS NULL ORDER BY seq LIMIT 1",
    certname,
  );
  if (!first || first.head === 1) return;
  sql.run("UPDATE commands SET head = 0 WHERE certname = ? AND stage IS NULL AND head = 1", certname);
  sql.run("UPDATE commands SET head = 1 WHERE seq = ?", first.seq);
};

const queued = (sql: Statements, id: string): Line | undefined =>
  sql.one("SELECT seq, certname, head FROM commands WHERE id = ? AND stage IS NULL", id);

const isLetter = (sql: Statements, id: string): boolean =>
  sql.one("SELECT 1 FROM commands WHERE id = ? AND stage IS NOT NULL", id) !== undefined;

/** The same id twice is the same command. */
export const enqueue = (sql: Statements, command: KeptCommand): void => {
  if (queued(sql, command.id)) return;
  keep(sql, command, null, null);
  lead(sql, command.certname);
};

export const reject = (sql: Statements, command: KeptCommand, reason: string): void => {
  if (isLetter(sql, command.id)) sql.update("commands", { reason }, "id = ? AND stage IS NOT NULL", command.id);
  else keep(sql, command, "store", reason);
};

export const delivered = (sql: Statements, id: string): void => {
  const line = queued(sql, id);
  if (!line) return;
  sql.run("DELETE FROM commands WHERE seq = ?", line.seq);
  lead(sql, line.certname);
};

export const retry = (sql: Statements, id: string, nextAt: number): void => {
  sql.run("UPDATE commands SET attempts = attempts + 1, next_at = ? WHERE id = ? AND stage IS NULL", nextAt, id);
};

/** It keeps its number, so that a replay finds its place again. */
export const bury = (sql: Statements, id: string, reason: string): void => {
  const line = queued(sql, id);
  if (!line) return;
  // a command that could be neither stored nor forwarded is two letters
  const own = isLetter(sql, id) ? `${id}.forward` : id;
  sql.update("commands", { id: own, stage: "forward", reason, head: 0 }, "seq = ?", line.seq);
  lead(sql, line.certname);
};

export const requeue = (sql: Statements, id: string): boolean => {
  const found = sql.one<{ seq: number; certname: string }>(
    "SELECT seq, certname FROM commands WHERE id = ? AND stage = 'forward'",
    id,
  );
  if (!found) return false;
  sql.update("commands", { stage: null, reason: null, attempts: 0, next_at: 0 }, "seq = ?", found.seq);
  lead(sql, found.certname);
  return true;
};

export const dropDeadLetter = (sql: Statements, id: string): boolean =>
  sql.run("DELETE FROM commands WHERE id = ? AND stage IS NOT NULL", id) > 0;
