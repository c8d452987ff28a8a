import type { Audit } from "../../interfaces/audit.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Log } from "../../interfaces/log.ts";
import type { Redactor } from "../../interfaces/redactor.ts";
import type { Vault } from "../../interfaces/vault.ts";
import type { Condition } from "../query/plan.ts";
import { createAnchors } from "./anchors.ts";
import { createAppender } from "./append.ts";
import type { AuditRecord } from "./audit-record.ts";
import type { Verification } from "./check-chain.ts";
import { pruneLog } from "./prune.ts";
import { type AuditFilter, compared, conditionOf, orderedCondition } from "./search.ts";
import { type ShownRecord, showRecord } from "./shown-record.ts";
import { verifyLog } from "./verify.ts";

export type AuditPage = {
  readonly filter?: AuditFilter;
  /** Default: the newest first. */
  readonly direction?: "asc" | "desc";
  readonly limit: number;
  readonly offset?: number;
  /** Goes on behind the record of this number. */
  readonly after?: number | undefined;
};

/** The record of who did what. All that it shows is redacted by what is secret when it is shown. */
export type AuditLog = Audit & {
  /** One page; `next` is the number to go on behind, null at the end. Throws AppError `bad_request`. */
  list(page: AuditPage): Promise<{ readonly records: readonly ShownRecord[]; readonly next: number | null }>;
  count(filter?: AuditFilter): Promise<number>;
  get(id: string): Promise<ShownRecord | undefined>;
  /** All that meets the filter when it begins, oldest first, as JSON lines with their line ends. */
  export(filter?: AuditFilter): AsyncIterable<string>;
  /** Checks the whole log; who asks while one check runs gets that one's result. */
  verify(): Promise<Verification>;
  /** Removes a bounded number of records older than `ttl` ms; 0 is for ever. `more`: there are others. */
  prune(ttl: number): Promise<{ readonly removed: number; readonly more: boolean }>;
};

const exportPage = 200;
const newestFirst = [{ field: "seq", direction: "desc" }] as const;

/**
 * The audit log over the collection `audit`: appended to by every process of the store, each record chained to the one
 * before by its hash and signed, so that whoever has the store but not the key can't change it unnoticed.
 */
export const createAudit = (deps: {
  readonly documents: Documents;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly redactor: () => Redactor;
}): AuditLog => {
  const { documents, redactor } = deps;
  const anchors = createAnchors(deps);
  const appender = createAppender({ ...deps, anchors });
  let verifying: Promise<Verification> | undefined;

  const rows = (where: Condition | undefined, { direction = "desc", limit, offset = 0, after }: AuditPage) => {
    const of = [where, after === undefined ? undefined : compared("seq", direction === "asc" ? ">" : "<", after)]
      .filter((each) => each !== undefined);
    return documents.find<AuditRecord>("audit", {
      where: { op: "and", of },
      order: [{ field: "seq", direction }],
      limit,
      offset,
    });
  };

  return {
    record: (event) => appender.append(event),

    async list(page) {
      const where = await orderedCondition(page.filter ?? {}, deps);
      if (!where) return { records: [], next: null };
      // one more than asked for tells whether it goes on
      const found = await rows(where, { ...page, limit: page.limit + 1 });
      const shown = found.slice(0, page.limit);
      const by = redactor();
      return {
        records: shown.map((each) => showRecord(each, by)),
        next: found.length > page.limit ? shown.at(-1)!.seq : null,
      };
    },

    async count(filter = {}) {
      const where = await conditionOf(filter, deps);
      return where ? await documents.count("audit", where) : 0;
    },

    async get(id) {
      const found = await documents.get<AuditRecord>("audit", id);
      return found && showRecord(found, redactor());
    },

    async *export(filter = {}) {
      const filtered = await orderedCondition(filter, deps);
      const [newest] = await documents.find<AuditRecord>("audit", { order: newestFirst, limit: 1, fields: ["seq"] });
      if (!filtered || !newest) return;
      const where: Condition = { op: "and", of: [filtered, compared("seq", "<=", newest.seq)] };
      let after: number | undefined;
      for (;;) {
        const found = await rows(where, { direction: "asc", limit: exportPage, after });
        const by = redactor();
        for (const each of found) yield `${JSON.stringify(showRecord(each, by))}\n`;
        if (found.length < exportPage) return;
        after = found.at(-1)!.seq;
      }
    },

    verify: () => verifying ??= verifyLog({ ...deps, anchors }).finally(() => void (verifying = undefined)),

    prune: (ttl) => pruneLog({ ...deps, anchors, appender }, ttl),
  };
};
