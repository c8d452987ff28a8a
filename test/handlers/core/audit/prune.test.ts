import { describe, expect, it } from "vitest";
import { auditTask } from "../../../../handlers/core/audit/tasks.ts";
import { createKeyRing } from "../../../../handlers/core/encryption/key-ring.ts";
import { eventOf, openTestAudit, recordMany } from "../../../support/audit.ts";

const day = 86_400_000;

describe("prune", () => {
  it("removes what is older than it may be, tells so, and leaves the rest checkable", async () => {
    const log = await openTestAudit();
    await recordMany(log, 10);
    log.clock.advance(10 * day);
    await recordMany(log, 5);
    expect(await log.audit.prune(0)).toEqual({ removed: 0, more: false });
    expect(await log.audit.prune(11 * day)).toEqual({ removed: 0, more: false });
    expect(await log.records()).toHaveLength(15);
    const tenth = (await log.records())[9]!;
    expect(await log.audit.prune(9 * day)).toEqual({ removed: 10, more: false });
    const left = await log.records();
    expect(left.map(({ seq }) => seq)).toEqual([11, 12, 13, 14, 15, 16]);
    expect(left[5]).toMatchObject({ action: "audit prune", actor: null, target: "audit", outcome: "done" });
    expect(JSON.parse(left[5]!.after!)).toEqual({ from: 1, to: 10, removed: 10, older_than_ms: 9 * day });
    expect(await log.documents.get("settings", "audit-checkpoint")).toMatchObject({ seq: 10, hash: tenth.hash });
    expect(await log.audit.verify()).toMatchObject({ ok: true, records: 6, from: 11, to: 16 });
    log.clock.advance(10 * day);
    expect(await log.audit.prune(day)).toEqual({ removed: 6, more: false });
    expect(await log.audit.verify()).toMatchObject({ ok: true, records: 1, from: 17, to: 17 });
    await recordMany(log, 1);
    expect(await log.audit.verify()).toMatchObject({ ok: true, records: 2 });
    await log.close();
  });

  it("goes by steps of some hundred", async () => {
    const log = await openTestAudit();
    for (let i = 0; i < 12; i++) await Promise.all(Array.from({ length: 100 }, () => log.audit.record(eventOf())));
    log.clock.advance(10 * day);
    const task = auditTask({ audit: log.audit, ttl: day, log: log.log });
    const signal = new AbortController().signal;
    const more = [await task.run(signal), await task.run(signal), await task.run(signal), await task.run(signal)];
    expect(more).toEqual([true, true, false, false]);
    expect(await log.audit.verify()).toMatchObject({ ok: true, records: 3, from: 1201 });
    expect(log.log.lines).toHaveLength(3);
    await log.close();
  }, 30_000);

  it("never removes one behind a younger one, whatever clocks say", async () => {
    const log = await openTestAudit();
    await recordMany(log, 2);
    log.clock.advance(10 * day);
    await recordMany(log, 1);
    log.clock.advance(-10 * day);
    await recordMany(log, 2);
    log.clock.advance(15 * day);
    expect(await log.audit.prune(10 * day)).toMatchObject({ removed: 2 });
    expect(await log.audit.verify()).toMatchObject({ ok: true, from: 3, to: 6 });
    await log.close();
  });

  it("keeps a note of what had been tampered with", async () => {
    const log = await openTestAudit();
    await recordMany(log, 5);
    await log.tamper(2, (record) => ({ ...record, actor: "bob" }));
    log.clock.advance(10 * day);
    await log.audit.prune(day);
    const [note] = (await log.audit.list({ limit: 1 })).records;
    expect(note!.after).toMatchObject({
      removed: 5,
      problem_count: 1,
      problems: [{ seq: 2, what: "It was changed after it was written" }],
    });
    expect(log.log.lines.map(({ level }) => level)).toEqual(["error"]);
    await log.close();
  });

  it("that somebody else pretends is found", async () => {
    const log = await openTestAudit();
    await recordMany(log, 8);
    log.clock.advance(10 * day);
    await recordMany(log, 4);
    await log.audit.prune(day);
    const records = await log.records();
    const { version: _, ...checkpoint } = (await log.documents.get("settings", "audit-checkpoint"))!;
    for (const { id, seq } of records) if (seq <= 10) await log.documents.remove("audit", id);
    expect((await log.audit.verify()).problems).toEqual([{ seq: 9, what: "Records 9 to 10 are missing" }]);
    await log.documents.remove("settings", "audit-checkpoint");
    const tenth = records.find(({ seq }) => seq === 10)!;
    const forge = async (more: Record<string, string | number>) => {
      await log.documents.remove("settings", "audit-checkpoint");
      await log.documents.insert("settings", { ...checkpoint, ...more });
      return (await log.audit.verify()).problems[0];
    };
    expect((await log.audit.verify()).problems).toEqual([{ seq: 1, what: "Records 1 to 10 are missing" }]);
    const forged = { seq: 10, hash: tenth.hash };
    const wrong = /^The log's checkpoint was not written by whoever has the key/;
    expect((await forge(forged))!.what).toMatch(wrong);
    expect((await forge({ ...forged, mac: tenth.mac }))!.what).toMatch(wrong);
    const foreign = await createKeyRing(["a foreign key of more than 32 characters"]);
    const mac = await foreign.sign("audit checkpoint", `10 ${tenth.hash}`);
    expect((await forge({ ...forged, mac }))!.what).toContain("is signed under a key that is not given");
    await log.close();
  });
});

