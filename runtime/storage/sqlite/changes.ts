import type { Changes, Topic } from "../../../handlers/interfaces/changes.ts";
import type { Log } from "../../../handlers/interfaces/log.ts";

export type FollowedChanges = Changes & {
  /** Reads the numbers now; own changes show at once that way. */
  look(): Promise<void>;
  close(): void;
};

/**
 * Follows the numbers of all topics, four times a second: one read of a table of a few rows, so that what any process on
 * the store changes is known here within a second.
 */
export const followChanges = (
  read: () => Promise<ReadonlyMap<Topic, number>>,
  log: Log,
  everyMs = 250,
): FollowedChanges => {
  let known: ReadonlyMap<Topic, number> = new Map();
  let looking: Promise<void> | undefined;
  let again = false;
  const listeners = new Map<Topic, Set<() => void>>();

  const lookOnce = async (): Promise<void> => {
    const now = await read();
    const before = known;
    known = now;
    for (const [topic, number] of now) {
      if (before.get(topic) === number) continue;
      for (const listener of listeners.get(topic) ?? []) listener();
    }
  };
  const look = async (): Promise<void> => {
    // a look that began before the change was made may have missed it
    if (looking) {
      again = true;
      return await looking;
    }
    looking = (async () => {
      do {
        again = false;
        await lookOnce();
      } while (again);
    })();
    try {
      await looking;
    } finally {
      looking = undefined;
    }
  };
  let failing = false;
  const timer = setInterval(() => {
    look().then(() => failing = false, (error) => {
      if (!failing) log.warn("Changes cannot be followed", { error });
      failing = true;
    });
  }, everyMs);
  timer.unref();

  return {
    version: (topic) => known.get(topic) ?? 0,
    subscribe: (topic, listener) => {
      const all = listeners.get(topic) ?? new Set();
      listeners.set(topic, all);
      all.add(listener);
      return () => all.delete(listener);
    },
    look,
    close: () => clearInterval(timer),
  };
};
