import { AppError } from "../../../handlers/errors.ts";
import type { HiddenThings, RunOptions } from "../../../handlers/interfaces/estate.ts";
import type { Log } from "../../../handlers/interfaces/log.ts";
import type { Batch, Query, Reading, SqlValue, Value, Written } from "./protocol.ts";
import { startThread, type Thread } from "./thread.ts";
import type { WorkerOptions } from "./worker.ts";
import type { WriteName, Writes } from "./writes.ts";

export type Threads = {
  /** Resolves once the change is on the disk and `changed` was told. `size`: about how many bytes it holds. */
  write<Name extends WriteName>(
    name: Name,
    args: Parameters<Writes[Name]>,
    size?: number,
  ): Promise<ReturnType<Writes[Name]>>;
  /** All rows of a small query. */
  read(query: Query): Promise<readonly (readonly SqlValue[])[]>;
  /** Rows in batches; the next one is fetched when it is asked for. */
  stream(
    query: Query,
    readings: readonly Reading[],
    options?: RunOptions,
  ): AsyncGenerator<readonly (readonly Value[])[], void>;
  /** Has every thread that reads hide this, also one that is started anew. */
  hide(hidden: HiddenThings): Promise<void>;
  close(): Promise<void>;
};

export type ThreadsOptions = {
  readonly path: string;
  readonly readers: number;
  readonly log: Log;
  /** Told of the topics that an own write changed, before it resolves. */
  readonly changed: (versions: Written["versions"]) => void;
};

/** Milliseconds that a query may take unless it is told otherwise. */
const patience = 30_000;

/** One writer and some readers on a file; a store in memory has one thread for all. */
export const startThreads = async ({ path, readers, log, changed }: ThreadsOptions): Promise<Threads> => {
  // a checkout runs .ts, the package .js: the worker lies beside this file in both
  const url = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);
  let hidden: HiddenThings | undefined;
  const start = (role: WorkerOptions["role"]) => {
    const workerData: WorkerOptions = { path, role };
    return startThread({ url, workerData, log, greeting: () => hidden && { do: "hide", hidden } });
  };
  const writer = await start("writer");
  const reading = path === ":memory:"
    ? []
    : await Promise.all(Array.from({ length: readers }, () => start("reader"))).catch(async (error) => {
      await writer.close();
      throw error;
    });
  const reader = (): Thread => reading.reduce<Thread>((a, b) => b.owes() < a.owes() ? b : a, reading[0] ?? writer);
  let cursors = 0;

  return {
    write: async (name, args, size = 0) => {
      const { result, versions } = await writer.ask<Written>({ do: "write", name, args }, size + 200);
      if (versions.length > 0) changed(versions);
      return result as never;
    },

    read: (query) => reader().ask({ do: "read", query, deadline: Date.now() + patience }),

    stream: async function* (query, readings, options = {}) {
      const { signal, timeout = patience } = options;
      signal?.throwIfAborted();
      const thread = reader();
      const cursor = ++cursors;
      const abort = new Int32Array(new SharedArrayBuffer(4));
      const callOff = () => void Atomics.store(abort, 0, 1);
      signal?.addEventListener("abort", callOff, { once: true });
      let done = false;
      try {
        const deadline = Date.now() + timeout;
        let batch = await thread.ask<Batch>({ do: "open", cursor, query, readings, deadline, abort });
        for (;;) {
          done = batch.done;
          signal?.throwIfAborted();
          if (batch.rows.length > 0) yield batch.rows;
          if (done) return;
          signal?.throwIfAborted();
          batch = await thread.ask<Batch>({ do: "next", cursor });
        }
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      } finally {
        signal?.removeEventListener("abort", callOff);
        callOff();
        if (!done) void thread.ask({ do: "end", cursor }).catch(() => {});
      }
    },

    hide: async (next) => {
      hidden = next;
      const threads = reading.length > 0 ? reading : [writer];
      await Promise.all(threads.map((each) => each.ask({ do: "hide", hidden: next })));
    },

    close: async () => {
      await Promise.all(reading.map((each) => each.close()));
      await writer.close();
    },
  };
};

/** The value of a query that has exactly one. */
export const single = (rows: readonly (readonly (SqlValue | Value)[])[]): SqlValue | Value => {
  const value = rows[0]?.[0];
  if (value === undefined) throw new AppError("internal", "The store gave no answer");
  return value;
};
