import type { Changes } from "../../interfaces/changes.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { Log } from "../../interfaces/log.ts";
import type { Condition } from "../query/plan.ts";
import { writeCrlEntry } from "../x509/write-crl.ts";
import { type Revocation, type RevocationDocument, revocationReasons } from "./records.ts";

/** One revoked serial, with its entry as it stands in a CRL. */
export type Revoked = Pick<Revocation, "number" | "not_after" | "reason" | "revoked_at"> & {
  readonly entry: Uint8Array<ArrayBuffer>;
};
type List = { readonly serials: Map<string, Revoked>; highest: number };

export type Revocations = ReturnType<typeof createRevocations>;

const batch = 5000;

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
  /** Takes what is found in the order of each authority's numbers, so that a load that is cut off leaves no gap. */
  const take = async (where: Condition | undefined): Promise<boolean> => {
    let count = 0;
    for (let offset = 0;; offset += batch) {
      const rows = await documents.find<RevocationDocument>("ca_revocations", {
        ...(where ? { where } : {}),
        order: [{ field: "authority" }, { field: "number" }],
        limit: batch,
        offset,
      });
      for (const row of rows) put(row);
      count += rows.length;
      if (rows.length < batch) return count > 0;
    }
  };
  const put = ({ authority, serial, number, not_after, reason, revoked_at }: Revocation): void => {
    const list = lists.get(authority) ?? { serials: new Map(), highest: 0 };
    lists.set(authority, list);
    const entry = writeCrlEntry({ serial, revokedAt: revoked_at, reason: revocationReasons[reason] });
    list.serials.set(serial, { number, not_after, reason, revoked_at, entry });
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
