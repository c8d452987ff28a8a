import type { SqliteJob, SqliteResult } from "./sqlite-worker.ts";
import { Worker } from "node:worker_threads";
import { AppError } from "../../handlers/errors.ts";

/**
 * Has a thread of its own do what takes SQLite long: this one can show how it goes on, and can be ended by a signal.
 * Rejects with AppError `internal`, `what` being the beginning of its text.
 */
export const runSqliteJob = <Job extends SqliteJob>(job: Job, what: string): Promise<SqliteResult<Job>> =>
  new Promise((resolve, reject) => {
    // a checkout runs .ts, the package .js: the worker lies beside this file in both
    const url = new URL(import.meta.url.endsWith(".ts") ? "./sqlite-worker.ts" : "./sqlite-worker.js", import.meta.url);
    const worker = new Worker(url, { workerData: job });
    const fail = (reason: string) => reject(new AppError("internal", `${what}: ${reason}`));
    worker.on("message", (answer: { result: SqliteResult<Job> } | { failed: string }) => {
      if ("failed" in answer) fail(answer.failed);
      else resolve(answer.result);
    });
    worker.on("error", (error) => fail((error as Error).message));
    worker.on("exit", (status) => fail(`its thread ended with ${status}`));
  });
