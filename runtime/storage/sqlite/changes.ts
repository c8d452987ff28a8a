import { DatabaseSync } from "node:sqlite";
import type { Changes, Topic } from "../../../handlers/interfaces/changes.ts";
import type { Log } from "../../../handlers/interfaces/log.ts";

export type FollowedChanges = Changes & {
  /** Takes over numbers that are known already: those of own writes. */
  noted(versions: Iterable<readonly [Topic, number]>): void;
  /** Begins to look at the file for what other processes change. */
  follow(path: string): void;
  close(): void;
};

/**
 * Follows the numbers of all topics. A file is looked at four times a second, by one read of a table of a few rows on a
 * connection of its own: it takes 20 microseconds and waits for no query of others, so that any process' change is known
 * here within a second. A store in memory has only own writes.
 */
export const followChanges = (log: Log, everyMs = 250): FollowedChanges => {
  const known = new Map<Topic, number>();
  const listeners = new Map<Topic, Set<() => void>>();
  let end = () => {};

  const noted = (versions: Iterable<readonly [Topic, number]>): void => {
    for (const [topic, number] of versions) {
      if (number <= (known.get(topic) ?? 0)) continue;
      known.set(topic, number);
      for (const listener of [...listeners.get(topic) ?? []]) {
        try {
          listener();
        } catch (error) {
          log.error("Listener to changes failed", { topic, error });
        }
      }
    }
  };

  return {
    noted,
    version: (topic) => known.get(topic) ?? 0,
    subscribe: (topic, listener) => {
      const all = listeners.get(topic) ?? new Set();
      listeners.set(topic, all.add(listener));
      return () => void all.delete(listener);
    },
    follow: (path) => {
      if (path === ":memory:") return;
      const db = new DatabaseSync(path, { readOnly: true });
      // nothing here may wait: what is locked now is looked at the next time
      db.exec("PRAGMA busy_timeout = 0; PRAGMA cache_size = -64");
      const statement = db.prepare("SELECT topic, number FROM versions");
      let failing = false;
      const look = (): void => {
        try {
          noted((statement.all() as { topic: string; number: number }[]).map((row) => [row.topic, row.number]));
          failing = false;
        } catch (error) {
          if (!failing) log.warn("Changes cannot be followed", { error });
          failing = true;
        }
      };
      look();
      const timer = setInterval(look, everyMs);
      timer.unref();
      end = () => {
        clearInterval(timer);
        db.close();
      };
    },
    close: () => {
      end();
      end = () => {};
    },
  };
};
