import type { Vault } from "../../interfaces/vault.ts";
import { contentOf, type Details, type Facts, genesis, hashOf, type Links, purposes, untied } from "./audit-record.ts";

export type Problem = {
  readonly seq: number;
  /** In plain words, without a final period. */
  readonly what: string;
};

/** A record to check: `salt` is null where its details are not shown as they were written. */
export type Checked = Facts & Details & Omit<Links, "salt"> & { readonly salt: string | null };

type Place = { readonly seq: number; readonly hash: string };

const mostProblems = 20;

export type ChainCheck = ReturnType<typeof createChainCheck>;

/**
 * Checks records in the order of their numbers, a few at a time, and keeps the last one only. `start`: the place that the
 * first one follows; undefined: whatever it says that it follows.
 */
export const createChainCheck = (vault: Pick<Vault, "verify">, start: Place | undefined) => {
  let last = start;
  let records = 0;
  let first: number | undefined;
  let hidden = 0;
  let count = 0;
  const problems: Problem[] = [];
  /** Records whose key is not in the ring: a genuine one that is chained to them vouches for them. */
  let unproven: { readonly from: number; readonly key: string } | undefined;

  const report = (seq: number, what: string): void => {
    count++;
    if (problems.length < mostProblems) problems.push({ seq, what });
  };
  const dropUnproven = (to: number): void => {
    if (!unproven) return;
    const { from, key } = unproven;
    unproven = undefined;
    const which = to > from ? `Records ${from} to ${to} were` : `Record ${from} was`;
    report(from, `${which} signed under key "${key}", which is not given, and nothing after vouches for it`);
  };

  const digest = async (record: Checked) => {
    const { salt } = record;
    const [hash, content, genuine] = await Promise.all([
      attempt(() => hashOf(record)),
      salt === null ? record.content : attempt(() => contentOf({ ...record, salt })),
      vault.verify(purposes.record, record.hash, String(record.mac)),
    ]);
    return { record, intact: hash === record.hash && content === record.content, genuine };
  };

  const link = ({ seq, prev }: Checked): boolean => {
    if (!last) return true;
    if (seq <= last.seq) {
      report(seq, `It stands where record ${last.seq + 1} should`);
      return false;
    }
    if (seq > last.seq + 1) {
      missing(last.seq + 1, seq - 1);
      return false;
    }
    if (prev === last.hash) return true;
    report(
      seq,
      prev === untied && last.hash !== untied
        ? "It is not tied to the records before: when it was written, somebody had tampered with the end of the log"
        : seq === 1
        ? "It is not the first record of this log"
        : `It does not follow record ${seq - 1}: one of the two was replaced`,
    );
    return false;
  };
  const missing = (from: number, to: number): void =>
    report(from, to > from ? `Records ${from} to ${to} are missing` : `Record ${from} is missing`);

  return {
    /** The number of the last record that was checked, or where it began. */
    at: (): number => last?.seq ?? 0,
    hash: (): string | undefined => last?.hash,

    /** Goes on behind a place, where what was before has been removed in its time meanwhile. */
    skipTo(place: Place): void {
      unproven = undefined;
      last = place;
    },

    async add(page: readonly Checked[]): Promise<void> {
      for (const { record, intact, genuine } of await Promise.all(page.map(digest))) {
        const { seq, hash, mac, salt } = record;
        first ??= seq;
        records++;
        if (salt === null) hidden++;
        const before = last?.seq ?? 0;
        if (!link(record)) dropUnproven(before);
        if (!intact) report(seq, "It was changed after it was written");
        else if (genuine === false) report(seq, "It was written by somebody who does not have the key");
        else if (genuine === undefined) unproven ??= { from: seq, key: String(mac).split(":")[0]! };
        else unproven = undefined;
        last = { seq, hash };
      }
    },

    /** A problem that was found elsewhere. */
    report,
    missing,

    /** `vouched`: a genuine head says that the chain ends here. */
    result(vouched: boolean) {
      if (vouched) unproven = undefined;
      dropUnproven(last?.seq ?? 0);
      return {
        ok: count === 0,
        records,
        /** The first and the last number; null where there are no records. */
        from: first ?? null,
        to: records > 0 ? last!.seq : null,
        /** The hash of the last one: who keeps it elsewhere can tell later that nothing before was changed. */
        hash: last && last.hash !== genesis ? last.hash : null,
        /** How many have details that became known secrets later: only their place in the chain can be checked. */
        hidden,
        /** The first 20. */
        problems: problems as readonly Problem[],
        problem_count: count,
      };
    },
  };
};

export type Verification = ReturnType<ChainCheck["result"]>;

/** What was tampered with may not even have a form that can be hashed. */
const attempt = async (work: () => Promise<string>): Promise<string | undefined> => {
  try {
    return await work();
  } catch {
    return undefined;
  }
};
