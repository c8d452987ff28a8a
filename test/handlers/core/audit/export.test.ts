import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checkLines } from "../../../../handlers/core/audit/check-lines.ts";
import { eventOf, openTestAudit, recordMany } from "../../../support/audit.ts";
import { createTestVault } from "../../../support/vault.ts";

const linesOf = async (lines: AsyncIterable<string>): Promise<string[]> => {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
};
const asIterable = async function* (lines: readonly string[]) {
  yield* lines;
};
const check = async (lines: readonly string[], key?: string) =>
  await checkLines(await createTestVault(key), asIterable(lines));

describe("an export", () => {
  it("has all records as JSON lines, page after page", async () => {
    const log = await openTestAudit();
    await recordMany(log, 450);
    const lines = await linesOf(log.audit.export());
    expect(lines).toHaveLength(450);
    expect(lines.every((line) => line.indexOf("\n") === line.length - 1)).toBe(true);
    expect(JSON.parse(lines[449]!)).toMatchObject({
      seq: 450,
      target: "things/450",
      before: { n: 450 },
      after: { n: -450 },
    });
    expect(await check(lines)).toMatchObject({ ok: true, records: 450, from: 1, to: 450, hidden: 0 });
    await log.close();
  });

  it("can be checked without us, as the API's description says", async () => {
    const log = await openTestAudit();
    await log.audit.record(eventOf({ target: "é/ü", before: { 2: "b", 1: "a", x: 1e21, y: [null, true] } }));
    await recordMany(log, 5);
    const sha256 = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");
    let prev = "0".repeat(64);
    for (const line of await linesOf(log.audit.export())) {
      const r = JSON.parse(line);
      expect(r.prev).toBe(prev);
      expect(r.content).toBe(sha256([r.salt, r.target, r.before, r.after]));
      const head = ["hoppetdb audit 1", r.id, r.seq, r.at, r.actor, r.via, r.address, r.action];
      expect(r.hash).toBe(sha256([...head, r.outcome, r.status, r.request_id, r.content, r.prev]));
      prev = r.hash;
    }
    await log.close();
  });

  it("that was changed is found out", async () => {
    const log = await openTestAudit();
    await recordMany(log, 6);
    const lines = await linesOf(log.audit.export());
    const changed = (at: number, more: object) =>
      lines.map((line, i) => i === at ? JSON.stringify({ ...JSON.parse(line), ...more }) : line);
    const problems = async (changed: readonly string[]) => (await check(changed)).problems.map(({ seq }) => seq);
    expect(await problems(changed(2, { actor: "bob" }))).toEqual([3]);
    expect(await problems(changed(2, { before: { n: 0 } }))).toEqual([3]);
    expect(await problems(changed(2, { at: "never" }))).toEqual([3]);
    expect(await problems(changed(2, { mac: 7 }))).toEqual([3]);
    expect(await problems(lines.toSpliced(2, 1))).toEqual([3]);
    expect(await problems([lines[0]!, lines[2]!, lines[1]!])).toEqual([2, 2]);
    expect(await problems(lines.slice(2))).toEqual([]);
    expect((await check([...lines.slice(0, 2), "{}", ...lines.slice(2)])).problems).toEqual([
      { seq: 2, what: "Line 3 of the file is no record" },
    ]);
    expect((await check(lines, "another key, of thirty-two characters")).problems[0]!.what).toMatch(
      /^Records 1 to 6 were signed under key "[0-9a-f]{16}", which is not given/,
    );
    await log.close();
  });

  it("tells how many records have details that are hidden since", async () => {
    const log = await openTestAudit();
    await recordMany(log, 4);
    await log.audit.record(eventOf({ after: { note: "pineapple-42" } }));
    log.known.secrets = ["pineapple-42"];
    expect(await check(await linesOf(log.audit.export()))).toMatchObject({ ok: true, records: 5, hidden: 1 });
    await log.close();
  });
});
