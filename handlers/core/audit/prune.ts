import type { Clock } from "../../interfaces/clock.ts";
import type { Change, Documents } from "../../interfaces/documents.ts";
import type { Log } from "../../interfaces/log.ts";
import type { Vault } from "../../interfaces/vault.ts";
import type { Anchors } from "./anchors.ts";
import { type Appender, isLost } from "./append.ts";
import { type AuditRecord, genesis } from "./audit-record.ts";
import { createChainCheck } from "./check-chain.ts";

const step = 500;
const attempts = 20;

/**
 * Removes one step of records that are older than `ttl` ms (0: none are), the oldest first and never one behind a younger
 * one. In the same change the checkpoint moves to the newest of them, and a record tells of it. What was wrong with them
 * is in that record: removing them takes no evidence away.
 */
export const pruneLog = async (
  deps: {
    readonly documents: Documents;
    readonly vault: Vault;
    readonly clock: Clock;
    readonly log: Log;
    readonly anchors: Anchors;
    readonly appender: Pick<Appender, "appendWith">;
  },
  ttl: number,
): Promise<{ readonly removed: number; readonly more: boolean }> => {
  const { documents, vault, clock, log, anchors, appender } = deps;

  /** What is signed under an older key is signed anew, so that this key can be taken out of the ring. */
  const renew = async (): Promise<void> => {
    for (const name of ["head", "checkpoint"] as const) {
      const anchor = await anchors.read(name);
      if (!anchor || String(anchor.mac).startsWith(`${vault.keyId}:`)) continue;
      if (await anchors.isGenuine(name, anchor)) await documents.change([await anchors.moved(name, anchor, anchor)]);
    }
  };

  const once = async (): Promise<{ readonly removed: number; readonly more: boolean }> => {
    await renew();
    if (ttl === 0) return { removed: 0, more: false };
    const known = await anchors.read("checkpoint");
    const oldest = await documents.find<AuditRecord>("audit", { order: [{ field: "seq" }], limit: step });
    const young = oldest.findIndex(({ at }) => at >= clock.now() - ttl);
    const gone = young < 0 ? oldest : oldest.slice(0, young);
    const [first, last] = [gone[0], gone.at(-1)];
    if (!first || !last) return { removed: 0, more: false };

    const check = createChainCheck(vault, known ?? { seq: 0, hash: genesis });
    if (known && await anchors.isGenuine("checkpoint", known) !== true) {
      check.report(known.seq, "The log's checkpoint was not written by whoever has a key that is given");
    }
    await check.add(gone);
    // the record after is signed under a key that is known, or the head is
    const { problems, problem_count } = check.result(true);
    if (problem_count > 0) log.error("Records of the audit log that were removed had been tampered with", { problems });

    const removes = gone.map(({ id }): Change => ({ do: "remove", collection: "audit", id }));
    await appender.appendWith({
      action: "audit prune",
      actor: null,
      via: "none",
      address: null,
      target: "audit",
      after: {
        from: first.seq,
        to: last.seq,
        removed: gone.length,
        older_than_ms: ttl,
        ...(problem_count > 0 ? { problem_count, problems } : {}),
      },
      outcome: "done",
      status: null,
      request_id: null,
    }, [await anchors.moved("checkpoint", known, last), ...removes]);
    return { removed: gone.length, more: young < 0 && oldest.length === step };
  };

  for (let left = attempts;; left--) {
    try {
      return await once();
    } catch (error) {
      // other processes write to the log while this one does
      if (left <= 1 || !isLost(error)) throw error;
    }
  }
};
