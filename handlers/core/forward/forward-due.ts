import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Log } from "../../interfaces/log.ts";
import type { CommandQueue, QueuedCommand } from "../../interfaces/queue.ts";
import type { Upstream } from "../../interfaces/upstream.ts";

export type ForwardDeps = {
  readonly queue: Pick<CommandQueue, "due" | "delivered" | "retry" | "bury">;
  readonly upstream: Upstream;
  /** What is sent for a command; opens the seal, so it stands on the agents' side. */
  readonly requestOf: (queued: QueuedCommand, signal: AbortSignal) => Promise<Parameters<Upstream["fetch"]>[0]>;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/** Commands under way at once, each of another node. */
const atOnce = 4;
/** One round takes no longer than that, so that its lease does not run out. */
const roundMs = 20_000;
const firstWait = 1_000;
const longestWait = 300_000;

type Sent = "delivered" | "buried" | "retry" | "unreachable";

/**
 * Forwards what is due to the PuppetDB behind us, in order per certname. 4xx makes a dead letter; 5xx and 429 are tried
 * again with a growing pause. While PuppetDB can't be reached at all one command probes it and the others wait with it,
 * for hours if need be. Returns whether more is due. Safe to run twice: PuppetDB knows what it has by producer time and hash.
 */
export const forwardDue = async (deps: ForwardDeps): Promise<boolean> => {
  const { queue, clock, signal } = deps;
  const end = clock.now() + roundMs;
  for (;;) {
    const due = await queue.due(clock.now(), atOnce * 8);
    if (due.length === 0) return false;
    // one goes ahead: nothing else is tried on a server that is away
    const [probe, ...rest] = due;
    if (await forward(deps, probe!) === "unreachable") return false;
    for (let i = 0; i < rest.length; i += atOnce) {
      if (signal.aborted || clock.now() > end) return true;
      const sent = await Promise.all(rest.slice(i, i + atOnce).map((each) => forward(deps, each)));
      if (sent.includes("unreachable")) return false;
    }
    if (signal.aborted || clock.now() > end) return true;
  }
};

const forward = async (deps: ForwardDeps, queued: QueuedCommand): Promise<Sent> => {
  const { queue, clock, log, signal } = deps;
  const about = { certname: queued.certname, command: queued.command, id: queued.id };
  const wait = Math.min(firstWait * 2 ** Math.min(queued.attempts, 20), longestWait);
  const nextAt = () => Math.round(clock.now() + wait * (0.75 + deps.random() / 2));
  let response: { readonly ok: boolean; readonly status: number; readonly text: string };
  try {
    const answer = await deps.upstream.fetch(await deps.requestOf(queued, signal));
    response = { ok: answer.ok, status: answer.status, text: (await answer.text()).slice(0, 2000) };
  } catch (error) {
    if (signal.aborted) return "unreachable";
    if (!(error instanceof AppError) && !(error instanceof TypeError)) throw error;
    log.warn("PuppetDB cannot be reached", { ...about, reason: error.message, attempts: queued.attempts + 1 });
    await queue.retry(queued.id, nextAt());
    return "unreachable";
  }
  const { ok, status, text } = response;
  if (ok) {
    await queue.delivered(queued.id);
    log.debug("Command forwarded", about);
    return "delivered";
  }
  if (status === 429 || status === 408 || status >= 500) {
    log.warn("PuppetDB does not take a command now", { ...about, status, attempts: queued.attempts + 1 });
    await queue.retry(queued.id, nextAt());
    return "retry";
  }
  log.error("PuppetDB refuses a command", { ...about, status });
  await queue.bury(queued.id, `PuppetDB answered ${status}: ${text}`, clock.now());
  return "buried";
};
