import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WholeCatalog } from "../../handlers/interfaces/command.ts";
import { timestamp } from "../../handlers/interfaces/clock.ts";
import type { EntityName } from "../../handlers/core/query/entities.ts";
import type { Retention } from "../../handlers/interfaces/estate.ts";
import { seal } from "../../handlers/interfaces/sealed.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import { createTestClock, type TestClock } from "../support/clock.ts";
import { catalogOf, factsOf, fill, reportOf, resourceOf } from "../support/estate.ts";
import type { OpenStore } from "./documents.ts";

const start = Date.UTC(2026, 0, 1);
const hour = 3_600_000;
const day = 24 * hour;
const forEver: Retention = {
  reportTtl: 0,
  unchangedReportTtl: 0,
  catalogTtl: 0,
  catalogsPerNode: 0,
  nodeTtl: 0,
  nodePurgeTtl: 0,
};
const select = (...fields: string[]) => fields.map((field) => ({ as: field, field }));

/** What every store's `prune` takes away, and what it leaves. */
export const describeRetention = (name: string, open: OpenStore): void => {
  describe(`retention on ${name}`, () => {
    let store: Store;
    let clock: TestClock;
    beforeEach(async () => store = await open(clock = createTestClock(start)));
    afterEach(() => store.close());

    const prune = async (keep: Partial<Retention>, now: number) => {
      let removed = 0;
      for (let steps = 0; steps < 100; steps++) {
        const done = await store.estate.prune({ ...forEver, ...keep }, now);
        removed += done.removed;
        if (!done.more) return removed;
      }
      throw new Error("It never ends");
    };
    const column = async (entity: EntityName, field: string, order = field) => {
      const all: unknown[] = [];
      for await (const row of store.estate.run({ entity, select: select(field), order: [{ field: order }] })) {
        all.push(row[field]);
      }
      return all;
    };
    const catalog = (certname: string, at: number, content: number) =>
      catalogOf(certname, at, [resourceOf("File", `/${content}`)], { catalog_uuid: `${certname} ${at - start}` });
    const whole = (certname: string, uuid: string, at: number, hash: string): WholeCatalog => ({
      certname,
      catalog_uuid: uuid,
      environment: "production",
      version: "1",
      code_id: null,
      received_at: timestamp(at),
      hash,
      content: seal(`{"content":"${hash}"}`),
      marks: seal({ values: [`secret of ${hash}`], parameters: {} }),
    });

    it("drops nothing where nothing has a limit", async () => {
      await fill(store.estate, [factsOf("a", start, "{}"), catalog("a", start, 1), reportOf("a", start)]);
      expect(await prune({}, start + 1000 * day)).toBe(0);
      expect(await column("nodes", "certname")).toEqual(["a"]);
    });

    it("drops old reports in bounded steps, but a node's last one", async () => {
      const reports = Array.from({ length: 1200 }, (_, i) => reportOf("a", start + i));
      await Promise.all(reports.map((each) => store.estate.apply(each, start)));
      await fill(store.estate, [reportOf("b", start, { status: "failed" }), reportOf("a", start + 2 * day)]);
      const first = await store.estate.prune({ ...forEver, reportTtl: day }, start + 2 * day);
      expect(first.more).toBe(true);
      expect(first.removed).toBeLessThan(1200);
      expect(first.removed + await prune({ reportTtl: day }, start + 2 * day)).toBe(1200);
      expect(await column("reports", "certname")).toEqual(["a", "b"]);
      expect(await column("nodes", "latest_report_status", "certname")).toEqual(["unchanged", "failed"]);
    });

    it("keeps the row of a run without changes and drops its lists", async () => {
      await fill(store.estate, [
        reportOf("a", start, { status: "unchanged", logs: "[1]" }),
        reportOf("b", start, { status: "changed", logs: "[2]" }),
        reportOf("c", start + day, { status: "unchanged", logs: "[3]" }),
      ]);
      expect(await prune({ unchangedReportTtl: hour }, start + day)).toBe(1);
      const logs = (await column("reports", "logs", "certname")).map((each) => each && String(each));
      expect(logs).toEqual([null, "[sealed]", "[sealed]"]);
      expect(await prune({ unchangedReportTtl: hour }, start + day)).toBe(0);
    });

    it("keeps so many different catalogs, so long, and always the current one", async () => {
      for (let i = 0; i < 6; i++) await fill(store.estate, [catalog("a", start + i * hour, i), catalog("b", start, i)]);
      expect(await prune({ catalogsPerNode: 4 }, start)).toBe(4);
      expect(await column("catalogs", "certname")).toEqual([..."aaaabbbb"]);
      expect(await prune({ catalogTtl: day }, start + 40 * day)).toBe(6);
      const rows: unknown[] = [];
      for await (const row of store.estate.run({ entity: "catalogs", select: select("certname", "current") })) {
        rows.push(row);
      }
      expect(rows).toEqual([{ certname: "a", current: true }, { certname: "b", current: true }]);
      expect(await store.estate.count({ entity: "resources", select: [] })).toBe(2);
    });

    it("lets whole catalogs go with their place in the history; marks stay with the node", async () => {
      const { estate } = store;
      for (let i = 0; i < 3; i++) {
        const at = start + i * day;
        await fill(estate, [catalog("a", at, i)]);
        await estate.storeCatalog(whole("a", `a ${at - start}`, at, `h${i}`));
      }
      const content = async (uuid?: string) => (await estate.wholeCatalog("a", uuid))?.reveal();
      expect(await content("a 0")).toBe('{"content":"h0"}');
      await prune({ catalogsPerNode: 2 }, start + 3 * day);
      expect(await content("a 0")).toBeUndefined();
      expect(await content(`a ${day}`)).toBe('{"content":"h1"}');
      expect(await content()).toBe('{"content":"h2"}');
      // an old report may still show what an old catalog marked
      expect((await estate.marks("a")).reveal().values.toSorted()).toEqual([0, 1, 2].map((i) => `secret of h${i}`));
    });

    it("keeps a whole catalog that came before its replace_catalog, and forgets those that never got one", async () => {
      const { estate } = store;
      await estate.storeCatalog(whole("a", "first", start, "h1"));
      await estate.storeCatalog(whole("a", "second", start + hour / 2, "h2"));
      await fill(estate, [catalogOf("a", start + 1, [], { catalog_uuid: "first" })]);
      await estate.storeCatalog(whole("a", "third", start + 3 * hour, "h1"));
      expect((await estate.wholeCatalog("a", "first"))?.reveal()).toBe('{"content":"h1"}');
      expect(await estate.wholeCatalog("a", "second")).toBeUndefined();
      expect((await estate.wholeCatalog("a"))?.reveal()).toBe('{"content":"h1"}');
      await estate.storeCatalog(whole("stranger", "x", start, "h3"));
      await prune({ catalogTtl: day }, start + 2 * day);
      expect(await estate.wholeCatalog("stranger")).toBeUndefined();
      expect((await estate.marks("stranger")).reveal().values).toEqual([]);
    });

    it("expires silent nodes, but those that are told never to, and purges them with all that they have", async () => {
      await fill(store.estate, [
        factsOf("silent", start, "{}"),
        catalog("silent", start, 1),
        reportOf("silent", start),
        factsOf("told", start, "{}"),
        {
          command: "configure expiration",
          certname: "told",
          producer_timestamp: timestamp(start),
          expire_facts: false,
        },
        factsOf("gone", start, "{}"),
        { command: "deactivate node", certname: "gone", producer_timestamp: timestamp(start + hour) },
        factsOf("alive", start + 3 * day, "{}"),
      ]);
      await store.estate.storeCatalog(whole("silent", "u", start, "h1"));
      expect(await prune({ nodeTtl: 2 * day }, start + 3 * day)).toBe(1);
      expect(await column("nodes", "expired", "certname")).toEqual([null, null, timestamp(start + 3 * day), null]);
      expect(await prune({ nodePurgeTtl: 2 * day }, start + 4 * day)).toBe(1);
      expect(await column("nodes", "certname")).toEqual(["alive", "silent", "told"]);
      // what is newer brings a node back
      await fill(store.estate, [factsOf("silent", start + 2 * day, "{}")]);
      expect((await column("nodes", "expired", "certname"))[1]).toBe(timestamp(start + 3 * day));
      await fill(store.estate, [factsOf("silent", start + 4 * day, "{}")]);
      expect((await column("nodes", "expired", "certname"))[1]).toBeNull();
      await prune({ nodeTtl: 2 * day, nodePurgeTtl: 2 * day }, start + 7 * day);
      await prune({ nodeTtl: 2 * day, nodePurgeTtl: 2 * day }, start + 10 * day);
      expect(await column("nodes", "certname")).toEqual(["told"]);
      expect(await store.estate.wholeCatalog("silent")).toBeUndefined();
      expect(await column("reports", "certname")).toEqual([]);
    });

    it("drops documents that have expired", async () => {
      await store.documents.insert("sessions", { id: "old", user: "alice", expires_at: start + 1 });
      await store.documents.insert("sessions", { id: "new", user: "alice", expires_at: start + day });
      expect(await prune({}, start + hour)).toBe(1);
      clock.set(start);
      expect((await store.documents.find("sessions")).map(({ id }) => id)).toEqual(["new"]);
    });
  });
};
