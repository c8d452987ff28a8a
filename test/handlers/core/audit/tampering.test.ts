import { describe, expect, it } from "vitest";
import { type AuditRecord, chained, contentOf, hashOf } from "../../../../handlers/core/audit/audit-record.ts";
import { eventOf, openTestAudit, recordMany, type TestAudit } from "../../../support/audit.ts";
import { createTestVault } from "../../../support/vault.ts";

/** Ten records, somebody at work on the store, and what verify says. */
const after = async (work: (log: TestAudit) => Promise<void>, more?: (log: TestAudit) => Promise<void>) => {
  const log = await openTestAudit();
  try {
    await recordMany(log, 10);
    expect(await log.audit.verify()).toMatchObject({ ok: true, records: 10, from: 1, to: 10 });
    await work(log);
    await more?.(log);
    const { ok, problems } = await log.audit.verify();
    return { ok, problems };
  } finally {
    await log.close();
  }
};
const remove = async (log: TestAudit, ...seqs: number[]) => {
  for (const { seq, id } of await log.records()) if (seqs.includes(seq)) await log.documents.remove("audit", id);
};
/** As somebody would do it who knows how the log is made, but has not the key. */
const rehashed = async (record: AuditRecord): Promise<AuditRecord> => {
  const content = await contentOf(record);
  return { ...record, content, hash: await hashOf({ ...record, content }) };
};

