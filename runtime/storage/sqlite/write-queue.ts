import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { ReceivedCommand } from "../../../handlers/interfaces/command.ts";
import { insertOf, type Statements } from "./statements.ts";

const row = (received: ReceivedCommand) => ({
  certname: received.certname,
  command: received.command,
  version: received.version,
  producer_timestamp: received.producer_timestamp,
  payload: deflateRawSync(received.payload),
});

export const enqueue = (sql: Statements, id: string, received: ReceivedCommand, receivedAt: string): void => {
  sql.run(...insertOf("queue", { id, ...row(received), received_at: receivedAt }));
};

export const delivered = (sql: Statements, id: string): void => {
  sql.run("DELETE FROM queue WHERE id = ?", id);
};

export const retry = (sql: Statements, id: string, nextAt: number): void => {
  sql.run("UPDATE queue SET attempts = attempts + 1, next_at = ? WHERE id = ?", nextAt, id);
};

/** The place in the line goes along, so that a replay finds it again. */
export const bury = (sql: Statements, id: string, reason: string, at: string): void => {
  const queued = sql.one<{ payload: Uint8Array }>("SELECT payload FROM queue WHERE id = ?", id);
  if (!queued) return;
  sql.run(
    `INSERT INTO dead_letters (id, seq, certname, command, version, producer_timestamp, received_at, payload, stage, reason, size, buried_at)
     SELECT id, seq, certname, command, version, producer_timestamp, received_at, payload, 'forward', ?2, ?4, ?3 FROM queue WHERE id = ?1`,
    id,
    reason,
    at,
    inflateRawSync(queued.payload).length,
  );
  sql.run("DELETE FROM queue WHERE id = ?", id);
};

export const reject = (sql: Statements, id: string, received: ReceivedCommand, reason: string, at: string): void => {
  sql.run(...insertOf("dead_letters", {
    id,
    seq: null,
    ...row(received),
    received_at: at,
    stage: "store",
    reason,
    size: received.payload.length,
    buried_at: at,
  }));
};

export const requeue = (sql: Statements, id: string): boolean => {
  const done = sql.run(
    `INSERT INTO queue (seq, id, certname, command, version, producer_timestamp, received_at, payload)
     SELECT seq, id, certname, command, version, producer_timestamp, received_at, payload FROM dead_letters
     WHERE id = ? AND stage = 'forward'`,
    id,
  );
  if (done > 0) sql.run("DELETE FROM dead_letters WHERE id = ?", id);
  return done > 0;
};

export const dropDeadLetter = (sql: Statements, id: string): boolean =>
  sql.run("DELETE FROM dead_letters WHERE id = ?", id) > 0;