describe("a key that is replaced", () => {
  const [old, next] = [
    "the old key of more than thirty-two characters",
    "the new key of more than thirty-two characters",
  ];

  it("leaves everything checkable, also once the old one is gone", async () => {
    const base = await openTestAudit({ vault: await createKeyRing([old]) });
    await recordMany(base, 5);
    const both = await openTestAudit({ documents: base.documents, vault: await createKeyRing([next, old]), seed: 1 });
    expect(await both.audit.verify()).toMatchObject({ ok: true, records: 5 });
    await recordMany(both, 5);
    expect(await both.audit.verify()).toMatchObject({ ok: true, records: 10 });
    const alone = await openTestAudit({ documents: base.documents, vault: await createKeyRing([next]), seed: 2 });
    expect(await alone.audit.verify()).toMatchObject({ ok: true, records: 10 });
    await recordMany(alone, 2);
    expect(await alone.audit.verify()).toMatchObject({ ok: true, records: 12 });
    await alone.tamper(3, (record) => ({ ...record, actor: "bob" }));
    expect((await alone.audit.verify()).problems).toEqual([{ seq: 3, what: "It was changed after it was written" }]);
    await base.close();
  });

  it("is taken over by the periodic task where nothing is recorded meanwhile", async () => {
    const base = await openTestAudit({ vault: await createKeyRing([old]) });
    await recordMany(base, 5);
    base.clock.advance(2 * day);
    await recordMany(base, 5);
    await base.audit.prune(day);
    const both = await openTestAudit({
      documents: base.documents,
      vault: await createKeyRing([next, old]),
      clock: base.clock,
    });
    const alone = await openTestAudit({ documents: base.documents, vault: await createKeyRing([next]), seed: 2 });
    expect((await alone.audit.verify()).problems.map(({ what }) => what)).toEqual([
      expect.stringContaining("checkpoint is signed under a key that is not given"),
      expect.stringContaining("head is signed under a key that is not given"),
      expect.stringMatching(/^Records 6 to 11 were signed under key "[0-9a-f]{16}", which is not given/),
    ]);
    await both.audit.prune(0);
    expect(await alone.audit.verify()).toMatchObject({ ok: true, records: 6 });
    await base.close();
  });

  it("does not vouch for records that were written anew under a key that nobody has", async () => {
    const base = await openTestAudit({ vault: await createKeyRing([old]) });
    await recordMany(base, 5);
    await base.tamper(2, (record) => ({ ...record, mac: `0123456789abcdef:${"0".repeat(64)}` }));
    // the next one vouches for it: only its signature was replaced
    expect(await base.audit.verify()).toMatchObject({ ok: true });
    await base.tamper(2, (record) => ({ ...record, prev: "1".repeat(64) }));
    expect((await base.audit.verify()).ok).toBe(false);
    await base.close();
  });
});
