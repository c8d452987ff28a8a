import { AppError } from "../../errors.ts";
import type { AuditEvent } from "../../interfaces/audit.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Change, Documents, Stored } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Log } from "../../interfaces/log.ts";
import type { Redactor } from "../../interfaces/redactor.ts";
import type { Vault } from "../../interfaces/vault.ts";
import { type Anchor, type Anchors } from "./anchors.ts";
import { type AuditRecord, chained, type Details, genesis, untied } from "./audit-record.ts";
import { detailsOf } from "./details.ts";

/** An event as it waits to be written: redacted, with the time when it came. */
type Entry = Omit<AuditEvent, keyof Details> & Details & { readonly at: number };
type Waiting = { readonly entry: Entry; readonly resolve: () => void; readonly reject: (error: unknown) => void };
type Place = { readonly seq: number; readonly hash: string };

const batch = 100;
const mostWaiting = 2_000;
/** Each time some process gets through, so that this many in a row are never lost in practice. */
const attempts = 200;
/** Who is beaten that often while the head doesn't move was beaten by no process of ours. */
const mostSame = 50;

export type AppendDeps = {
  readonly documents: Documents;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly redactor: () => Redactor;
  readonly anchors: Anchors;
};

export type Appender = ReturnType<typeof createAppender>;

/**
 * Writes events at the end of the chain. Several processes may do so at once: each takes the head, and who finds it moved
 * takes it again. What comes in while one batch is written goes into the next one.
 */
export const createAppender = (deps: AppendDeps) => {
  const { documents, vault, clock, ids, log, redactor, anchors } = deps;
  const waiting: Waiting[] = [];
  let busy = false;
  /** The furthest that this process has seen the log: it never gets shorter. */
  let seen: Place = { seq: 0, hash: genesis };

  /** Where the chain goes on. `taken`: not where the head says, for something stands there. */
  const tail = async (
    taken: boolean,
  ): Promise<{ readonly head: Stored<Anchor> | undefined; readonly place: Place }> => {
    const before = seen;
    const head = await anchors.read("head");
    const good = head && !taken && !isBehind(head, before) && await anchors.isGenuine("head", head);
    if (head && good) return { head, place: head };
    const [newest, checkpoint] = await Promise.all([
      documents.find<AuditRecord>("audit", { order: [{ field: "seq", direction: "desc" }], limit: 1 }),
      anchors.read("checkpoint"),
    ]);
    const known = [newest[0]?.seq, checkpoint?.seq, before.seq].filter((seq) => Number.isSafeInteger(seq)) as number[];
    const seq = Math.max(0, ...known);
    if (!head && seq === 0) return { head, place: { seq, hash: genesis } };
    // somebody else may have written the first record just now
    if (!head && await anchors.read("head")) return await tail(taken);
    // Going on as if nothing was wrong would make a new head that vouches for what is left.
    log.error("Somebody tampered with the end of the audit log: run hoppetdb audit verify", { seq });
    return { head, place: { seq, hash: untied } };
  };

  const recordsAfter = async (place: Place, entries: readonly Entry[]): Promise<readonly AuditRecord[]> => {
    const records: AuditRecord[] = [];
    let { seq, hash } = place;
    for (const { target, before, after, ...facts } of entries) {
      const record = await chained(
        { id: ids.uuid(), seq: ++seq, ...facts },
        { target, before, after },
        { prev: hash, salt: ids.token(), vault },
      );
      records.push(record);
      hash = record.hash;
    }
    return records;
  };

  /** `more`: what is changed in the same step. */
  const write = async (entries: readonly Entry[], more: readonly Change[] = []): Promise<void> => {
    let [version, same]: [number | undefined, number] = [undefined, 0];
    for (let left = attempts;; left--) {
      const { head, place } = await tail(same >= mostSame);
      const records = await recordsAfter(place, entries);
      const { seq, hash } = records.at(-1)!;
      const inserts = records.map((document): Change => ({ do: "insert", collection: "audit", document }));
      try {
        await documents.change([...inserts, await anchors.moved("head", head, { seq, hash }), ...more]);
        seen = { seq, hash };
        return;
      } catch (error) {
        if (left <= 1 || !isLost(error)) throw error;
        same = head?.version === version ? same + 1 : 0;
        version = head?.version;
        // what else was to be changed was another's, too
        if (more.length > 0) throw error;
      }
    }
  };

  const writeAll = async (taken: readonly Waiting[]): Promise<void> => {
    try {
      await write(taken.map(({ entry }) => entry));
      for (const { resolve } of taken) resolve();
    } catch (error) {
      const alone = taken.length === 1 || (error instanceof AppError && error.code === "unavailable");
      if (alone) { for (const { reject } of taken) reject(error); }
      // one that can't be stored must not take the others along
      else for (const each of taken) await writeAll([each]);
    }
  };

  const work = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) await writeAll(waiting.splice(0, batch));
    busy = false;
  };

  const entryOf = (event: AuditEvent): Entry => ({
    at: clock.now(),
    actor: bounded(event.actor, 256),
    via: event.via,
    address: bounded(event.address, 100),
    action: bounded(event.action, 300)!,
    outcome: event.outcome,
    status: event.status,
    request_id: bounded(event.request_id, 100),
    ...detailsOf(event, redactor),
  });

  return {
    /** Resolves once it is durable. Throws the store's AppError, or `unavailable` where too much waits. */
    append(event: AuditEvent): Promise<void> {
      if (waiting.length >= mostWaiting) {
        const text = "Too much waits to be written to the audit log";
        return Promise.reject(new AppError("unavailable", text, { retryAfter: 1 }));
      }
      const entry = entryOf(event);
      return new Promise<void>((resolve, reject) => {
        waiting.push({ entry, resolve, reject });
        if (!busy) void work();
      });
    },

    /** Writes an event and makes changes in one step. Throws AppError when the log or one of them was changed meanwhile. */
    appendWith: (event: AuditEvent, changes: readonly Change[]): Promise<void> => write([entryOf(event)], changes),
  };
};

const isBehind = (head: Place, seen: Place): boolean =>
  head.seq < seen.seq || (head.seq === seen.seq && head.hash !== seen.hash);

const bounded = (text: string | null, length: number): string | null => text?.toWellFormed().slice(0, length) ?? null;

/** Somebody was quicker: with the head, or with the next number. */
export const isLost = (error: unknown): boolean =>
  error instanceof AppError && ["precondition_failed", "conflict", "not_found"].includes(error.code);
