import { Worker } from "node:worker_threads";
import { type CatalogContent, type PassedCatalog, sealCatalog } from "../../handlers/core/commands/whole-catalog.ts";
import { AppError, type ErrorCode } from "../../handlers/errors.ts";
import type { Command, CommandParser, ReceivedCommand, WholeCatalog } from "../../handlers/interfaces/command.ts";
import type { Log } from "../../handlers/interfaces/log.ts";

export type Job =
  | { readonly id: number; readonly kind: "command"; readonly received: ReceivedCommand; readonly now: number }
  | { readonly id: number; readonly kind: "catalog"; readonly seen: PassedCatalog };
export type Answer =
  | { readonly id: number; readonly result: Command | CatalogContent }
  | { readonly id: number; readonly error: { code: ErrorCode; message: string; field: string | undefined } };

type Waiting = { resolve: (result: never) => void; reject: (error: unknown) => void };
type Unnumbered = Job extends infer J ? J extends Job ? Omit<J, "id"> : never : never;

export type Parser = {
  readonly parse: CommandParser;
  readonly readCatalog: (seen: PassedCatalog) => Promise<WholeCatalog>;
  close(): Promise<void>;
};

/**
 * Parses commands and catalogs in a worker thread, so that a large one holds up nobody. Should the worker die, what it
 * was given is refused with `unavailable` and the next job starts another one.
 */
export const startParser = (log: Log): Parser => {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let last = 0;

  const start = (): Worker => {
    // a checkout runs .ts, the package .js: the worker lies beside this file in both
    const made = new Worker(new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url));
    made.on("message", (answer: Answer) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ("result" in answer) asked?.resolve(answer.result as never);
      else asked?.reject(new AppError(answer.error.code, answer.error.message, { field: answer.error.field }));
      if (waiting.size === 0) made.unref();
    });
    const ended = (cause: unknown) => {
      if (worker !== made) return;
      worker = undefined;
      if (waiting.size > 0) log.error("Parser died", { cause, waiting: waiting.size });
      for (const asked of waiting.values()) {
        asked.reject(new AppError("unavailable", "The command cannot be read now", { cause, retryAfter: 5 }));
      }
      waiting.clear();
    };
    made.on("error", ended);
    made.on("exit", ended);
    return made;
  };

  const ask = <T>(job: Unnumbered): Promise<T> => {
    worker ??= start();
    worker.ref();
    const id = ++last;
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker?.postMessage({ ...job, id });
    });
  };

  worker = start();
  worker.unref();
  return {
    parse: (received, now) => ask<Command>({ kind: "command", received, now }),
    readCatalog: async (seen) => sealCatalog(await ask<CatalogContent>({ kind: "catalog", seen })),
    close: async () => {
      const made = worker;
      worker = undefined;
      await made?.terminate();
    },
  };
};
