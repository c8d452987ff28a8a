import { createMarksCache, withoutMarks } from "../../../handlers/core/redaction/redactor.ts";
import { createLru } from "../../../handlers/core/redaction/lru.ts";
import { AppError } from "../../../handlers/errors.ts";
import type { Marks } from "../../../handlers/interfaces/command.ts";
import type { ShownFacts } from "./apply-facts.ts";
import { createMarkedResources } from "./marked-resources.ts";
import type { Threads } from "./threads.ts";

type Decrypt = (certname: string, blob: unknown) => Promise<Marks>;

/** Nodes whose marks are kept decrypted; a megabyte of text is much for one node. */
const kept = { entries: 2_000, weight: 32_000_000 };
const none: Marks = { values: [], parameters: {} };
/** Writers of one node's marks or facts that may be quicker before this one gives up. */
const mostTries = 20;
/** Nodes that are brought up to date in one step. */
const some = 200;

/**
 * Keeps beside a node's facts, and its resources, how they are shown, where Puppet marked something in them as
 * sensitive for this node: it is made here, on the side of the key, whenever the facts or the marks change.
 */
export const createMarkedFacts = ({ read, write }: Pick<Threads, "read" | "write">, decrypt: Decrypt) => {
  const cache = createMarksCache();
  const known = createLru<Marks>(kept);

  const marksOf = async (certname: string): Promise<{ readonly version: number; readonly marks: Marks }> => {
    const [row] = await read({ sql: "SELECT version FROM marks WHERE certname = ?", params: [certname] });
    if (!row) return { version: 0, marks: none };
    const found = known.get(`${certname} ${row[0]}`);
    if (found) return { version: Number(row[0]), marks: found };
    const [whole] = await read({ sql: "SELECT version, body FROM marks WHERE certname = ?", params: [certname] });
    if (!whole) return { version: 0, marks: none };
    const marks = await decrypt(certname, whole[1]);
    known.set(`${certname} ${whole[0]}`, marks, marks.values.reduce((sum, each) => sum + each.length, 100));
    return { version: Number(whole[0]), marks };
  };
  const shownOf = async (certname: string, facts: string): Promise<ShownFacts> => {
    const { version, marks } = await marksOf(certname);
    return { shown: withoutMarks(facts, marks, cache), shown_marks: version };
  };

  const retried = async <T>(attempt: () => Promise<T | undefined>): Promise<T> => {
    for (let tries = 0; tries < mostTries; tries++) {
      const done = await attempt();
      if (done !== undefined) return done;
    }
    throw new AppError("unavailable", "The node is written by too many at once", { retryAfter: 1 });
  };

  const { withShownResources, renewResources } = createMarkedResources({ read, write, cache, marksOf, retried });

  const renewFacts = (certname: string): Promise<true> =>
    retried(async () => {
      const [row] = await read({
        sql: `SELECT f.hash, json(v.facts) FROM nodes n JOIN factsets f ON f.node = n.id
              JOIN fact_values v ON v.node = n.id WHERE n.certname = ?`,
        params: [certname],
      });
      if (!row) return true;
      const made = await shownOf(certname, String(row[1]));
      return await write("showFactsOf", [certname, String(row[0]), made], made.shown?.length ?? 0) || undefined;
    });

  /** Makes anew how the facts and resources of a node are shown, after its marks were changed. */
  const renew = async (certname: string): Promise<void> => {
    await renewFacts(certname);
    await renewResources(certname);
  };

  return {
    withShownResources,
    /** Has a write done with what is to be shown, again where the marks were changed meanwhile. */
    withShown: <T>(
      certname: string,
      facts: string,
      attempt: (made: ShownFacts) => Promise<T | undefined>,
    ): Promise<T> => retried(async () => await attempt(await shownOf(certname, facts))),
    renew,
    /** Brings up to date what another version of the program, or one that was killed, has left. */
    async repair(): Promise<void> {
      for (let last = "";;) {
        const rows = await read({
          sql: `SELECT n.certname FROM marks m JOIN nodes n ON n.certname = m.certname
                LEFT JOIN fact_values v ON v.node = n.id
                WHERE n.certname > ?1 AND (v.shown_marks <> m.version OR (n.shown_marks <> m.version
                  AND EXISTS (SELECT 1 FROM catalogs c WHERE c.node = n.id AND c.current = 1))) ORDER BY n.certname LIMIT ?2`,
          params: [last, some],
        });
        for (const [certname] of rows) await renew(last = String(certname));
        if (rows.length < some) return;
      }
    },
  };
};
