import { existsSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Condition, Plan } from "../../../../handlers/core/query/plan.ts";
import { timestamp } from "../../../../handlers/interfaces/clock.ts";
import type { Store } from "../../../../handlers/interfaces/store.ts";
import { openSqliteStore } from "../../../../runtime/storage/sqlite/open.ts";
import { createTestClock } from "../../../support/clock.ts";
import { factsOf } from "../../../support/estate.ts";
import { createRecordingLog } from "../../../support/log.ts";
import { createTestVault } from "../../../support/vault.ts";
import { storeFile } from "./store-file.ts";

const select = (...fields: string[]) => fields.map((field) => ({ as: field, field }));
const everything: Plan = { entity: "facts", select: select("certname", "name", "value") };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** 20,000 facts, on one reading thread: whatever blocks it blocks everybody. */
describe("reading from SQLite", () => {
  const path = storeFile();
  let store: Store;
  beforeAll(async () => {
    const clock = createTestClock();
    store = await openSqliteStore({
      path,
      vault: await createTestVault(),
      clock,
      log: createRecordingLog(),
      readers: 1,
    });
    const text = "ab".repeat(100);
    const values = JSON.stringify(
      Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`fact${i}`, `${text}${i}`])),
    );
    for (let i = 0; i < 20; i++) await store.estate.apply(factsOf(`node${i}`, clock.now(), values), clock.now());
  });
  afterAll(() => store.close());

  const slow: Plan = {
    ...everything,
    where: {
      op: "and",
      of: Array.from({ length: 20 }, (_, i): Condition => ({
        op: "not",
        of: { op: "matches", left: { field: "value" }, pattern: `(a|b|ab)*(ba)*c{${i + 1}}` },
      })),
    },
  };
  const drain = async (plan: Plan, options?: Parameters<Store["estate"]["run"]>[1]) => {
    let rows = 0;
    for await (const _ of store.estate.run(plan, options)) rows++;
    return rows;
  };

  it("ends a statement at its time-out and goes on with others", async () => {
    const since = performance.now();
    await expect(drain(slow, { timeout: 100 })).rejects.toMatchObject({
      code: "unavailable",
      message: "The query took longer than it may",
    });
    expect(await store.estate.count({ entity: "nodes", select: [] })).toBe(20);
    expect(performance.now() - since).toBeLessThan(3000);
  });

  it("ends a statement that is called off with the caller's reason", async () => {
    const control = new AbortController();
    const reason = new Error("the client went away");
    const since = performance.now();
    const drained = drain(slow, { signal: control.signal });
    setTimeout(() => control.abort(reason), 50);
    await expect(drained).rejects.toBe(reason);
    expect(await store.estate.count({ entity: "nodes", select: [] })).toBe(20);
    expect(performance.now() - since).toBeLessThan(3000);
    await expect(drain(everything, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("serves others, and shows them what is new, while somebody reads slowly", async () => {
    const reading = store.estate.run(everything)[Symbol.asyncIterator]();
    await reading.next();
    await store.documents.insert("users", { id: "new" });
    expect(await store.documents.get("users", "new")).toMatchObject({ id: "new" });
    await store.estate.apply(factsOf("late", Date.UTC(2026, 0, 2), '{"a":1}'), 1);
    expect(await store.estate.count({ entity: "nodes", select: [] })).toBe(21);
    let rows = 1;
    while (!(await reading.next()).done) rows++;
    // the reader itself keeps to the state that it began with
    expect(rows).toBe(20_000);
    await store.estate.deleteNode("late");
  });

  it("reads many at once, each whole", async () => {
    const counts = await Promise.all(Array.from({ length: 12 }, () => drain(everything)));
    expect(counts).toEqual(Array(12).fill(20_000));
  });

  it("lets go of what is not read to the end, so that the log of writes can be used again", async () => {
    for (let i = 0; i < 30; i++) {
      for await (const _ of store.estate.run(everything)) break;
    }
    await sleep(50);
    for (let i = 0; i < 400; i++) {
      await store.estate.apply(factsOf("busy", Date.UTC(2026, 0, 3) + i, `{"a":"${"x".repeat(20_000)}${i}"}`), i);
    }
    expect(statSync(`${path}-wal`).size).toBeLessThan(20 * 1024 * 1024);
    await store.estate.deleteNode("busy");
  });

  it("closes what nobody reads on from when its time is over", async () => {
    const reading = store.estate.run(everything, { timeout: 200 })[Symbol.asyncIterator]();
    await reading.next();
    await sleep(400);
    const rest = async () => {
      while (!(await reading.next()).done) { /* up to the end of what was fetched */ }
    };
    await expect(rest()).rejects.toMatchObject({ code: "unavailable" });
  });

  it("leaves a file that is complete in itself when it is closed", async () => {
    const own = storeFile();
    const opened = await openSqliteStore({
      path: own,
      vault: await createTestVault(),
      clock: createTestClock(),
      log: createRecordingLog(),
    });
    const reading = opened.estate.run(everything)[Symbol.asyncIterator]();
    await reading.next();
    await opened.documents.insert("users", { id: timestamp(0) });
    await opened.ping();
    await opened.close();
    await opened.close();
    expect(existsSync(`${own}-wal`)).toBe(false);
    await expect(opened.documents.get("users", "x")).rejects.toMatchObject({ code: "unavailable" });
  });
});
