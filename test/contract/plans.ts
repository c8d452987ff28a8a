import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Condition, FieldRef, Plan, Scalar } from "../../handlers/core/query/plan.ts";
import type { Field } from "../../handlers/interfaces/estate.ts";
import { Sealed } from "../../handlers/interfaces/sealed.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import { createTestClock } from "../support/clock.ts";
import { catalogOf, factsOf, fill, reportOf, resourceOf } from "../support/estate.ts";
import type { OpenStore } from "./documents.ts";

const start = Date.UTC(2026, 0, 1);
const select = (...fields: string[]) => fields.map((field) => ({ as: field, field }));
const fact = (...path: (string | number)[]): FieldRef => ({ field: "facts", path });
const is = (left: FieldRef | string, right: Scalar, op: "=" | ">" | ">=" | "<" | "<=" = "="): Condition => ({
  op,
  left: typeof left === "string" ? { field: left } : left,
  right,
});
const not = (of: Condition): Condition => ({ op: "not", of });
const shown = (field: Field | undefined) => field instanceof Sealed ? { sealed: field.reveal() } : field;

/** What every store's `run` and `count` make of a plan. */
export const describePlans = (name: string, open: OpenStore): void => {
  describe(`plans on ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open(createTestClock(start));
      const resources = [
        resourceOf("Class", "Nginx", "{}", { tags: ["class", "nginx"] }),
        resourceOf("File", "/etc/motd", '{"mode":"0644","big":9007199254740993}', { file: "/site.pp", line: 12 }),
        resourceOf("Host", "db", '{"ip":"192.0.2.1"}', { exported: true, tags: ["host", "db"] }),
      ];
      await fill(store.estate, [
        factsOf("web01", start, '{"port":80,"os":{"family":"Debian"},"list":[1,"two"],"up":true,"none":null}'),
        factsOf(
          "web02",
          start + 1000,
          '{"port":"80","os":{"family":"RedHat","major":9},"big":9007199254740993,"small":5e-07}',
        ),
        factsOf("web03", start + 2000, '{"port":1.50,"up":false}', { environment: null, producer: null }),
        catalogOf("web01", start + 3000, resources),
        catalogOf("web02", start + 3000, resources.slice(0, 1), { environment: "test", catalog_uuid: "u2" }),
        reportOf("web01", start + 4000, { status: "failed", corrective_change: null }),
        reportOf("web01", start + 5000, { status: "changed" }),
        reportOf("web02", start + 6000, { status: "unchanged", noop: true }),
      ]);
    });
    afterEach(() => store.close());

    const rows = async (plan: Plan) => {
      const all: Record<string, unknown>[] = [];
      for await (const row of store.estate.run(plan)) {
        all.push(Object.fromEntries(Object.entries(row).map(([key, field]) => [key, shown(field)])));
      }
      return all;
    };
    const column = async (plan: Plan) => (await rows(plan)).map((row) => Object.values(row)[0]);
    /** The nodes whose facts a condition finds. */
    const nodes = (where: Condition) =>
      column({ entity: "factsets", select: select("certname"), where, order: [{ field: "certname" }] });

    it("compare places in JSON with their own type only; what is missing is unknown", async () => {
      expect(await nodes(is(fact("port"), 80))).toEqual(["web01"]);
      expect(await nodes(is(fact("port"), "80"))).toEqual(["web02"]);
      expect(await nodes(is(fact("port"), 1, ">"))).toEqual(["web01", "web03"]);
      expect(await nodes(is(fact("port"), "1", ">"))).toEqual(["web02"]);
      expect(await nodes(is(fact("up"), true))).toEqual(["web01"]);
      expect(await nodes(is(fact("up"), 1))).toEqual([]);
      expect(await nodes(is(fact("list", 1), "two"))).toEqual(["web01"]);
      expect(await nodes(is(fact("os", "major"), 9, "<="))).toEqual(["web02"]);
      expect(await nodes(not(is(fact("port"), 80)))).toEqual(["web02", "web03"]);
      expect(await nodes(not(is(fact("os", "family"), "Debian")))).toEqual(["web02"]);
      expect(await nodes(is(fact("os", 'quo"te.$[0]'), "x"))).toEqual([]);
    });

    it("know equality of whole JSON, and null from missing only where it is asked", async () => {
      const same = (right: unknown, ...path: string[]): Condition => ({ op: "json=", left: fact(...path), right });
      expect(await nodes(same({ family: "Debian" }, "os"))).toEqual(["web01"]);
      expect(await nodes(same({ major: 9, family: "RedHat" }, "os"))).toEqual(["web02"]);
      expect(await nodes(same([1, "two"], "list"))).toEqual(["web01"]);
      expect(await nodes(same(1.5, "port"))).toEqual(["web03"]);
      expect(await nodes(same(null, "none"))).toEqual(["web01"]);
      expect(await nodes(not(same(80, "port")))).toEqual(["web02", "web03"]);
      expect(await nodes(not(same("x", "no such fact")))).toEqual(["web01", "web02", "web03"]);
      expect(await nodes({ op: "null", left: fact("none"), is: true })).toEqual(["web01", "web02", "web03"]);
      expect(await nodes({ op: "null", left: fact("up"), is: false })).toEqual(["web01", "web03"]);
    });

    it("are three-valued about fields that are missing", async () => {
      expect(await nodes(is("environment", "production"))).toEqual(["web01", "web02"]);
      expect(await nodes(not(is("environment", "test")))).toEqual(["web01", "web02"]);
      expect(await nodes({ op: "or", of: [not(is("environment", "test")), is("certname", "web03")] })).toHaveLength(3);
      expect(await nodes({ op: "null", left: { field: "environment" }, is: true })).toEqual(["web03"]);
      expect(await nodes({ op: "and", of: [] })).toHaveLength(3);
      expect(await nodes({ op: "or", of: [] })).toEqual([]);
    });

    it("match expressions unanchored: texts, the JSON of what is none, elements of lists", async () => {
      const matches = (left: FieldRef, pattern: string): Condition => ({ op: "matches", left, pattern });
      expect(await nodes(matches({ field: "certname" }, "eb0[12]"))).toEqual(["web01", "web02"]);
      expect(await nodes(matches(fact("port"), "^80$"))).toEqual(["web01", "web02"]);
      expect(await nodes(matches(fact("os"), '"major":9'))).toEqual(["web02"]);
      expect(await nodes(matches(fact("os", "family"), "(?i)deb"))).toEqual(["web01"]);
      expect(await nodes(matches(fact("none"), "null"))).toEqual([]);
      const titles = (where: Condition) => column({ entity: "resources", select: select("title"), where });
      expect(await titles(matches({ field: "tags" }, "^ho"))).toEqual([{ sealed: '"db"' }]);
      expect(await titles(matches({ field: "parameters", path: ["mode"] }, "^06"))).toEqual([{
        sealed: '"/etc/motd"',
      }]);
    });

    it("look up lists and other plans, one field or several", async () => {
      const names: Condition = { op: "in", left: [{ field: "certname" }], values: [["web03"], ["web01"], ["none"]] };
      expect(await nodes(names)).toEqual(["web01", "web03"]);
      expect(await nodes(not(names))).toEqual(["web02"]);
      expect(await nodes({ ...names, values: [] })).toEqual([]);
      const many = Array.from({ length: 50_000 }, (_, i) => [`node${i}`]);
      expect(await nodes({ ...names, values: [...many, ["web02"]] })).toEqual(["web02"]);
      const pairs = { op: "in", left: [{ field: "type" }, { field: "title" }] } as const;
      const found = await rows({
        entity: "resources",
        select: select("certname", "title"),
        where: { ...pairs, values: [["Class", "Nginx"], ["Host", "db"], ["Host", "Nginx"]] },
        order: [{ field: "title" }, { field: "certname" }],
      });
      expect(found.map((row) => row["certname"])).toEqual(["web01", "web02", "web01"]);
      const failed: Plan = { entity: "reports", select: select("certname"), where: is("status", "failed") };
      expect(await nodes({ op: "in", left: [{ field: "certname" }], plan: failed })).toEqual(["web01"]);
      const inTest: Plan = {
        entity: "resources",
        select: select("certname", "environment"),
        where: is("environment", "test"),
      };
      const both = [{ field: "certname" }, { field: "catalog_environment" }];
      expect(
        await column({ entity: "nodes", select: select("certname"), where: { op: "in", left: both, plan: inTest } }),
      ).toEqual(["web02"]);
      const newest: Plan = {
        entity: "nodes",
        select: select("certname"),
        order: [{ field: "report_timestamp", direction: "desc" }],
        limit: 1,
      };
      expect(await nodes({ op: "in", left: [{ field: "certname" }], plan: newest })).toEqual(["web02"]);
    });

    it("take times with or without a zone, and give them in UTC with milliseconds", async () => {
      const hashes = (op: "=" | ">" | "<=", right: Scalar) =>
        store.estate.count({ entity: "reports", select: [], where: is("end_time", right, op) });
      expect(await hashes("=", "2026-01-01T00:00:05Z")).toBe(1);
      expect(await hashes("=", "2026-01-01T01:00:05.000+01:00")).toBe(1);
      expect(await hashes(">", "2026-01-01 00:00:04")).toBe(2);
      expect(await hashes(">", "2026-01-01")).toBe(3);
      expect(await hashes("<=", start + 4000)).toBe(1);
      const times = await rows({
        entity: "reports",
        select: select("start_time", "end_time", "producer_timestamp", "receive_time"),
        order: [{ field: "end_time" }],
        limit: 1,
      });
      expect(times).toEqual([{
        start_time: "2025-12-31T23:59:59.000Z",
        end_time: "2026-01-01T00:00:04.000Z",
        producer_timestamp: "2026-01-01T00:00:04.000Z",
        receive_time: "2026-01-01T00:00:04.000Z",
      }]);
    });

    it("give our own scalars open and seal what nodes sent, numbers as they came", async () => {
      const [file] = await rows({ entity: "resources", select: [], where: is("title", "/etc/motd") });
      expect(file).toMatchObject({
        certname: "web01",
        environment: "production",
        exported: false,
        line: 12,
        type: { sealed: '"File"' },
        file: { sealed: '"/site.pp"' },
        tags: { sealed: "[]" },
        parameters: { sealed: '{"mode":"0644","big":9007199254740993}' },
      });
      const [host] = await rows({
        entity: "resources",
        select: [...select("file", "tags", "exported"), { as: "ip", field: "parameters", path: ["ip"] }, {
          as: "missing",
          field: "parameters",
          path: ["none"],
        }],
        where: is("exported", true),
      });
      expect(host).toEqual({
        file: null,
        tags: { sealed: '["db","host"]' },
        exported: true,
        ip: { sealed: '"192.0.2.1"' },
        missing: null,
      });
      const [report] = await rows({
        entity: "reports",
        select: select("noop", "corrective_change", "logs", "report_format"),
        where: is("status", "failed"),
      });
      expect(report).toEqual({ noop: false, corrective_change: null, logs: { sealed: "[]" }, report_format: 12 });
      const [catalog] = await rows({ entity: "catalogs", select: [], where: is("certname", "web02") });
      expect(catalog).toMatchObject({ current: true, catalog_uuid: "u2", num_resources: 1, edges: { sealed: "[]" } });
      expect(typeof catalog?.["id"]).toBe("string");
      expect(await rows({ entity: "catalogs", select: select("certname"), where: is("id", String(catalog?.["id"])) }))
        .toEqual([{ certname: "web02" }]);
      expect(await column({ entity: "facts", select: select("value"), where: is("name", "small") })).toEqual([
        { sealed: "5e-07" },
      ]);
    });

    it("group and sum up, exact beyond 2^53", async () => {
      const count = { as: "count", aggregate: "count" } as const;
      expect(
        await rows({
          entity: "reports",
          select: [...select("status"), count, { as: "last", aggregate: "max", of: { field: "end_time" } }],
          groupBy: [{ field: "status" }],
          order: [{ field: "status" }],
        }),
      ).toEqual([
        { status: "changed", count: 1, last: "2026-01-01T00:00:05.000Z" },
        { status: "failed", count: 1, last: "2026-01-01T00:00:04.000Z" },
        { status: "unchanged", count: 1, last: "2026-01-01T00:00:06.000Z" },
      ]);
      const families: Plan = {
        entity: "factsets",
        select: [{ as: "family", field: "facts", path: ["os", "family"] }, count],
        groupBy: [fact("os", "family")],
        order: [fact("os", "family")],
      };
      expect(await rows(families)).toEqual([
        { family: null, count: 1 },
        { family: { sealed: '"Debian"' }, count: 1 },
        { family: { sealed: '"RedHat"' }, count: 1 },
      ]);
      expect(await store.estate.count(families)).toBe(3);
      const big = (aggregate: "max" | "min" | "sum" | "avg", ...path: string[]) =>
        column({ entity: "factsets", select: [{ as: "n", aggregate, of: fact(...path) }] });
      expect(await big("max", "big")).toEqual([{ sealed: "9007199254740993" }]);
      expect(await big("sum", "port")).toEqual([{ sealed: "81.5" }]);
      expect(await big("avg", "none")).toEqual([null]);
      expect(
        await column({ entity: "catalogs", select: [{ as: "n", aggregate: "sum", of: { field: "num_resources" } }] }),
      )
        .toEqual([4]);
      expect(
        await column({ entity: "nodes", select: [{ as: "n", aggregate: "count", of: { field: "report_timestamp" } }] }),
      )
        .toEqual([2]);
    });

    it("sort with what is missing first, page, and count without the page", async () => {
      const page = (direction: "asc" | "desc", more: Partial<Plan> = {}): Plan => ({
        entity: "nodes",
        select: select("certname"),
        order: [{ field: "report_timestamp", direction }, { field: "certname" }],
        ...more,
      });
      expect(await column(page("asc"))).toEqual(["web03", "web01", "web02"]);
      expect(await column(page("desc"))).toEqual(["web02", "web01", "web03"]);
      expect(await column(page("asc", { limit: 1, offset: 1 }))).toEqual(["web01"]);
      expect(await column(page("asc", { offset: 2 }))).toEqual(["web02"]);
      expect(await column(page("asc", { limit: 0 }))).toEqual([]);
      expect(await store.estate.count(page("asc", { limit: 1, offset: 1 }))).toBe(3);
      expect(await column({ entity: "factsets", select: select("certname"), order: [fact("os", "family")] })).toEqual([
        "web03",
        "web01",
        "web02",
      ]);
    });

    it("know the latest report, and the nodes that live", async () => {
      const latest = (right: boolean) =>
        column({
          entity: "reports",
          select: select("status"),
          where: is("latest_report", right),
          order: [{ field: "status" }],
        });
      expect(await latest(true)).toEqual(["changed", "unchanged"]);
      expect(await latest(false)).toEqual(["failed"]);
      await store.estate.apply(
        { command: "deactivate node", certname: "web01", producer_timestamp: "2026-01-02T00:00:00.000Z" },
        start,
      );
      const living = (right: boolean): Condition => ({
        op: "in",
        left: [{ field: "certname" }],
        plan: { entity: "nodes", select: select("certname"), where: is("active", right) },
      });
      for (const entity of ["factsets", "resources", "reports", "catalogs", "facts"] as const) {
        const names = async (
          where: Condition,
        ) => [...new Set(await column({ entity, select: select("certname"), where, order: [{ field: "certname" }] }))];
        expect([entity, await names(living(false))]).toEqual([entity, ["web01"]]);
        expect(await names(not(living(true)))).toEqual(["web01"]);
        expect(await names(living(true))).not.toContain("web01");
      }
    });

    it("take long chains and refuse what goes beyond any use", async () => {
      const chain = (length: number): Condition => ({
        op: "or",
        of: Array.from({ length }, (_, i) => is("certname", `web0${i}`)),
      });
      expect(await nodes(chain(3000))).toHaveLength(3);
      let deep: Condition = is("certname", "web01");
      for (let i = 0; i < 150; i++) deep = not(deep);
      await expect(nodes(deep)).rejects.toMatchObject({ code: "bad_request" });
    });
  });
};
