import { Worker } from "node:worker_threads";
import { AppError } from "../../../handlers/errors.ts";
import type { Log } from "../../../handlers/interfaces/log.ts";
import type { Request, Response } from "./protocol.ts";
import type { WorkerOptions } from "./worker.ts";

type Waiting = {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly size: number;
};
type Unnumbered = Request extends infer R ? R extends Request ? Omit<R, "id"> : never : never;

/** What may wait for one thread. */
const most = { count: 20_000, bytes: 512 * 1024 * 1024 };

export type Thread = {
  ask<T>(request: Unnumbered): Promise<T>;
  /** How many answers it owes. */
  owes(): number;
  close(): Promise<void>;
};

/**
 * One connection to the file in a thread of its own. Resolves once it stands; rejects with what is wrong with the file.
 * Should the thread die, what it owes is refused with AppError `unavailable`, and the next request starts another one.
 */
export const startThread = async (options: WorkerOptions, log: Log): Promise<Thread> => {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let last = 0;
  let bytes = 0;
  let closed = false;

  const settle = (id: number): Waiting | undefined => {
    const asked = waiting.get(id);
    waiting.delete(id);
    bytes -= asked?.size ?? 0;
    if (waiting.size === 0) worker?.unref();
    return asked;
  };
  const start = (): Worker => {
    // a checkout runs .ts, the package .js: the worker lies beside this file in both
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    const made = new Worker(new URL(file, import.meta.url), { workerData: options });
    made.on("message", (response: Response) => {
      const asked = settle(response.id);
      if ("result" in response) asked?.resolve(response.result as never);
      else {
        const { code, message } = response.failure;
        if (code === "internal" || code === "unavailable") {
          log.warn("Store refused a request", { code, reason: message });
        }
        asked?.reject(new AppError(code, message, code === "unavailable" ? { retryAfter: 10 } : {}));
      }
    });
    const died = (cause: unknown) => {
      if (worker !== made) return;
      worker = undefined;
      if (closed) return;
      log.error("Store thread died", { role: options.role, error: cause });
      for (const id of [...waiting.keys()]) {
        settle(id)?.reject(new AppError("unavailable", "The store failed, try again", { cause, retryAfter: 5 }));
      }
    };
    made.on("error", died);
    made.on("exit", died);
    return made;
  };
  const wait = <T>(id: number, size: number): Promise<T> => {
    worker?.ref();
    bytes += size;
    return new Promise<T>((resolve, reject) => waiting.set(id, { resolve, reject, size }));
  };

  worker = start();
  try {
    await wait<string>(0, 0);
  } catch (error) {
    closed = true;
    await worker?.terminate();
    throw error;
  }
  return {
    ask: (request) => {
      if (closed) return Promise.reject(new AppError("unavailable", "The store is closed"));
      const size = request.do === "write" ? request.size : 0;
      if (waiting.size >= most.count || bytes + size > most.bytes) {
        return Promise.reject(new AppError("unavailable", "The store has too much to do", { retryAfter: 10 }));
      }
      if (!worker) {
        worker = start();
        void wait(0, 0).catch((error) => log.error("Store thread cannot be started", { error }));
      }
      const id = ++last;
      const answered = wait<never>(id, size);
      worker.postMessage({ ...request, id });
      return answered;
    },
    owes: () => waiting.size,
    close: async () => {
      if (closed) return;
      closed = true;
      // what was taken is done to the end, and the last connection to close puts the log into the file
      while (waiting.size > 0 && worker) await new Promise((resolve) => setTimeout(resolve, 5));
      if (worker) {
        const answered = wait(++last, 0);
        worker.postMessage({ id: last, do: "close" });
        await answered.catch((error) => log.warn("Store was not closed cleanly", { error }));
      }
      const made = worker;
      worker = undefined;
      await made?.terminate();
    },
  };
};
