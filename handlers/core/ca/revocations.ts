import type { Changes } from "../../interfaces/changes.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { Log } from "../../interfaces/log.ts";
import type { Condition } from "../query/plan.ts";
import type { Revocation, RevocationDocument } from "./records.ts";

export type Revoked = Pick<Revocation, "number" | "not_after" | "reason" | "revoked_at" | "serial">;
type List = { readonly serials: Map<string, Revoked>; highest: number };

export type Revocations = ReturnType<typeof createRevocations>;

/**
 * All revoked serials, in memory. A revocation takes the next CRL number of its authority, so what is new since the last
 * look is what has a higher one: one short read, whoever made it.
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
    const known = [...lists].map(([authority, { highest }]): Condition => ({
      op: "and",
      of: [is("authority", authority), { op: ">", left: { field: "number" }, right: highest }],
    }));
    const unknown: Condition[] = [...lists.keys()].map((authority) => ({ op: "not", of: is("authority", authority) }));
    const rest: Condition | undefined = unknown.length > 0 ? { op: "and", of: unknown } : undefined;
    let more = false;
    for (const where of [...known, rest]) more = await take(where) || more;
    asOf = wanted;
    if (more) tell();
  };
  const take = async (where: Condition | undefined): Promise<boolean> => {
    // all at once: a list that is cut off would leave a gap behind the highest number
    const fields = [
      "authority",
      "serial",
      "number",
      "not_after",
      "reason",
      "revoked_at",
    ] satisfies (keyof Revocation)[];
    const rows = await documents.find<RevocationDocument>("ca_revocations", { ...(where ? { where } : {}), fields });
    for (const row of rows) put(row);
    return rows.length > 0;
  };
  const put = ({ authority, serial, number, not_after, reason, revoked_at }: Revocation): void => {
    const list = lists.get(authority) ?? { serials: new Map(), highest: 0 };
    lists.set(authority, list);
    list.serials.set(serial, { serial, number, not_after, reason, revoked_at });
    list.highest = Math.max(list.highest, number);
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
  const stop = changes.subscribe("ca_revocations", () => {
    fresh().catch((error) => log.error("Revocations cannot be read", { error }));
  });

  return {
    fresh,
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
