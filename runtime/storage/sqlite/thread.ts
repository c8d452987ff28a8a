import { Worker } from "node:worker_threads";
import { AppError } from "../../../handlers/errors.ts";
import type { Log } from "../../../handlers/interfaces/log.ts";
import { errorOf } from "./failures.ts";
import type { Failure, Response, Unnumbered } from "./protocol.ts";

type Waiting = {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly size: number;
};

export type Thread = {
  /** `size`: about how many bytes the request holds. Throws AppError `unavailable` where too much waits already. */
  ask<T>(request: Unnumbered, size?: number): Promise<T>;
  /** How many answers it owes. */
  owes(): number;
  /** Ends it once it has answered what it was asked. */
  close(): Promise<void>;
};

export type ThreadOptions = {
  /** The worker's file; answers request 0 by itself once it stands. */
  readonly url: URL;
  readonly workerData: { readonly role: string };
  readonly log: Log;
  /** What it is told before anything else, each time that it is started. */
  readonly greeting?: () => Unnumbered | undefined;
  /** What may wait for it. */
  readonly most?: { readonly count: number; readonly bytes: number };
};

/** Milliseconds between two starts of a thread that dies again and again. */
const rest = 1000;

/**
 * A worker thread that answers requests. Resolves once it stands, rejects with what keeps it from that. Should it die,
 * what it owes is refused with AppError `unavailable`, and the next request starts another one. It keeps no process alive
 * that waits for nothing from it.
 */
export const startThread = async (options: ThreadOptions): Promise<Thread> => {
  const { url, workerData, log, most = { count: 10_000, bytes: 128 * 1024 * 1024 } } = options;
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let startedAt = 0;
  let last = 0;
  let bytes = 0;
  let closed = false;
  let emptied = () => {};

  const settle = (id: number): Waiting | undefined => {
    const asked = waiting.get(id);
    if (!asked || !waiting.delete(id)) return undefined;
    bytes -= asked.size;
    if (waiting.size === 0) {
      worker?.unref();
      emptied();
    }
    return asked;
  };
  const wait = <T>(id: number, size: number): Promise<T> => {
    bytes += size;
    worker?.ref();
    return new Promise<T>((resolve, reject) => waiting.set(id, { resolve, reject, size }));
  };
  const note = ({ code, message }: Failure): void => {
    if (code === "internal") log.error("Store failed", { reason: message });
    else if (code === "unavailable") log.warn("Store refused a request", { reason: message });
  };
  const start = (): Promise<unknown> => {
    const made = new Worker(url, { workerData });
    worker = made;
    startedAt = Date.now();
    made.on("message", (response: Response) => {
      const asked = settle(response.id);
      if ("result" in response) return asked?.resolve(response.result as never);
      note(response.failure);
      asked?.reject(errorOf(response.failure));
    });
    const died = (cause: unknown): void => {
      if (worker !== made) return;
      worker = undefined;
      if (waiting.size > 0 || !closed) {
        log.error("Store thread died", { role: workerData.role, waiting: waiting.size, error: cause });
      }
      for (const id of [...waiting.keys()]) {
        settle(id)?.reject(new AppError("unavailable", "The store failed, try again", { cause, retryAfter: 2 }));
      }
    };
    made.on("error", died);
    made.on("exit", died);
    const greeting = options.greeting?.();
    // nobody waits for its answer
    if (greeting) made.postMessage({ ...greeting, id: -1 });
    return wait(0, 0);
  };
  const restart = (): void => {
    if (Date.now() - startedAt < rest) throw new AppError("unavailable", "The store is down", { retryAfter: 2 });
    start().then(
      () => log.info("Store thread stands again", { role: workerData.role }),
      () => {
        const failed = worker;
        worker = undefined;
        void failed?.terminate();
      },
    );
  };

  try {
    await start();
  } catch (error) {
    closed = true;
    await worker?.terminate();
    throw error;
  }
  return {
    // async, so that what is thrown here rejects
    // deno-lint-ignore require-await
    ask: async (request, size = 0) => {
      if (closed) throw new AppError("unavailable", "The store is closed");
      if (waiting.size >= most.count || (waiting.size > 0 && bytes + size > most.bytes)) {
        throw new AppError("unavailable", "The store has too much to do", { retryAfter: 5 });
      }
      if (!worker) restart();
      const id = ++last;
      const answered = wait<never>(id, size);
      worker!.postMessage({ ...request, id });
      return answered;
    },
    owes: () => waiting.size,
    close: async () => {
      if (closed) return;
      closed = true;
      if (waiting.size > 0) await new Promise<void>((resolve) => emptied = resolve);
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
