import type { Clock } from "../interfaces/clock.ts";
import type { CommandParser } from "../interfaces/command.ts";
import type { Estate } from "../interfaces/estate.ts";
import type { CommandQueue } from "../interfaces/queue.ts";

/**
 * Tries a dead letter once more: one that could not be forwarded goes back to its place in the line, one that could not be
 * stored is stored now. False: it is gone. Throws AppError when it fails again; the letter then stays.
 */
export const replayDeadLetter = (deps: {
  readonly queue: Pick<CommandQueue, "deadLetter" | "requeue" | "dropDeadLetter">;
  readonly estate: Pick<Estate, "apply">;
  readonly parse: CommandParser;
  readonly clock: Clock;
}) =>
async (id: string): Promise<boolean> => {
  const letter = await deps.queue.deadLetter(id);
  if (!letter) return false;
  if (letter.stage === "forward") return await deps.queue.requeue(id);
  const now = deps.clock.now();
  await deps.estate.apply(await deps.parse(letter.received.reveal(), now), now);
  return await deps.queue.dropDeadLetter(id);
};
