import { inflateRawSync } from "node:zlib";
import { timestamp } from "../../../handlers/interfaces/clock.ts";
import type { ReceivedCommand } from "../../../handlers/interfaces/command.ts";
import type { CommandQueue, DeadLetter } from "../../../handlers/interfaces/queue.ts";
import { seal, type Sealed } from "../../../handlers/interfaces/sealed.ts";
import type { SqlValue } from "./protocol.ts";
import { single, type Threads } from "./threads.ts";

type Values = readonly SqlValue[];

/** Begins every row: what is needed to send the command again. */
const received = "certname, command, version, producer_timestamp, received_at, payload";
const receivedOf = ([certname, command, version, producer_timestamp, , payload]: Values): Sealed<ReceivedCommand> =>
  seal({
    certname: String(certname),
    command: String(command),
    version: Number(version),
    producer_timestamp: producer_timestamp === null ? null : String(producer_timestamp),
    payload: new Uint8Array(inflateRawSync(payload as Uint8Array)),
  });

const letter = "id, certname, command, version, received_at, stage, reason, size";
const letterOf = ([id, certname, command, version, received_at, stage, reason, size]: Values): DeadLetter => ({
  id: String(id),
  certname: String(certname),
  command: String(command),
  version: Number(version),
  received_at: String(received_at),
  stage: stage === "store" ? "store" : "forward",
  reason: seal(String(reason)),
  size: Number(size),
});

/** The forward queue and the dead letters on SQLite. */
export const sqliteQueue = ({ write, read }: Threads): CommandQueue => ({
  enqueue: (id, command, receivedAt) => write.enqueue(id, command, timestamp(receivedAt)),
  due: async (now, limit) => {
    // a node's later command waits while an earlier one does
    const rows = await read({
      sql: `SELECT ${received}, id, attempts FROM queue q WHERE next_at <= ?1 AND tick() AND NOT EXISTS
              (SELECT 1 FROM queue earlier WHERE earlier.certname = q.certname AND earlier.seq < q.seq)
            ORDER BY seq LIMIT ?2`,
      params: [now, limit],
    });
    return rows.map((row) => ({
      id: String(row[6]),
      certname: String(row[0]),
      command: String(row[1]),
      version: Number(row[2]),
      received_at: String(row[4]),
      attempts: Number(row[7]),
      received: receivedOf(row),
    }));
  },
  delivered: (id) => write.delivered(id),
  retry: (id, nextAt) => write.retry(id, nextAt),
  bury: (id, reason, at) => write.bury(id, reason, timestamp(at)),
  reject: (id, command, reason, at) => write.reject(id, command, reason, timestamp(at)),
  depth: async () => {
    const [row] = await read({ sql: "SELECT count(*), min(received_at) FROM queue", params: [] });
    return { depth: Number(row?.[0] ?? 0), oldest: row?.[1] == null ? null : String(row[1]) };
  },

  deadLetters: async ({ limit, offset, certname }) =>
    (await read({
      sql:
        `SELECT ${letter} FROM dead_letters WHERE (?1 IS NULL OR certname = ?1) ORDER BY received_at DESC, id LIMIT ?2 OFFSET ?3`,
      params: [certname ?? null, limit, offset],
    })).map(letterOf),
  deadLetter: async (id) => {
    const [row] = await read({ sql: `SELECT ${letter}, ${received} FROM dead_letters WHERE id = ?`, params: [id] });
    return row && { ...letterOf(row), received: receivedOf(row.slice(8)) };
  },
  deadLetterCount: async (certname) =>
    Number(single(
      await read({
        sql: "SELECT count(*) FROM dead_letters WHERE (?1 IS NULL OR certname = ?1)",
        params: [certname ?? null],
      }),
    )),
  dropDeadLetter: (id) => write.dropDeadLetter(id),
  requeue: (id) => write.requeue(id),
});
