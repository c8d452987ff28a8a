import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { genesis } from "../../../../handlers/core/audit/audit-record.ts";
import { AppError } from "../../../../handlers/errors.ts";
import type { Change, Documents } from "../../../../handlers/interfaces/documents.ts";
import { openSqliteStore } from "../../../../runtime/storage/sqlite/open.ts";
import { eventOf, openTestAudit } from "../../../support/audit.ts";
import { createTestClock } from "../../../support/clock.ts";
import { createRecordingLog } from "../../../support/log.ts";
import { createTestVault } from "../../../support/vault.ts";

const dir = mkdtempSync(join(tmpdir(), "hoppetdb-audit-"));
afterAll(() => rmSync(dir, { recursive: true }));
const open = async (path: string) =>
  await openSqliteStore({
    path,
    vault: await createTestVault(),
    clock: createTestClock(),
    log: createRecordingLog(),
  });
const child = (path: string, count: number, seed: number): Promise<number | null> => {
  const script = fileURLToPath(new URL("child.ts", import.meta.url));
  const args = "Deno" in globalThis ? ["run", "-A", script] : [script];
  const started = spawn(process.execPath, [...args, path, String(count), String(seed)], { stdio: "inherit" });
  return new Promise((resolve) => started.on("close", resolve));
};

describe("record", () => {
  it("stores who, from where, what, the outcome, and chains it", async () => {
    const log = await openTestAudit();
    await log.audit.record(eventOf({ before: { id: "ops", name: "a" }, after: { id: "ops", name: "b" } }));
    log.clock.advance(1000);
    await log.audit.record(eventOf({ actor: null, via: "none", outcome: "refused", status: 401, target: null }));
    const [first, second] = await log.records();
    expect(first).toMatchObject({
      seq: 1,
      at: Date.UTC(2026, 0, 1),
      actor: "admin",
      via: "session",
      address: "192.0.2.1",
      action: "PATCH /api/v1/teams/{team}",
      target: "teams/ops",
      before: '{"id":"ops","name":"a"}',
      after: '{"id":"ops","name":"b"}',
      outcome: "done",
      status: 200,
      request_id: "00000000-0000-4000-8000-00000000000a",
      prev: genesis,
    });
    expect(second).toMatchObject({ seq: 2, actor: null, before: null, after: null, prev: first!.hash });
    await log.close();
  });

  it("writes what waits with one commit, in the order in which it came", async () => {
    const base = await openTestAudit();
    const commits: (readonly Change[])[] = [];
    const documents: Documents = {
      ...base.documents,
      change: (changes) => {
        commits.push(changes);
        return base.documents.change(changes);
      },
    };
    const log = await openTestAudit({ documents });
    await Promise.all(Array.from({ length: 250 }, (_, i) => log.audit.record(eventOf({ target: `things/${i}` }))));
    expect(commits.length).toBeLessThanOrEqual(4);
    expect((await base.records()).map(({ target }) => target)).toEqual(
      Array.from({ length: 250 }, (_, i) => `things/${i}`),
    );
    expect(await log.audit.verify()).toMatchObject({ ok: true, records: 250 });
    await base.close();
  });

  it("throws what the store throws, and goes on with the next one", async () => {
    const base = await openTestAudit();
    let broken = true;
    const documents: Documents = {
      ...base.documents,
      change: (changes) =>
        broken
          ? Promise.reject(new AppError("unavailable", "The store's disk is full"))
          : base.documents.change(changes),
    };
    const log = await openTestAudit({ documents });
    const results = await Promise.allSettled([log.audit.record(eventOf()), log.audit.record(eventOf())]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(log.audit.record(eventOf())).rejects.toThrow("The store's disk is full");
    broken = false;
    await log.audit.record(eventOf());
    expect(await log.audit.verify()).toMatchObject({ ok: true, records: 1 });
    await base.close();
  });

  it("keeps one that can't be stored from taking the others along", async () => {
    const base = await openTestAudit();
    const documents: Documents = {
      ...base.documents,
      change: (changes) =>
        JSON.stringify(changes).includes("poison")
          ? Promise.reject(new AppError("bad_request", "The JSON is broken"))
          : base.documents.change(changes),
    };
    const log = await openTestAudit({ documents });
    const results = await Promise.allSettled(
      ["a", "b", "poison", "c"].map((target) => log.audit.record(eventOf({ target }))),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect((await base.records()).map(({ target }) => target)).toEqual(["a", "b", "c"]);
    expect((await log.audit.verify()).ok).toBe(true);
    await base.close();
  });

  it("refuses more than it can hold in memory", async () => {
    const log = await openTestAudit();
    const results = await Promise.allSettled(Array.from({ length: 2_500 }, () => log.audit.record(eventOf())));
    const refused = results.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    expect((refused[0] as PromiseRejectedResult).reason).toMatchObject({ code: "unavailable" });
    expect(await log.audit.verify()).toMatchObject({ ok: true, records: 2_500 - refused.length });
    await log.close();
  }, 60_000);
});

describe("several at once", () => {
  it("append to one store without a gap", async () => {
    const path = join(dir, "two.sqlite");
    const stores = [await open(path), await open(path)];
    const logs = await Promise.all(stores.map(({ documents }, seed) => openTestAudit({ documents, seed })));
    await Promise.all(logs.map(async ({ audit }, n) => {
      // in bursts and one by one
      for (let i = 0; i < 200; i += 10) {
        await Promise.all(Array.from({ length: 9 }, () => audit.record(eventOf({ actor: `user${n}` }))));
        await audit.record(eventOf({ actor: `user${n}` }));
      }
    }));
    const records = await logs[0]!.records();
    expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    for (const n of [0, 1]) expect(records.filter(({ actor }) => actor === `user${n}`)).toHaveLength(200);
    for (const { audit } of logs) expect(await audit.verify()).toMatchObject({ ok: true, records: 400 });
    for (const { log } of logs) expect(log.lines).toEqual([]);
    for (const store of stores) await store.close();
  }, 60_000);

  it("do so from processes of their own, while one checks and removes", async () => {
    const path = join(dir, "processes.sqlite");
    const store = await open(path);
    const { audit, records, clock } = await openTestAudit({ documents: store.documents, seed: 9 });
    const children = Promise.all([child(path, 200, 1), child(path, 200, 2)]);
    let running = true;
    const ended = children.finally(() => running = false);
    const checks: unknown[] = [];
    // the children write by the machine's clock, which is long after the test's
    clock.set(Date.UTC(2200, 0, 1));
    while (running) {
      checks.push((await audit.verify()).problems);
      await audit.prune(1);
    }
    expect(await ended).toEqual([0, 0]);
    expect(checks.flat()).toEqual([]);
    expect((await audit.verify()).ok).toBe(true);
    const left = await records();
    const removed = left.filter(({ action }) => action === "audit prune");
    expect(left.at(-1)!.seq).toBeGreaterThanOrEqual(400);
    expect(removed.length).toBeGreaterThan(0);
    await store.close();
  }, 60_000);
});
