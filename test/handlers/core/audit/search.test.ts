import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditFilter } from "../../../../handlers/core/audit/search.ts";
import { eventOf, openTestAudit, recordMany, type TestAudit } from "../../../support/audit.ts";

describe("the audit log's search", () => {
  let log: TestAudit;
  const start = Date.UTC(2026, 0, 1);
  const minute = 60_000;

  beforeAll(async () => {
    log = await openTestAudit();
    for (let i = 0; i < 60; i++) {
      await log.audit.record(eventOf({
        actor: ["alice", "bob", null][i % 3]!,
        action: ["POST /api/v1/teams/{team}", "DELETE /api/v1/teams/{team}", "look /api/v1/nodes/{node}/facts"][i % 3]!,
        target: `${["teams", "nodes", "nodes2"][i % 3]}/${i}`,
        outcome: (["done", "refused"] as const)[i % 2]!,
        request_id: `request${i}`,
      }));
      log.clock.advance(minute);
    }
  });
  afterAll(() => log.close());

  const found = async (filter: AuditFilter, limit = 100) => {
    const { records } = await log.audit.list({ filter, limit });
    const count = await log.audit.count(filter);
    const lines: number[] = [];
    for await (const line of log.audit.export(filter)) lines.push(JSON.parse(line).seq);
    const seqs = records.map(({ seq }) => seq);
    expect(count).toBe(seqs.length);
    expect(lines).toEqual([...seqs].reverse());
    return seqs;
  };

  it("gives the newest first, all without a filter", async () => {
    expect(await found({})).toEqual(Array.from({ length: 60 }, (_, i) => 60 - i));
  });

  it("finds by actor, action, target, outcome, request and all of them", async () => {
    expect(await found({ actor: "alice" })).toHaveLength(20);
    expect(await found({ actor: "nobody" })).toEqual([]);
    expect(await found({ action: "POST /api/v1/teams/{team}" })).toHaveLength(20);
    expect(await found({ action: "POST" })).toEqual([]);
    expect(await found({ action: "POST *" })).toHaveLength(20);
    expect(await found({ action: "look *" })).toHaveLength(20);
    expect(await found({ target: "teams/3" })).toEqual([4]);
    expect(await found({ target: "nodes/*" })).toHaveLength(20);
    expect(await found({ target: "nodes" })).toEqual([]);
    expect(await found({ outcome: "refused" })).toHaveLength(30);
    expect(await found({ outcome: "failed" })).toEqual([]);
    expect(await found({ request_id: "request7" })).toEqual([8]);
    expect(await found({ address: "192.0.2.1", actor: "bob" })).toHaveLength(20);
    expect(await found({ address: "192.0.2.2" })).toEqual([]);
    expect(await found({ actor: "bob", outcome: "done", target: "nodes/*", action: "DELETE *" })).toHaveLength(10);
  });

  it("finds by time, from the first one on and before the second one", async () => {
    const at = (i: number) => start + i * minute;
    expect(await found({ from: at(58) })).toEqual([60, 59]);
    expect(await found({ to: at(2) })).toEqual([2, 1]);
    expect(await found({ from: at(10), to: at(12) })).toEqual([12, 11]);
    expect(await found({ from: at(10), to: at(16), actor: "alice" })).toEqual([16, 13]);
    expect(await found({ from: at(200) })).toEqual([]);
    expect(await found({ to: at(0) })).toEqual([]);
    expect(await found({ from: at(500_000), to: at(600_000) })).toEqual([]);
    expect(await found({ from: 0, to: 1 })).toEqual([]);
  });

  it("finds all that came at the same time", async () => {
    const same = await openTestAudit();
    await recordMany(same, 20);
    const at = { from: start, to: start + 1 };
    expect(await same.audit.count(at)).toBe(20);
    expect((await same.audit.list({ filter: at, limit: 100 })).records).toHaveLength(20);
    await same.close();
  });

  it("pages by a number, with neither gap nor double while records come in", async () => {
    const seen: number[] = [];
    let after: number | undefined;
    for (let i = 0; i < 10; i++) {
      const { records, next } = await log.audit.list({ filter: { actor: "alice" }, limit: 7, after });
      seen.push(...records.map(({ seq }) => seq));
      await log.audit.record(eventOf({ actor: "alice", target: "late/1" }));
      if (next === null) break;
      after = next;
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => 58 - 3 * i));
    const { records } = await log.audit.list({ direction: "asc", limit: 2, offset: 3 });
    expect(records.map(({ seq }) => seq)).toEqual([4, 5]);
  });

  it("finds the same by a beginning that very many have", async () => {
    const documents = { ...log.documents, count: () => Promise.resolve(1_000_000) };
    const other = await openTestAudit({ documents, seed: 3 });
    for (const filter of [{ action: "DELETE /api/v1/teams/{team}*" }, { target: "nodes/*" }, { action: "look *" }]) {
      const [one, two] = [await log.audit.list({ filter, limit: 100 }), await other.audit.list({ filter, limit: 100 })];
      expect(one.records.length).toBe(20);
      expect(two).toEqual(one);
    }
    expect((await other.audit.list({ filter: { action: "D.*" }, limit: 100 })).records).toEqual([]);
  });

  it("refuses a target that is cut off within a word", async () => {
    await expect(log.audit.list({ filter: { target: "nodes/we*" }, limit: 1 })).rejects.toMatchObject({
      code: "bad_request",
      field: "target",
    });
  });

  it("gives one record by its id", async () => {
    const [newest] = (await log.audit.list({ filter: { target: "teams/0" }, limit: 1 })).records;
    expect(await log.audit.get(newest!.id)).toEqual(newest);
    expect(newest).toMatchObject({ seq: 1, at: "2026-01-01T00:00:00.000Z", before: null, outcome: "done" });
    expect(await log.audit.get("nothing")).toBeUndefined();
  });
});

describe("what has become a secret since", () => {
  it("is hidden, can't be asked about, and leaves the chain checkable", async () => {
    const log = await openTestAudit();
    await recordMany(log, 3);
    await log.audit.record(eventOf({ target: "nodes/hunter2", before: { note: "pineapple-42" } }));
    await log.audit.record(eventOf({ target: "nodes/hunter3" }));
    const asked = async (target: string) => await log.audit.count({ target });
    expect(await asked("nodes/hunter2")).toBe(1);
    log.known.secrets = ["hunter2", "pineapple-42"];
    const [, shown] = (await log.audit.list({ limit: 2 })).records;
    expect(shown).toMatchObject({ target: "nodes/XXXXX", before: { note: "XXXXX" }, salt: null });
    let exported = "";
    for await (const line of log.audit.export()) exported += line;
    expect(exported).not.toMatch(/hunter2|pineapple/);
    expect(await asked("nodes/hunter2")).toBe(0);
    expect(await asked("nodes/hunter3")).toBe(1);
    expect(await log.audit.count({ target: "nodes/*" })).toBe(2);
    expect(await log.audit.verify()).toMatchObject({ ok: true, records: 5 });
    await log.close();
  });
});
