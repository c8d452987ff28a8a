import { parentPort } from "node:worker_threads";
import { readCatalogContent } from "../../handlers/core/commands/whole-catalog.ts";
import { parseCommand } from "../../handlers/core/commands/parse-command.ts";
import { AppError } from "../../handlers/errors.ts";
import type { Answer, Job } from "./parser.ts";

// Reads what Puppet sent, away from the thread that serves everybody.
parentPort?.on("message", async (job: Job) => {
  parentPort?.postMessage(await answer(job));
});

const answer = async (job: Job): Promise<Answer> => {
  try {
    const result = job.kind === "command"
      ? await parseCommand(job.received, job.now)
      : await readCatalogContent(job.seen);
    return { id: job.id, result };
  } catch (error) {
    if (error instanceof AppError) {
      return { id: job.id, error: { code: error.code, message: error.message, field: error.field } };
    }
    return { id: job.id, error: { code: "internal", message: String(error), field: undefined } };
  }
};
