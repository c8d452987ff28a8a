import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Document, Documents, Stored } from "../../interfaces/documents.ts";
import type { Log } from "../../interfaces/log.ts";

/** Something done again and again by one process at a time. It must be safe to run twice and to be cut off. */
export type Task = {
  readonly name: string;
  /** Milliseconds from the end of one run to the start of the next. */
  readonly every: number;
  /** Does a bounded piece of work; `true` asks to be run again at once. */
  readonly run: (signal: AbortSignal) => Promise<boolean | void>;
};

type Lease = Document & { readonly holder: string; readonly until: number; readonly next_at: number };

/** A run that has not ended by then is taken to be dead, and another process may claim the task. */
const leaseLength = 60_000;

/**
 * Runs every task whose time has come and that no other process holds: claimed by a conditional update of its lease row,
 * which is given back when it ends. A task that throws is logged and tried again at its next time; the others go on.
 * Returns the names of those that ran.
 */
export const runDue = async (deps: {
  readonly tasks: readonly Task[];
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this process among those that share the store. */
  readonly holder: string;
  readonly signal: AbortSignal;
}): Promise<readonly string[]> => {
  const { tasks, documents, clock, log, holder, signal } = deps;
  const ran: string[] = [];
  for (const task of tasks) {
    if (signal.aborted) break;
    const lease = await claim(documents, task.name, holder, clock.now());
    if (!lease) continue;
    ran.push(task.name);
    let again = false;
    try {
      again = await task.run(signal) === true;
    } catch (error) {
      log.error("Periodic task failed", { task: task.name, error });
    }
    const now = clock.now();
    await giveBack(documents, { ...lease, until: 0, next_at: again ? now : now + task.every });
  }
  return ran;
};

const claim = async (
  documents: Documents,
  name: string,
  holder: string,
  now: number,
): Promise<Stored<Lease> | undefined> => {
  const mine = { id: name, holder, until: now + leaseLength, next_at: now };
  const known = await documents.get<Lease>("leases", name);
  if (known && (known.until > now || known.next_at > now)) return undefined;
  try {
    return known
      ? await documents.replace<Lease>("leases", mine, known.version)
      : await documents.insert("leases", mine);
  } catch (error) {
    if (lost(error)) return undefined;
    throw error;
  }
};

const giveBack = async (documents: Documents, lease: Stored<Lease>): Promise<void> => {
  const { version, ...document } = lease;
  try {
    await documents.replace<Lease>("leases", document as Lease, version);
  } catch (error) {
    if (!lost(error)) throw error;
  }
};

/** Another process was quicker, or took the lease over when it had run out. */
const lost = (error: unknown): boolean =>
  error instanceof AppError && ["conflict", "precondition_failed", "not_found"].includes(error.code);
