import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { factFilter } from "../../handlers/core/nodes/fact-filter.ts";
import { formsOf } from "../../handlers/core/redaction/forms.ts";
import type { Condition, FieldRef, Plan } from "../../handlers/core/query/plan.ts";
import type { HiddenThings } from "../../handlers/interfaces/estate.ts";
import { seal } from "../../handlers/interfaces/sealed.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import { createTestClock } from "../support/clock.ts";
import { factsOf, fill } from "../support/estate.ts";
import type { OpenStore } from "./documents.ts";

const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----\n";
const known = "hunter2-known";
const marked = "marked-by-puppet";
const number = 47110815;
const things: HiddenThings = {
  patterns: [...formsOf(known), ...formsOf(String(number))],
  factPaths: [["by", "place"]],
  parameters: [],
};
/** Each a secret fact and, beside it, an open one. */
const secrets = {
  known: { a: known, b: `in a text: ${known}!` },
  number: { a: number },
  marked: { a: marked },
  by: { place: "anything at all" },
  look: { a: pem },
  key: { pp_preshared_key: "some key or other" },
};
const places: readonly (readonly string[])[] = [
  ["known", "a"],
  ["known", "b"],
  ["number", "a"],
  ["marked", "a"],
  ["by", "place"],
  ["look", "a"],
  ["key", "pp_preshared_key"],
];

