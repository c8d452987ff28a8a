import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formsOf } from "../../handlers/core/redaction/forms.ts";
import type { Condition, FieldRef, Plan } from "../../handlers/core/query/plan.ts";
import { seal, Sealed } from "../../handlers/interfaces/sealed.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import { createTestClock } from "../support/clock.ts";
import { catalogOf, factsOf, fill, resourceOf } from "../support/estate.ts";
import type { OpenStore } from "./documents.ts";

const [known, marked] = ["hunter2-known", "hunter2-marked"];
const title: FieldRef = { field: "title", shown: true };
const tags: FieldRef = { field: "tags", shown: true };

/** What each store must do with questions about titles and tags of resources. */
export const describeShownResources = (name: string, open: OpenStore) =>
  describe(`what is shown of resources, ${name}`, () => {
    let store: Store;
    const hide = () => store.estate.hide(seal({ patterns: [...formsOf(known)], factPaths: [], parameters: [] }));
    const mark = (certname: string, values: readonly string[], letter: string) =>
      store.estate.storeCatalog({
        certname,
        catalog_uuid: `uuid-${letter}`,
        environment: null,
        version: "1",
        code_id: null,
        received_at: "2026-01-01T00:00:00.000Z",
        hash: letter.repeat(64),
        content: seal("{}"),
        marks: seal({ values, parameters: {} }),
      });
    const column = async (plan: Omit<Plan, "entity">): Promise<readonly unknown[]> => {
      const rows: unknown[] = [];
      for await (const row of store.estate.run({ entity: "resources", ...plan })) {
        const [value] = Object.values(row);
        rows.push(value instanceof Sealed ? JSON.parse(value.reveal()) : value);
      }
      return rows;
    };
    const titles = (where?: Condition) =>
      column({
        select: [{ as: "title", ...title }],
        order: [title, { field: "certname" }],
        ...(where ? { where } : {}),
      });

    beforeEach(async () => {
      store = await open(createTestClock());
    });
    afterEach(() => store.close());

    const resources = [
      resourceOf("Host", `a ${known}`, '{"n":1.50}', { tags: ["x", known] }),
      resourceOf("Host", `b ${marked}`, "{}", { tags: [marked, "y"], exported: true, file: "/site.pp", line: 7 }),
      resourceOf("Host", "open"),
    ];

    it("cannot be asked about before it is known what is hidden", async () => {
      await fill(store.estate, [catalogOf("one", 1000, resources)]);
      await expect(titles()).rejects.toMatchObject({ code: "unavailable" });
      await expect(titles({ op: "has", left: tags, right: "x" })).rejects.toMatchObject({ code: "unavailable" });
      await hide();
      expect(await titles()).toEqual(["a XXXXX", `b ${marked}`, "open"]);
    });

    it("is what is compared, sorted, grouped and counted", async () => {
      await hide();
      await mark("one", [marked], "a");
      await fill(store.estate, [catalogOf("one", 1000, resources), catalogOf("two", 1000, resources)]);
      expect(await titles()).toEqual(["a XXXXX", "a XXXXX", "b XXXXX", `b ${marked}`, "open", "open"]);
      const is = (right: string): Condition => ({ op: "=", left: title, right });
      expect([await titles(is(`a ${known}`)), await titles(is("a XXXXX")), await titles(is(`b ${marked}`))])
        .toEqual([[], ["a XXXXX", "a XXXXX"], [`b ${marked}`]]);
      expect(await titles({ op: "matches", left: title, pattern: "hunter" })).toEqual([`b ${marked}`]);
      expect(await titles({ op: "not", of: { op: "matches", left: title, pattern: "^[ab] X" } }))
        .toEqual([`b ${marked}`, "open", "open"]);
      const has = (right: string): Condition => ({ op: "has", left: tags, right });
      expect([await titles(has(known)), await titles(has(marked)), await titles(has("y"))])
        .toEqual([[], [`b ${marked}`], ["b XXXXX", `b ${marked}`]]);
      expect(await titles(has("XXXXX"))).toEqual(["a XXXXX", "a XXXXX", "b XXXXX"]);
      expect(await titles({ op: "matches", left: tags, pattern: "^hunter2" })).toEqual([`b ${marked}`]);
      const groups: Plan = { entity: "resources", select: [{ as: "title", ...title }], groupBy: [title] };
      expect(await store.estate.count(groups)).toBe(4);
      expect(await column({ select: [{ as: "tags", ...tags }], where: is("b XXXXX") })).toEqual([["XXXXX", "y"]]);
    });

    it("follows what Puppet marks later, and catalogs that come later", async () => {
      await hide();
      await fill(store.estate, [catalogOf("one", 1000, resources)]);
      expect(await titles()).toContain(`b ${marked}`);
      await mark("one", [marked], "a");
      expect(await titles()).toEqual(["a XXXXX", "b XXXXX", "open"]);
      const next = [resourceOf("Host", `new ${marked}`), resourceOf("Host", "second-secret")];
      await fill(store.estate, [catalogOf("one", 2000, next)]);
      expect(await titles()).toEqual(["new XXXXX", "second-secret"]);
      await mark("one", ["second-secret"], "b");
      expect(await titles()).toEqual(["XXXXX", "new XXXXX"]);
      await fill(store.estate, [catalogOf("one", 3000, next)]);
      expect(await titles()).toEqual(["XXXXX", "new XXXXX"]);
      await fill(store.estate, [catalogOf("one", 4000, [resourceOf("Host", "open")])]);
      expect(await titles()).toEqual(["open"]);
      await store.estate.deleteNode("one");
      await fill(store.estate, [catalogOf("one", 5000, resources)]);
      expect(await titles()).toEqual(["a XXXXX", `b ${marked}`, "open"]);
    });

    it("is never behind, however catalogs and marks come", async () => {
      await hide();
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => [
          mark("one", [`secret-number-${i % 10}`], String.fromCharCode(97 + i)),
          fill(store.estate, [
            catalogOf(
              "one",
              1000 + i,
              Array.from({ length: 10 }, (_, at) => resourceOf("Host", `${i} secret-number-${at}`)),
            ),
          ]),
        ]).flat(),
      );
      const shown = await titles();
      expect(shown).toHaveLength(10);
      expect(new Set(shown)).toEqual(new Set(["19 XXXXX"]));
    });

    it("is counted by what the node is", async () => {
      await hide();
      await fill(store.estate, [
        catalogOf("one", 1000, resources),
        factsOf("one", 1000, '{"a":1}'),
        catalogOf("two", 1000, resources),
      ]);
      const plan: Plan = {
        entity: "nodes",
        select: [{ as: "certname", field: "certname" }],
        where: { op: "json=", left: { field: "facts", path: ["a"], shown: true }, right: 1 },
      };
      for (const entity of ["resources", "catalogs", "factsets", "facts", "reports"] as const) {
        const where: Condition = { op: "in", left: [{ field: "certname" }], plan };
        const found = await store.estate.count({ entity, select: [], where });
        expect([entity, found]).toEqual([
          entity,
          { resources: 3, catalogs: 1, factsets: 1, facts: 1, reports: 0 }[entity],
        ]);
      }
    });

    it("comes whole, as a catalog has it", async () => {
      await fill(store.estate, [catalogOf("one", 1000, resources.slice(0, 2))]);
      const whole = await column({ select: [{ as: "whole", field: "whole" }], order: [{ field: "title" }] });
      expect(whole[1]).toEqual([{
        type: "Host",
        title: `b ${marked}`,
        tags: [marked, "y"],
        exported: true,
        file: "/site.pp",
        line: 7,
        parameters: {},
      }]);
      for await (
        const row of store.estate.run({ entity: "resources", select: [{ as: "whole", field: "whole" }], limit: 1 })
      ) {
        expect((row["whole"] as Sealed<string>).reveal()).toContain('"file":null,"line":null,"parameters":{"n":1.50}');
      }
      const [first] = await column({ select: [], limit: 1 });
      expect(first).toBe("one");
    });

    it("of other fields there is none", async () => {
      await expect(titles({ op: "=", left: { field: "file", shown: true }, right: "x" })).rejects.toMatchObject({
        code: "bad_request",
      });
    });
  });

