import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseCommand } from "../../handlers/core/commands/parse-command.ts";
import type { Condition, Plan } from "../../handlers/core/query/plan.ts";
import type { Command, WholeCatalog } from "../../handlers/interfaces/command.ts";
import type { Retention, Row } from "../../handlers/interfaces/estate.ts";
import { seal, Sealed } from "../../handlers/interfaces/sealed.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import { createTestClock, type TestClock } from "../support/clock.ts";
import type { OpenStore } from "./documents.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const is = (field: string, right: string | boolean | number): Condition => ({ op: "=", left: { field }, right });

/** A row as plain values, seals opened: what the agents' side would send. */
const plain = (row: Row | undefined) =>
  row && Object.fromEntries(
    Object.entries(row).map(([name, field]) => [name, field instanceof Sealed ? JSON.parse(field.reveal()) : field]),
  );

const command = (name: string, version: number, payload: Record<string, unknown>): Promise<Command> =>
  parseCommand({
    command: name,
    version,
    certname: String(payload.certname),
    producer_timestamp: null,
    payload: new TextEncoder().encode(JSON.stringify(payload)),
  }, 0);
const facts = (certname: string, minute: number, values: Record<string, unknown> = { role: "web" }, more = {}) =>
  command("replace facts", 5, {
    certname,
    environment: "production",
    producer_timestamp: at(minute),
    producer: "p",
    values,
    ...more,
  });
const resource = (type: string, title: string, more: Record<string, unknown> = {}) => ({
  type,
  title,
  exported: false,
  file: "/site.pp",
  line: 1,
  tags: [type.toLowerCase()],
  aliases: [],
  parameters: { ensure: "present" },
  ...more,
});
const catalog = (certname: string, minute: number, resources: unknown[], more = {}) =>
  command("replace catalog", 9, {
    certname,
    version: "v1",
    environment: "production",
    transaction_uuid: `t${minute}`,
    catalog_uuid: `c${minute}`,
    code_id: null,
    producer_timestamp: at(minute),
    producer: "p",
    resources,
    edges: [],
    ...more,
  });
const report = (certname: string, minute: number, status = "changed", more = {}) =>
  command("store report", 8, {
    certname,
    puppet_version: "8.0.0",
    report_format: 12,
    configuration_version: "v1",
    start_time: at(minute),
    end_time: at(minute),
    producer_timestamp: at(minute),
    producer: "p",
    environment: "production",
    status,
    noop: false,
    noop_pending: false,
    corrective_change: false,
    transaction_uuid: `t${minute}`,
    catalog_uuid: `c${minute}`,
    code_id: null,
    cached_catalog_status: "not_used",
    metrics: [{ category: "time", name: "total", value: 1.5 }],
    logs: [{
      file: null,
      line: null,
      level: "notice",
      message: "Applied",
      source: "Puppet",
      tags: [],
      time: at(minute),
    }],
    resources: [],
    ...more,
  });
const deactivate = (certname: string, minute: number) =>
  command("deactivate node", 3, { certname, producer_timestamp: at(minute) });

const keepAll: Retention = {
  reportTtl: 0,
  unchangedReportTtl: 0,
  catalogTtl: 0,
  catalogsPerNode: 20,
  nodeTtl: 0,
  nodePurgeTtl: 0,
};
const hour = 3_600_000;