describe("verify", () => {
  it("takes an empty log, and one that nobody touched", async () => {
    const log = await openTestAudit();
    expect(await log.audit.verify()).toMatchObject({ ok: true, records: 0, from: null, to: null, hash: null });
    await recordMany(log, 3);
    const [, , last] = await log.records();
    expect(await log.audit.verify()).toEqual({
      ok: true,
      records: 3,
      from: 1,
      to: 3,
      hash: last!.hash,
      hidden: 0,
      problems: [],
      problem_count: 0,
    });
    await log.close();
  });

  const changes: Record<string, Partial<AuditRecord>> = {
    id: { seq: 4 },
    at: { at: 1 },
    actor: { actor: "somebody else" },
    via: { via: "cli" },
    address: { address: null },
    action: { action: "GET /" },
    target: { target: "things/other" },
    before: { before: '{"n":5}' },
    after: { after: null },
    outcome: { outcome: "refused" },
    status: { status: 201 },
    request_id: { request_id: "" },
    salt: { salt: "another" },
    content: { content: "0".repeat(64) },
  };
  for (const [field, change] of Object.entries(changes)) {
    it(`finds a changed ${field}`, async () => {
      if (field === "id") {
        // the id is the key of the document: another one is another document
        const found = await after(async (log) => {
          const old = (await log.records())[3]!;
          await log.documents.remove("audit", old.id);
          const { version: _, ...document } = old;
          await log.documents.insert("audit", { ...document, id: "another" });
        });
        expect(found).toEqual({ ok: false, problems: [{ seq: 4, what: "It was changed after it was written" }] });
        return;
      }
      const found = await after((log) => log.tamper(4, (record) => ({ ...record, ...change }) as AuditRecord));
      expect(found).toEqual({ ok: false, problems: [{ seq: 4, what: "It was changed after it was written" }] });
    });
  }

  it("finds a changed record whose hash was made anew", async () => {
    const found = await after((log) => log.tamper(4, (record) => rehashed({ ...record, actor: "bob" })));
    expect(found.problems).toEqual([
      { seq: 4, what: "It was written by somebody who does not have the key" },
      { seq: 5, what: "It does not follow record 4: one of the two was replaced" },
    ]);
  });

  it("finds a log that was written anew from one record on", async () => {
    const found = await after(async (log) => {
      let prev = (await log.records())[2]!.hash;
      const vault = await createTestVault("the key of whoever broke in, of 32 characters");
      for (let seq = 4; seq <= 10; seq++) {
        await log.tamper(seq, async ({ target, before, after, salt, ...facts }) => {
          const record = await chained({ ...facts, actor: "bob" }, { target, before, after }, { prev, salt, vault });
          prev = record.hash;
          return record;
        });
      }
    });
    expect(found.ok).toBe(false);
    expect(found.problems[0]).toEqual({ seq: 10, what: "It is not the record that the head of the log names" });
    expect(found.problems[1]!.what).toMatch(
      /^Records 4 to 10 were signed under key "[0-9a-f]{16}", which is not given/,
    );
  });

  it("finds a record that was removed in the middle", async () => {
    expect(await after((log) => remove(log, 4))).toEqual({
      ok: false,
      problems: [{ seq: 4, what: "Record 4 is missing" }],
    });
    expect((await after((log) => remove(log, 4, 5, 6))).problems).toEqual([
      { seq: 4, what: "Records 4 to 6 are missing" },
    ]);
  });

  it("finds that the first ones, the last ones or all were removed", async () => {
    expect((await after((log) => remove(log, 1, 2))).problems).toEqual([{
      seq: 1,
      what: "Records 1 to 2 are missing",
    }]);
    expect((await after((log) => remove(log, 9, 10))).problems).toEqual([
      { seq: 9, what: "Records 9 to 10 are missing" },
    ]);
    expect((await after((log) => remove(log, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10))).problems).toEqual([
      { seq: 1, what: "Records 1 to 10 are missing" },
    ]);
  });

  it("finds two that were swapped", async () => {
    const found = await after(async (log) => {
      const records = await log.records();
      const [four, seven] = [records[3]!, records[6]!];
      await log.tamper(4, (record) => ({ ...record, seq: 1004 }));
      await log.tamper(7, (record) => ({ ...record, seq: four.seq }));
      await log.tamper(1004, (record) => ({ ...record, seq: seven.seq }));
    });
    expect(found.ok).toBe(false);
    expect(found.problems.map(({ seq }) => seq)).toEqual(expect.arrayContaining([4, 7]));
  });

  it("finds one that was put behind the last", async () => {
    const found = await after(async (log) => {
      const { version: _, ...last } = (await log.records())[9]!;
      await log.documents.insert("audit", await rehashed({ ...last, id: "forged", seq: 11, prev: last.hash }));
    });
    expect(found.problems).toEqual([{ seq: 11, what: "It stands behind the head of the log" }]);
  });

  it("finds it, too, when others have been recorded since", async () => {
    const found = await after(
      async (log) => {
        const { version: _, ...last } = (await log.records())[9]!;
        await log.documents.insert("audit", await rehashed({ ...last, id: "forged", seq: 11, prev: last.hash }));
      },
      async (log) => {
        await log.audit.record(eventOf({ target: "things/12" }));
        expect((await log.records()).at(-1)).toMatchObject({ seq: 12, target: "things/12" });
      },
    );
    expect(found.problems.map(({ seq, what }) => `${seq}: ${what.slice(0, 50)}`)).toEqual([
      "11: It was written by somebody who does not have the k",
      "12: It is not tied to the records before: when it was ",
    ]);
  });

  const setHead = async (log: TestAudit, change: Record<string, unknown> | undefined) => {
    const { version, ...head } = (await log.documents.get("settings", "audit-head"))!;
    await log.documents.remove("settings", "audit-head");
    if (change) await log.documents.insert("settings", { ...head, ...change } as never);
    return version;
  };

  it("finds cut off newest records, whatever was done to the head", async () => {
    const cut = async (log: TestAudit, mac?: string) => {
      await remove(log, 9, 10);
      const eighth = (await log.records())[7]!;
      await setHead(log, { seq: 8, hash: eighth.hash, ...(mac === undefined ? {} : { mac }) });
    };
    expect((await after(cut)).problems).toEqual([
      { seq: 8, what: "The log's head was not written by whoever has the key: the newest records may be missing" },
    ]);
    // the record's own signature is not one of a head
    expect((await after(async (log) => cut(log, (await log.records())[7]!.mac))).ok).toBe(false);
    const foreign = await (await createTestVault("another key, of thirty-two characters")).sign("audit head", "8 x");
    expect((await after((log) => cut(log, foreign))).problems[0]!.what).toContain(
      "signed under a key that is not given",
    );
    expect((await after(async (log) => void await setHead(log, undefined))).problems).toEqual([
      { seq: 10, what: "The log's head is missing: the newest records may be missing" },
    ]);
  });

  it("still finds it after others have been recorded", async () => {
    const found = await after(
      async (log) => {
        await remove(log, 9, 10);
        await setHead(log, undefined);
      },
      async (log) => {
        // a process that knew nothing of the records that are gone
        const other = await openTestAudit({ documents: log.documents, seed: 7 });
        await other.audit.record(eventOf());
        await other.audit.record(eventOf());
        expect(other.log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
      },
    );
    expect(found.problems).toEqual([{
      seq: 9,
      what: "It is not tied to the records before: when it was written, somebody had tampered with the end of the log",
    }]);
  });

  it("finds a log that was set back to a genuine earlier state while a process ran", async () => {
    let head: Record<string, unknown> = {};
    const log = await openTestAudit();
    await recordMany(log, 5);
    head = (await log.documents.get("settings", "audit-head"))!;
    await recordMany(log, 5);
    await remove(log, 6, 7, 8, 9, 10);
    await setHead(log, head);
    expect((await log.audit.verify()).ok).toBe(true);
    await log.audit.record(eventOf());
    expect((await log.audit.verify()).problems[0]).toEqual({ seq: 6, what: "Records 6 to 10 are missing" });
    await log.close();
  });

  it("gives the first 20 problems, and how many there are", async () => {
    const log = await openTestAudit();
    await recordMany(log, 30);
    for (let seq = 1; seq <= 30; seq++) await log.tamper(seq, (record) => ({ ...record, actor: "bob" }));
    const { problems, problem_count } = await log.audit.verify();
    expect([problems.length, problem_count]).toEqual([20, 30]);
    await log.close();
  });
});
