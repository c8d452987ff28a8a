import type { Log } from "../../../handlers/interfaces/log.ts";
import type { RunOptions } from "../../../handlers/interfaces/estate.ts";
import { AppError } from "../../../handlers/errors.ts";
import type { Batch, Query, SqlValue } from "./protocol.ts";
import { startThread, type Thread } from "./thread.ts";
import { type Writes, writes } from "./writes.ts";

const patience = 30_000;

export type Threads = {
  readonly write: Writes;
  read(query: Query): Promise<readonly (readonly SqlValue[])[]>;
  /** Rows in batches; the next batch is fetched when it is asked for. */
  stream(query: Query, options?: RunOptions): AsyncGenerator<readonly SqlValue[]>;
  close(): Promise<void>;
};

/** One writer and some readers on a file; a store in memory has one thread for all. */
export const startThreads = async (path: string, readers: number, log: Log): Promise<Threads> => {
  const writer = await startThread({ path, role: "writer" }, log);
  const reading: Thread[] = [];
  try {
    for (let i = 0; i < (path === ":memory:" ? 0 : readers); i++) {
      reading.push(await startThread({ path, role: "reader" }, log));
    }
  } catch (error) {
    await Promise.all([writer, ...reading].map((each) => each.close()));
    throw error;
  }
  const reader = (): Thread => reading.reduce<Thread>((a, b) => b.owes() < a.owes() ? b : a, reading[0] ?? writer);

  const write = Object.fromEntries(
    Object.keys(writes).map((name) => [
      name,
      (...args: unknown[]) => writer.ask({ do: "write", name, args, size: sizeOf(args) }),
    ]),
  ) as unknown as Writes;

  let cursors = 0;
  async function* stream(query: Query, options: RunOptions = {}): AsyncGenerator<readonly SqlValue[]> {
    const { signal } = options;
    signal?.throwIfAborted();
    const thread = reader();
    const cursor = ++cursors;
    const abort = new Int32Array(new SharedArrayBuffer(4));
    const callOff = () => Atomics.store(abort, 0, 1);
    signal?.addEventListener("abort", callOff, { once: true });
    let done = false;
    try {
      let batch = await thread.ask<Batch>({ do: "open", cursor, query, timeout: options.timeout ?? patience, abort });
      for (;;) {
        done = batch.done;
        yield* batch.rows;
        if (done) return;
        signal?.throwIfAborted();
        batch = await thread.ask<Batch>({ do: "next", cursor });
      }
    } catch (error) {
      done = true;
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", callOff);
      callOff();
      if (!done) void thread.ask({ do: "end", cursor }).catch(() => {});
    }
  }

  return {
    write,
    read: (query) => reader().ask({ do: "read", query, timeout: patience }),
    stream,
    close: async () => {
      await Promise.all(reading.map((each) => each.close()));
      await writer.close();
    },
  };
};

/** Roughly the bytes that a message holds, for the bound on what may wait. */
const sizeOf = (value: unknown): number => {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  if (typeof value !== "object" || value === null) return 8;
  let size = 16;
  for (const each of Object.values(value)) size += sizeOf(each);
  return size;
};

/** An answer that must have exactly one value, e.g. a count. */
export const single = (rows: readonly (readonly SqlValue[])[]): SqlValue => {
  const value = rows[0]?.[0];
  if (value === undefined) throw new AppError("internal", "The store gave no answer");
  return value;
};