/** What every store's `Estate` does. */
export const describeEstate = (name: string, open: OpenStore): void => {
  describe(`estate on ${name}`, () => {
    let store: Store;
    let clock: TestClock;
    beforeEach(async () => store = await open(clock = createTestClock()));
    afterEach(() => store.close());

    const apply = async (...commands: Promise<Command>[]) => {
      const outcomes: string[] = [];
      for (const each of commands) outcomes.push(await store.estate.apply(await each, clock.now()));
      return outcomes;
    };
    const rows = async (plan: Plan) => {
      const found: ReturnType<typeof plain>[] = [];
      for await (const row of store.estate.run(plan)) found.push(plain(row));
      return found;
    };
    const column = async (plan: Plan) => (await rows(plan)).map((row) => Object.values(row ?? {})[0]);
    const node = async (certname: string) =>
      (await rows({ entity: "nodes", select: [], where: is("certname", certname) }))[0];
    const select = (...fields: string[]) => fields.map((field) => ({ as: field, field }));

    it("keeps the newest facts; an older one is stale, an equal time is applied", async () => {
      expect(await apply(facts("web01", 5), facts("web01", 4, { role: "old" }), facts("web01", 5, { role: "equal" })))
        .toEqual([
          "stored",
          "stale",
          "stored",
        ]);
      expect(await column({ entity: "facts", select: select("value") })).toEqual(["equal"]);
      expect(await apply(facts("web01", 6, { role: "equal" }))).toEqual(["unchanged"]);
      expect(await node("web01")).toMatchObject({
        facts_environment: "production",
        facts_timestamp: new Date(clock.now()).toISOString(),
      });
    });

    it("gives numbers out as they came in", async () => {
      const text =
        '{"certname":"web01","environment":null,"producer_timestamp":"2026-01-01T00:00:00Z","producer":null,' +
        '"values":{"big":9007199254740993,"tiny":5e-07,"one":1.0,"deep":{"list":[1.50,-0]}}}';
      const payload = new TextEncoder().encode(text);
      await apply(
        parseCommand({ command: "replace facts", version: 5, certname: "web01", producer_timestamp: null, payload }, 0),
      );
      const texts: Record<string, string> = {};
      for await (const row of store.estate.run({ entity: "facts", select: select("name", "value") })) {
        texts[(row.name as Sealed<string>).reveal()] = (row.value as Sealed<string>).reveal();
      }
      expect(texts).toEqual({
        '"big"': "9007199254740993",
        '"tiny"': "5e-07",
        '"one"': "1.0",
        '"deep"': '{"list":[1.50,-0]}',
      });
    });

    it("makes a catalog current, keeps the earlier ones, and writes nothing new for an equal one", async () => {
      const first = [resource("File", "/a"), resource("File", "/b", { parameters: { mode: "0644" } })];
      const second = [resource("File", "/a"), resource("File", "/c", { exported: true, tags: ["x", "y"] })];
      expect(
        await apply(
          catalog("web01", 1, first),
          catalog("web01", 2, first),
          catalog("web01", 3, second),
          catalog("web01", 2, first),
        ),
      )
        .toEqual(["stored", "unchanged", "stored", "stale"]);
      const catalogs = await rows({
        entity: "catalogs",
        select: select("catalog_uuid", "current", "num_resources", "num_resources_exported"),
        order: [{ field: "producer_timestamp" }],
      });
      expect(catalogs).toEqual([
        { catalog_uuid: "c2", current: false, num_resources: 2, num_resources_exported: 0 },
        { catalog_uuid: "c3", current: true, num_resources: 2, num_resources_exported: 1 },
      ]);
      expect(await column({ entity: "resources", select: select("title"), order: [{ field: "title" }] })).toEqual([
        "/a",
        "/c",
      ]);
      const [old] = await rows({ entity: "catalogs", select: select("resources"), where: is("catalog_uuid", "c2") });
      expect((old?.resources as { title: string }[]).map(({ title }) => title)).toEqual(["/a", "/b"]);
    });

    it("compares resources one by one: a tag excludes a resource, not its node", async () => {
      await apply(catalog("web01", 1, [
        resource("File", "/a", { exported: true, tags: ["keep"] }),
        resource("File", "/b", { exported: true, tags: ["drop"] }),
        resource("Host", "h", { parameters: { port: 80, name: "eighty" } }),
      ]));
      const titles = (where: Condition) =>
        column({ entity: "resources", select: select("title"), where, order: [{ field: "title" }] });
      const drop: Condition = { op: "has", left: { field: "tags" }, right: "drop" };
      expect(await titles({ op: "and", of: [is("exported", true), { op: "not", of: drop }] })).toEqual(["/a"]);
      expect(await titles({ op: "matches", left: { field: "tags" }, pattern: "^(keep|drop)$" })).toEqual(["/a", "/b"]);
      const port = { field: "parameters", path: ["port"] };
      expect(await titles({ op: "json=", left: port, right: 80 })).toEqual(["h"]);
      expect(await titles({ op: "json=", left: port, right: "80" })).toEqual([]);
      // asked of a real PuppetDB: `not` finds resources without the parameter too
      expect(await titles({ op: "not", of: { op: "json=", left: port, right: 80 } })).toEqual(["/a", "/b"]);
      expect(await titles({ op: "not", of: { op: "matches", left: port, pattern: "8" } })).toEqual(["/a", "/b"]);
    });

    it("stores a report once and knows the latest by producer time", async () => {
      expect(await apply(report("web01", 5, "failed"), report("web01", 5, "failed"), report("web01", 4))).toEqual([
        "stored",
        "duplicate",
        "stored",
      ]);
      expect(await node("web01")).toMatchObject({ latest_report_status: "failed", report_timestamp: at(5) });
      const latest = {
        entity: "reports",
        select: select("status", "logs", "metrics"),
        where: is("latest_report", true),
      } as const;
      expect(await rows(latest)).toMatchObject([{
        status: "failed",
        logs: [{ message: "Applied" }],
        metrics: [{ value: 1.5 }],
      }]);
      await apply(report("web01", 9, "changed", { type: "plan" }));
      expect(await node("web01")).toMatchObject({ latest_report_status: "failed" });
    });

    it("deactivates a node unless something newer is known, and brings it back for what is newer", async () => {
      await apply(facts("web01", 5));
      expect(await apply(deactivate("web01", 4), deactivate("web01", 6))).toEqual(["stale", "stored"]);
      expect(await node("web01")).toMatchObject({ deactivated: at(6) });
      expect(await column({ entity: "nodes", select: select("certname"), where: is("active", true) })).toEqual([]);
      await apply(facts("web01", 5, { role: "late" }));
      expect(await node("web01")).toMatchObject({ deactivated: at(6) });
      expect(await column({ entity: "facts", select: select("value") })).toEqual(["late"]);
      await apply(facts("web01", 7));
      expect(await node("web01")).toMatchObject({ deactivated: null });
    });

    it("filters, groups, sorts, pages and counts in the store", async () => {
      for (let i = 0; i < 12; i++) {
        await apply(
          facts(`node${String(i).padStart(2, "0")}`, i, { n: i, os: { family: i % 3 ? "Debian" : "RedHat" } }),
        );
      }
      const page: Plan = {
        entity: "nodes",
        select: select("certname"),
        order: [{ field: "certname", direction: "desc" }],
        limit: 3,
        offset: 2,
      };
      expect(await column(page)).toEqual(["node09", "node08", "node07"]);
      expect(await store.estate.count(page)).toBe(12);
      const family = { field: "facts", path: ["os", "family"] };
      const redhat: Condition = { op: "=", left: family, right: "RedHat" };
      expect(await store.estate.count({ entity: "factsets", select: [], where: redhat })).toBe(4);
      expect(await store.estate.count({ entity: "factsets", select: [], where: { op: "not", of: redhat } })).toBe(8);
      const many: Condition = { op: "and", of: [is("name", "n"), { op: ">=", left: { field: "value" }, right: 10 }] };
      const inFacts: Condition = {
        op: "in",
        left: [{ field: "certname" }],
        plan: { entity: "facts", select: select("certname"), where: many },
      };
      expect(
        await column({ entity: "nodes", select: select("certname"), where: inFacts, order: [{ field: "certname" }] }),
      ).toEqual([
        "node10",
        "node11",
      ]);
      const grouped = await rows({
        entity: "nodes",
        select: [{ as: "environment", field: "facts_environment" }, { as: "count", aggregate: "count" }],
        groupBy: [{ field: "facts_environment" }],
      });
      expect(grouped).toEqual([{ environment: "production", count: 12 }]);
    });

    it("refuses an unknown field and a pattern that cannot be read, and binds what looks like SQL", async () => {
      await apply(facts("web01", 1));
      await expect(rows({ entity: "nodes", select: select("colour") })).rejects.toMatchObject({ code: "bad_request" });
      const bad: Condition = { op: "matches", left: { field: "certname" }, pattern: "(" };
      await expect(rows({ entity: "nodes", select: [], where: bad })).rejects.toMatchObject({ code: "bad_request" });
      for (const text of ["' OR 1=1 --", '"; DROP TABLE nodes; --', "\0", "\\"]) {
        expect(await rows({ entity: "nodes", select: [], where: is("certname", text) })).toEqual([]);
        const place = { field: "facts", path: [text] };
        expect(await rows({ entity: "factsets", select: [], where: { op: "=", left: place, right: "x" } })).toEqual([]);
      }
      expect(await store.estate.count({ entity: "nodes", select: [] })).toBe(1);
    });

    it("ends a query that takes too long, is called off, or is no longer read", async () => {
      const values = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`f${i}`, i]));
      for (let i = 0; i < 5; i++) await apply(facts(`n${i}`, i, values));
      // every fact against every other: would run for minutes
      const same: Condition = {
        op: "in",
        left: [{ field: "value" }],
        plan: {
          entity: "facts",
          select: select("value"),
          where: { op: "matches", left: { field: "name" }, pattern: "(x+x+)+y" },
        },
      };
      const slow: Plan = { entity: "facts", select: select("certname"), where: { op: "not", of: same } };
      await expect((async () => {
        for await (const _ of store.estate.run(slow, { timeout: 1 })) { /* until it is ended */ }
      })()).rejects.toMatchObject({ code: "unavailable" });
      const control = new AbortController();
      control.abort(new Error("the client went away"));
      await expect((async () => {
        for await (const _ of store.estate.run(slow, { signal: control.signal })) { /* never */ }
      })()).rejects.toThrow("the client went away");
      for await (const _ of store.estate.run({ entity: "facts", select: [] })) break;
      expect(await store.estate.count({ entity: "facts", select: [] })).toBe(10_000);
    });

    it("keeps whole catalogs encrypted, once per content, and what Puppet marked", async () => {
      const whole = (uuid: string, hash: string, minute: number, secret: string): WholeCatalog => ({
        certname: "web01",
        catalog_uuid: uuid,
        environment: "production",
        version: "v1",
        code_id: null,
        received_at: at(minute),
        hash,
        content: seal(JSON.stringify({ name: "web01", secret })),
        marks: seal({ values: [secret], parameters: { [`File[/${uuid}]`]: ["content"] } }),
      });
      await store.estate.storeCatalog(whole("c1", "h1", 1, "first secret"));
      await store.estate.storeCatalog(whole("c2", "h1", 2, "first secret"));
      await store.estate.storeCatalog(whole("c3", "h2", 3, "second secret"));
      const read = async (uuid?: string) =>
        JSON.parse((await store.estate.wholeCatalog("web01", uuid))?.reveal() ?? "null");
      expect(await read()).toEqual({ name: "web01", secret: "second secret" });
      expect(await read("c2")).toEqual({ name: "web01", secret: "first secret" });
      expect(await read("none")).toBeNull();
      expect([...(await store.estate.marks("web01")).reveal().values].sort()).toEqual([
        "first secret",
        "second secret",
      ]);
      expect((await store.estate.marks("db01")).reveal()).toEqual({ values: [], parameters: {} });
    });

    it("removes a node with all that hangs on it", async () => {
      await apply(
        facts("web01", 1),
        catalog("web01", 2, [resource("File", "/a")]),
        report("web01", 3),
        facts("db01", 1),
      );
      expect(await store.estate.deleteNode("web01")).toBe(true);
      expect(await store.estate.deleteNode("web01")).toBe(false);
      for (const entity of ["nodes", "factsets", "catalogs", "resources", "reports"] as const) {
        expect([entity, await store.estate.count({ entity, select: [], where: is("certname", "web01") })]).toEqual([
          entity,
          0,
        ]);
      }
      expect(await column({ entity: "nodes", select: select("certname") })).toEqual(["db01"]);
    });

    it("prunes reports, details of unchanged runs, catalogs, and silent nodes", async () => {
      const now = Date.parse(at(0)) + 10 * hour;
      await apply(report("web01", 1, "changed"), report("web01", 2, "unchanged"), facts("web01", 1));
      for (let i = 1; i <= 5; i++) await apply(catalog("web01", i, [resource("File", `/${i}`)]));
      await store.estate.prune({ ...keepAll, unchangedReportTtl: hour, catalogsPerNode: 3 }, now);
      const logs = await rows({
        entity: "reports",
        select: select("status", "logs"),
        order: [{ field: "producer_timestamp" }],
      });
      expect(logs).toMatchObject([{ status: "changed", logs: [{}] }, { status: "unchanged", logs: null }]);
      expect(
        await column({ entity: "catalogs", select: select("catalog_uuid"), order: [{ field: "producer_timestamp" }] }),
      ).toEqual([
        "c3",
        "c4",
        "c5",
      ]);
      await store.estate.prune({ ...keepAll, reportTtl: hour }, now);
      // the latest one stays: that it was the last run is still true
      expect(await column({ entity: "reports", select: select("status") })).toEqual(["unchanged"]);
      await store.estate.prune({ ...keepAll, nodeTtl: hour }, now);
      expect(await node("web01")).toMatchObject({ expired: new Date(now).toISOString() });
      await store.estate.prune({ ...keepAll, nodePurgeTtl: hour }, now + 2 * hour);
      expect(await node("web01")).toBeUndefined();
    });

    it("takes many at once, and keeps an error to its own command", async () => {
      const commands = await Promise.all(Array.from({ length: 200 }, (_, i) => facts(`n${i % 20}`, i, { i })));
      const broken = { ...commands[0]!, certname: "broken", values: undefined } as unknown as Command;
      const results = await Promise.allSettled(
        [...commands, broken].map((each) => store.estate.apply(each, clock.now())),
      );
      expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
      expect(await store.estate.count({ entity: "nodes", select: [] })).toBe(20);
    });
  });
};
