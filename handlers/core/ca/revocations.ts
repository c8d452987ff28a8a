import type { Changes } from "../../interfaces/changes.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { Log } from "../../interfaces/log.ts";
import type { Condition } from "../query/plan.ts";
import type { AuthorityDocument, Revocation, RevocationDocument } from "./records.ts";

export type Revoked = Pick<Revocation, "number" | "not_after" | "reason" | "revoked_at" | "serial">;
/** `last` is what comes last in their order; undefined while they are in none. */
type List = { serials: Map<string, Revoked>; highest: number; last: Revoked | undefined };

/** The same in every process, whatever the order in which each came to know of them. */
const order = (a: Revoked, b: Revoked): number =>
  a.number - b.number || (a.serial < b.serial ? -1 : Number(a.serial > b.serial));

export type Revocations = ReturnType<typeof createRevocations>;

/**
 * All revoked serials, in memory. A revocation takes the next CRL number of its authority, so what is new since the last
 * look is what has a higher one, or, as those of an import, the same: one short read, whoever made it.
 */
export const createRevocations = (deps: {
  readonly documents: Pick<Documents, "find">;
  readonly changes: Changes;
  readonly log: Log;
}) => {
  const { documents, changes, log } = deps;
  const lists = new Map<string, List>();
  const listeners = new Set<() => void>();
  let asOf = -1;
  let loading: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    const wanted = changes.version("ca_revocations");
    // authority by authority: an index finds each, as it would not what is of no known one
    const authorities = await documents.find<AuthorityDocument>("ca_authorities", { fields: ["id"] });
    let more = false;
    for (const { id } of authorities) more = await take(id) || more;
    asOf = wanted;
    if (more) tell();
  };
  const take = async (authority: string): Promise<boolean> => {
    const highest = lists.get(authority)?.highest ?? 0;
    const where: Condition = {
      op: "and",
      of: [is("authority", authority), { op: ">=", left: { field: "number" }, right: highest }],
    };
    // all at once: a list that is cut off would leave a gap behind the highest number
    const fields = [
      "authority",
      "serial",
      "number",
      "not_after",
      "reason",
      "revoked_at",
    ] satisfies (keyof Revocation)[];
    const rows = await documents.find<RevocationDocument>("ca_revocations", { where, fields });
    let more = false;
    for (const row of rows) more = put(row) || more;
    for (const list of lists.values()) {
      if (!list.last) list.serials = new Map([...list.serials.values()].sort(order).map((each) => [each.serial, each]));
      list.last ??= [...list.serials.values()].at(-1);
    }
    return more;
  };
  const put = ({ authority, serial, number, not_after, reason, revoked_at }: Revocation): boolean => {
    const revoked: Revoked = { serial, number, not_after, reason, revoked_at };
    const list = lists.get(authority) ?? { serials: new Map(), highest: 0, last: revoked };
    lists.set(authority, list);
    if (list.serials.has(serial)) return false;
    list.serials.set(serial, revoked);
    list.highest = Math.max(list.highest, number);
    list.last = list.last && order(list.last, revoked) <= 0 ? revoked : undefined;
    return true;
  };
  const tell = () => {
    for (const each of [...listeners]) {
      try {
        each();
      } catch (error) {
        log.error("Listener to revocations failed", { error });
      }
    }
  };

  /** Resolves once everything is known that was revoked before the call. */
  const fresh = async (): Promise<void> => {
    while (asOf !== changes.version("ca_revocations")) {
      await (loading ??= load().finally(() => loading = undefined));
    }
  };
  /** Resolves once everything is known that is in the store by now, also what no notice has come of yet. */
  const read = async (): Promise<void> => {
    // the one under way may have begun too early
    await loading?.catch(() => {});
    await (loading ??= load().finally(() => loading = undefined));
  };
  const stop = changes.subscribe("ca_revocations", () => {
    fresh().catch((error) => log.error("Revocations cannot be read", { error }));
  });

  return {
    fresh,
    read,
    /** Once `fresh` has resolved. */
    find: (authority: string, serial: string): Revoked | undefined => lists.get(authority)?.serials.get(serial),
    of: (authority: string): ReadonlyMap<string, Revoked> => lists.get(authority)?.serials ?? new Map(),
    /** Calls back after each revocation that was noticed, of this process or another. Returns what ends it. */
    onChange: (listener: () => void): () => void => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      stop();
      listeners.clear();
    },
  };
};

const is = (field: string, right: string): Condition => ({ op: "=", left: { field }, right });
