import { createAudit } from "../../handlers/core/audit/audit.ts";
import type { AuditRecord } from "../../handlers/core/audit/audit-record.ts";
import type { AuditEvent } from "../../handlers/interfaces/audit.ts";
import type { Documents, Stored } from "../../handlers/interfaces/documents.ts";
import type { Redactor } from "../../handlers/interfaces/redactor.ts";
import type { Vault } from "../../handlers/interfaces/vault.ts";
import { createTestClock, type TestClock } from "./clock.ts";
import { openTestStore, redactorOf } from "./estate.ts";
import { createTestIds } from "./ids.ts";
import { createRecordingLog } from "./log.ts";
import { createTestVault } from "./vault.ts";

/** An event like any other. */
export const eventOf = (more: Partial<AuditEvent> = {}): AuditEvent => ({
  action: "PATCH /api/v1/teams/{team}",
  actor: "admin",
  via: "session",
  address: "192.0.2.1",
  target: "teams/ops",
  outcome: "done",
  status: 200,
  request_id: "00000000-0000-4000-8000-00000000000a",
  ...more,
});

/** The audit log over a real store; `secrets` can be replaced while it is in use. */
export const openTestAudit = async (options: {
  readonly clock?: TestClock;
  readonly documents?: Documents;
  readonly vault?: Vault;
  readonly seed?: number;
  readonly redactor?: () => Redactor;
} = {}) => {
  const clock = options.clock ?? createTestClock();
  const store = options.documents ? undefined : await openTestStore(clock);
  const documents = options.documents ?? store!.documents;
  const log = createRecordingLog();
  const known = { secrets: [] as readonly string[] };
  const audit = createAudit({
    documents,
    vault: options.vault ?? await createTestVault(),
    clock,
    ids: createTestIds(options.seed),
    log,
    redactor: options.redactor ?? (() => redactorOf(known.secrets)),
  });
  return {
    audit,
    documents,
    clock,
    log,
    known,
    /** All that is stored, oldest first. */
    records: (): Promise<readonly Stored<AuditRecord>[]> =>
      documents.find<AuditRecord>("audit", { order: [{ field: "seq" }] }),
    /** What somebody does who has the store: puts a record in the place of another one. */
    async tamper(seq: number, change: (record: AuditRecord) => AuditRecord | Promise<AuditRecord>): Promise<void> {
      const where = { op: "=", left: { field: "seq" }, right: seq } as const;
      const [found] = await documents.find<AuditRecord>("audit", { where });
      const { version, ...record } = found!;
      await documents.replace("audit", await change(record as AuditRecord), version);
    },
    close: async () => await store?.close(),
  };
};

export type TestAudit = Awaited<ReturnType<typeof openTestAudit>>;

/** Records that many events, each with a target of its own: `things/1`, `things/2` … */
export const recordMany = async ({ audit }: Pick<TestAudit, "audit">, count: number): Promise<void> => {
  for (let i = 1; i <= count; i++) {
    await audit.record(eventOf({ target: `things/${i}`, before: { n: i }, after: { n: -i } }));
  }
};