/** Groups in the order of how many rows they have. */
export const describeByCount = (name: string, open: OpenStore) =>
  it(`sorts groups by how many rows they have, ${name}`, async () => {
    const store = await open(createTestClock());
    const of = (certname: string, environment: string) => catalogOf(certname, 1000, [], { environment });
    await fill(store.estate, [of("a", "test"), of("b", "production"), of("c", "production"), of("d", "dev")]);
    const environment = { field: "environment" };
    const plan = (byCount: "asc" | "desc"): Plan => ({
      entity: "catalogs",
      select: [{ as: "environment", ...environment }, { as: "count", aggregate: "count" }],
      groupBy: [environment],
      byCount,
      order: [environment],
    });
    const found = async (asked: Plan) => {
      const rows: string[] = [];
      for await (const row of store.estate.run(asked)) rows.push(`${row["environment"]}=${row["count"]}`);
      return rows;
    };
    expect(await found(plan("desc"))).toEqual(["production=2", "dev=1", "test=1"]);
    expect(await found({ ...plan("asc"), limit: 2, offset: 1 })).toEqual(["test=1", "production=2"]);
    expect(await store.estate.count(plan("asc"))).toBe(3);
    await expect(found({ entity: "catalogs", select: [], byCount: "asc" })).rejects.toMatchObject({
      code: "bad_request",
    });
    await store.close();
  });
