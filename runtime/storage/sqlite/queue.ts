import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import { timestamp } from "../../../handlers/interfaces/clock.ts";
import type { ReceivedCommand } from "../../../handlers/interfaces/command.ts";
import type { CommandQueue, DeadLetter } from "../../../handlers/interfaces/queue.ts";
import { seal, type Sealed } from "../../../handlers/interfaces/sealed.ts";
import type { SqlValue } from "./protocol.ts";
import { single, type Threads } from "./threads.ts";
import type { KeptCommand } from "./write-queue.ts";

const inflate = promisify(inflateRaw);

type Values = readonly SqlValue[];

/** What every row begins with. */
const about = "id, certname, command, version, received_at, stage, reason, size, attempts, producer_timestamp";
const whole = `SELECT ${about}, payload FROM commands c JOIN command_payloads p ON p.seq = c.seq`;

const headOf = ([id, certname, command, version, received_at]: Values) => ({
  id: String(id),
  certname: String(certname),
  command: String(command),
  version: Number(version),
  received_at: timestamp(Number(received_at)),
});

const letterOf = (row: Values): DeadLetter => ({
  ...headOf(row),
  stage: row[5] === "store" ? "store" : "forward",
  reason: seal(String(row[6])),
  size: Number(row[7]),
});

const receivedOf = async (row: Values): Promise<Sealed<ReceivedCommand>> => {
  const { certname, command, version } = headOf(row);
  const payload = new Uint8Array(await inflate(row[10] as Uint8Array));
  return seal({ certname, command, version, producer_timestamp: row[9] === null ? null : String(row[9]), payload });
};

const keptOf = (id: string, received: ReceivedCommand, at: number): KeptCommand => {
  const { certname, command, version, producer_timestamp, payload } = received;
  return { id, certname, command, version, producer_timestamp, received_at: at, payload };
};

/** The dead letters of all nodes, of one, or of some, whose names are bound at `place`. */
const letters = (of: string | readonly string[] | undefined, place: number) => {
  const dead = "commands WHERE stage IS NOT NULL";
  if (of === undefined) return { sql: dead, params: [] };
  if (typeof of === "string") return { sql: `${dead} AND certname = ?${place}`, params: [of] };
  return {
    sql: `${dead} AND certname IN (SELECT value FROM json_each(?${place}))`,
    params: [JSON.stringify(of)],
  };
};

/**
 * The forward queue and the dead letters on SQLite: one table in the order of arrival, so that a letter that is put back
 * in line has its old place.
 */
export const sqliteQueue = ({ write, read }: Pick<Threads, "write" | "read">): CommandQueue => ({
  enqueue: (id, received, receivedAt) => write("enqueue", [keptOf(id, received, receivedAt)], received.payload.length),
  due: async (now, limit) => {
    const rows = await read({
      sql: `${whole} WHERE c.head = 1 AND c.next_at <= ?1 ORDER BY c.seq LIMIT ?2`,
      params: [now, limit],
    });
    return await Promise.all(
      rows.map(async (row) => ({ ...headOf(row), attempts: Number(row[8]), received: await receivedOf(row) })),
    );
  },
  delivered: (id) => write("delivered", [id]),
  retry: (id, nextAt) => write("retry", [id, nextAt]),
  bury: (id, reason) => write("bury", [id, reason], reason.length),
  reject: (id, received, reason, at) =>
    write("reject", [keptOf(id, received, at), reason], received.payload.length + reason.length),
  depth: async () => {
    const [row] = await read({
      sql: `SELECT (SELECT count(*) FROM commands WHERE stage IS NULL),
                (SELECT received_at FROM commands WHERE head = 1 ORDER BY seq LIMIT 1)`,
      params: [],
    });
    return { depth: Number(row?.[0] ?? 0), oldest: row?.[1] == null ? null : timestamp(Number(row[1])) };
  },

  deadLetters: async ({ limit, offset, certname }) => {
    const { sql, params } = letters(certname, 3);
    const rows = await read({
      sql: `SELECT ${about} FROM ${sql} ORDER BY received_at DESC, seq DESC LIMIT ?1 OFFSET ?2`,
      params: [limit, offset, ...params],
    });
    return rows.map(letterOf);
  },
  deadLetter: async (id) => {
    const [row] = await read({ sql: `${whole} WHERE c.id = ? AND c.stage IS NOT NULL`, params: [id] });
    return row && { ...letterOf(row), received: await receivedOf(row) };
  },
  deadLetterCount: async (certname) => {
    const { sql, params } = letters(certname, 1);
    return Number(single(await read({ sql: `SELECT count(*) FROM ${sql}`, params })));
  },
  deadLetterNames: async () => {
    const sql = "SELECT DISTINCT certname FROM commands WHERE stage IS NOT NULL ORDER BY certname";
    return (await read({ sql, params: [] })).map(([name]) => String(name));
  },
  dropDeadLetter: (id) => write("dropDeadLetter", [id]),
  requeue: (id) => write("requeue", [id]),
});