/** What each store must do with questions about values that the one who asks may not see. */
export const describeShown = (name: string, open: OpenStore) =>
  describe(`questions of people, ${name}`, () => {
    const clock = createTestClock();
    let store: Store;
    const select = [{ as: "certname", field: "certname" }];
    const names = async (where: Condition, more: Partial<Plan> = {}): Promise<readonly string[]> => {
      const rows: string[] = [];
      for await (const row of store.estate.run({ entity: "nodes", select, where, ...more })) {
        rows.push(String(row["certname"]));
      }
      return rows.sort();
    };
    const shown = (path: readonly string[]): FieldRef => ({ field: "facts", path, shown: true });

    beforeAll(async () => {
      store = await open(clock);
      await store.estate.storeCatalog({
        certname: "secret.example",
        catalog_uuid: "uuid",
        environment: "production",
        version: "1",
        code_id: null,
        received_at: "2026-01-01T00:00:00.000Z",
        hash: "f".repeat(64),
        content: seal("{}"),
        marks: seal({ values: [marked], parameters: {} }),
      });
      await fill(store.estate, [
        factsOf("secret.example", 1000, JSON.stringify({ ...secrets, os: { family: "Debian" }, cpus: 4 })),
        factsOf("open.example", 1000, JSON.stringify({ known: { a: "open" }, os: { family: "RedHat" }, cpus: 16 })),
        factsOf("other.example", 1000, JSON.stringify({ marked: { a: marked }, os: { family: "Debian" }, cpus: 8 })),
      ]);
    });
    afterAll(() => store.close());

    describe(`what is shown of facts`, () => {
      it("cannot be asked about before it is known what is hidden", async () => {
        await expect(names(factFilter("os.family:regex:str:^D"))).rejects.toMatchObject({ code: "unavailable" });
        await store.estate.hide(seal(things));
        expect(await names(factFilter("os.family:regex:str:^D"))).toEqual(["other.example", "secret.example"]);
      });

      it("is compared by its type", async () => {
        expect(await names(factFilter("cpus:gt:int:4"))).toEqual(["open.example", "other.example"]);
        expect(await names(factFilter("cpus:eq:str:4"))).toEqual([]);
        expect(await names(factFilter("cpus:in:int:4,16"))).toEqual(["open.example", "secret.example"]);
        expect(await names(factFilter("os.family:ne:str:Debian"))).toEqual(["open.example"]);
        const all = ["open.example", "other.example", "secret.example"];
        expect(await names(factFilter("nothing.here:ne:str:x"))).toEqual(all);
      });

      it.each(places.map((path) => [path.join("."), path] as const))(
        "tells no more of %s than what is shown",
        async (_, path) => {
          const left = shown(path);
          const of = (where: Condition) =>
            names({ op: "and", of: [where, { op: "=", left: { field: "certname" }, right: "secret.example" }] });
          const there = ["secret.example"];
          const raw = path.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], secrets);
          const hidden = path.join(".") === "known.b" ? "in a text: XXXXX!" : path[0] === "look" ? "XXXXX\n" : "XXXXX";
          expect(await of({ op: "json=", left, right: hidden })).toEqual(there);
          expect(await of({ op: "=", left, right: hidden })).toEqual(there);
          expect(await of({ op: "json=", left, right: raw })).toEqual([]);
          expect(await of({ op: "in", left: [left], values: [[raw as string], ["x"]] })).toEqual([]);
          expect(await of({ op: "not", of: { op: "json=", left, right: raw } })).toEqual(there);
          expect(await of({ op: "null", left, is: false })).toEqual(there);
          const text = String(raw);
          for (const prefix of [text.slice(0, 1), text.slice(0, 4), text]) {
            const pattern = `^${prefix.replaceAll(/[-+.*?^${}()|[\]\\]/g, "\\$&")}`;
            const wanted = hidden.startsWith(prefix) ? there : [];
            expect([prefix, await of({ op: "matches", left, pattern })]).toEqual([prefix, wanted]);
          }
          // where it would stand among others is where the placeholder does
          expect(await of({ op: "<", left, right: hidden })).toEqual([]);
          expect(await of({ op: "<=", left, right: hidden })).toEqual(there);
          if (typeof raw === "number") expect(await of({ op: ">=", left, right: 0 })).toEqual([]);
        },
      );

      it("finds by many alternatives what it finds by each", async () => {
        const left = shown(["known", "a"]);
        const equal = (right: unknown): Condition => ({ op: "json=", left, right });
        const rights = ["open", "XXXXX", known, 1, true, false, "x", 2.5];
        const each = (await Promise.all(rights.map((right) => names(equal(right))))).flat().sort();
        const nested = rights.map((right, at): Condition =>
          at % 2 === 0 ? equal(right) : { op: "and", of: [{ op: "or", of: [equal(right)] }] }
        );
        expect(await names({ op: "or", of: nested })).toEqual(each);
        expect(each).toEqual(["open.example", "secret.example"]);
        const none = await names({ op: "not", of: { op: "or", of: nested } });
        expect(none).not.toContain("open.example");
        expect(none).toContain("other.example");
        const cpus = [4, 8, 99, 100].map((right): Condition => ({ op: "json=", left: shown(["cpus"]), right }));
        expect(await names({ op: "or", of: cpus })).toEqual(["other.example", "secret.example"]);
      });

      it("is grouped, counted and sorted by", async () => {
        const left = shown(["marked", "a"]);
        const rows: unknown[] = [];
        const plan: Plan = {
          entity: "nodes",
          select: [{ as: "value", ...left }, { as: "count", aggregate: "count" }],
          groupBy: [left],
          where: { op: "null", left, is: false },
          order: [left],
        };
        for await (const row of store.estate.run(plan)) {
          rows.push([(row["value"] as { reveal(): string }).reveal(), row["count"]]);
        }
        // the other node may show it: Puppet marked it for one only
        expect(rows).toEqual([['"XXXXX"', 1], [JSON.stringify(marked), 1]]);
        const sorted: string[] = [];
        const by: Plan = { entity: "nodes", select, order: [shown(["known", "a"]), { field: "certname" }] };
        for await (const row of store.estate.run(by)) sorted.push(String(row["certname"]));
        expect(sorted).toEqual(["other.example", "secret.example", "open.example"]);
        expect(
          await store.estate.count({ entity: "nodes", select, where: { op: "matches", left, pattern: "^marked" } }),
        ).toBe(1);
      });

      it("follows what Puppet marks later, and facts that come later", async () => {
        const where = factFilter("later:regex:str:^tok");
        await fill(store.estate, [factsOf("later.example", 2000, '{"later":"token-of-later"}')]);
        expect(await names(where)).toEqual(["later.example"]);
        await store.estate.storeCatalog({
          certname: "later.example",
          catalog_uuid: "uuid-later",
          environment: "production",
          version: "1",
          code_id: null,
          received_at: "2026-01-01T00:00:00.000Z",
          hash: "e".repeat(64),
          content: seal("{}"),
          marks: seal({ values: ["token-of-later"], parameters: {} }),
        });
        expect(await names(where)).toEqual([]);
        await fill(store.estate, [factsOf("later.example", 3000, '{"later":"token-of-later","n":2}')]);
        expect(await names(where)).toEqual([]);
        expect(await names(factFilter("n:eq:int:2"))).toEqual(["later.example"]);
      });

      it("is asked of a node's other rows through the node", async () => {
        const where: Condition = {
          op: "in",
          left: [{ field: "certname" }],
          plan: { entity: "nodes", select, where: factFilter("os.family:eq:str:RedHat") },
        };
        const rows: string[] = [];
        for await (const row of store.estate.run({ entity: "factsets", select, where })) {
          rows.push(
            String(row["certname"]),
          );
        }
        expect(rows).toEqual(["open.example"]);
      });
    });

    describe(`what people set for a node`, () => {
      const facts = seal('{"role":"db"}');

      it("is kept whatever Puppet sends, with a version that is checked", async () => {
        const { estate } = store;
        expect(await estate.nodeSettings("new.example")).toBeUndefined();
        const made = await estate.createNode("new.example", { disabled: true, facts_inject: facts });
        await expect(estate.createNode("new.example", made)).rejects.toMatchObject({ code: "conflict" });
        await fill(estate, [factsOf("new.example", 5000, "{}")]);
        const { facts_inject, ...rest } = (await estate.nodeSettings("new.example"))!;
        expect([rest, facts_inject.reveal()]).toEqual([
          { certname: "new.example", disabled: true, version: 1 },
          facts.reveal(),
        ]);
        const changed = await estate.changeNode("new.example", { disabled: false, facts_inject: facts }, 1);
        expect(changed.version).toBe(2);
        await expect(estate.changeNode("new.example", changed, 1)).rejects.toMatchObject({
          code: "precondition_failed",
        });
        await expect(estate.changeNode("nobody.example", changed, 1)).rejects.toMatchObject({ code: "not_found" });
        expect((await estate.nodeSettings("open.example"))?.version).toBe(0);
        const at = "2026-01-01T00:00:00.000Z";
        await estate.apply({ command: "deactivate node", certname: "new.example", producer_timestamp: at }, 0);
        const active: Condition = { op: "=", left: { field: "active" }, right: true };
        await estate.changeNode("new.example", changed, 2);
        expect(await names(active)).not.toContain("new.example");
        await estate.changeNode("new.example", changed, 3, true);
        expect(await names(active)).toContain("new.example");
      });

      it("tells which conditions a node meets", async () => {
        const found = await store.estate.test("open.example", [
          factFilter("os.family:eq:str:RedHat"),
          factFilter("os.family:eq:str:Debian"),
          { op: "=", left: { field: "enabled" }, right: true },
          { op: "or", of: [] },
        ]);
        expect(found).toEqual([true, false, true, false]);
        expect(await store.estate.test("nobody.example", [{ op: "and", of: [] }])).toEqual([false]);
        const many = Array.from({ length: 1200 }, (_, i) => factFilter(`cpus:eq:int:${i}`));
        const meets = await store.estate.test("open.example", many);
        expect([meets.length, meets.indexOf(true)]).toEqual([1200, 16]);
      });
    });
  });
