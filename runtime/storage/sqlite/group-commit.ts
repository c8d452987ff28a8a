import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { failureOf, isTrouble } from "./failures.ts";
import type { Request, Response, Written } from "./protocol.ts";
import { statementsOf } from "./statements.ts";
import { type WriteName, writes } from "./writes.ts";

type Write = Extract<Request, { do: "write" }>;

/** Milliseconds of work after which a transaction is ended, so that the first in it doesn't wait for ever. */
const longest = 50;

/**
 * Group commit: what waits goes into one transaction, each change in a savepoint of its own, and is answered once that is
 * on the disk. One that fails takes only itself back; a full or broken disk takes all of them back.
 */
export const groupCommit = (db: DatabaseSync, answer: (response: Response) => void): (write: Write) => void => {
  const topics = new Set<string>();
  const sql = statementsOf(db, topics);
  const waiting: Write[] = [];

  const one = ({ id, name, args }: Write): Response => {
    const before = [...topics];
    db.exec("SAVEPOINT one");
    try {
      const write = writes[name as WriteName] as (...all: unknown[]) => unknown;
      const result = write(sql, ...args);
      db.exec("RELEASE one");
      return { id, result };
    } catch (error) {
      if (!db.isTransaction || isTrouble(error)) throw error;
      db.exec("ROLLBACK TO one; RELEASE one");
      topics.clear();
      for (const topic of before) topics.add(topic);
      return { id, failure: failureOf(error) };
    }
  };

  const bump = (): [string, number][] =>
    [...topics].map((topic) => [
      topic,
      sql.one<{ number: number }>(
        `INSERT INTO versions (topic, number) VALUES (?, 1)
         ON CONFLICT (topic) DO UPDATE SET number = number + 1 RETURNING number`,
        topic,
      )!.number,
    ]);

  const commit = (): void => {
    const taken: Write[] = [];
    const answers: Response[] = [];
    const until = Date.now() + longest;
    topics.clear();
    try {
      db.exec("BEGIN IMMEDIATE");
      while (waiting.length > 0 && Date.now() < until) {
        const write = waiting.shift()!;
        taken.push(write);
        answers.push(one(write));
      }
      const versions = bump();
      db.exec("COMMIT");
      for (const each of answers) {
        answer("result" in each ? { id: each.id, result: { result: each.result, versions } satisfies Written } : each);
      }
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      // where not even a transaction could be begun, all of them would wait as long
      const failed = taken.length > 0 ? taken : waiting.splice(0);
      for (const { id } of failed) answer({ id, failure: failureOf(error) });
    }
    if (waiting.length > 0) setImmediate(commit);
  };

  return (write) => {
    // what arrives until the next turn of the event loop shares the transaction
    if (waiting.push(write) === 1) setImmediate(commit);
  };
};
