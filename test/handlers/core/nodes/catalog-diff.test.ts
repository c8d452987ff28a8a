import { describe, expect, it } from "vitest";
import { parseExact } from "../../../../handlers/core/json/exact-json.ts";
import { compareCatalogs } from "../../../../handlers/core/nodes/catalog-diff.ts";
import { pairUp, sameJson } from "../../../../handlers/core/nodes/same-json.ts";

describe("sameJson", () => {
  it.each([
    ['{"a":1,"b":[1,{"c":null}]}', '{"b":[1,{"c":null}],"a":1}', true],
    ["[1,2]", "[2,1]", false],
    ["[1]", "[1,2]", false],
    ["[]", "{}", false],
    ['{"a":null}', "{}", false],
    ['{"toString":1}', '{"other":1}', false],
    ["9007199254740993", "9007199254740993", true],
    ["9007199254740993", "9007199254740992", false],
    ["1.0", "1", false],
    ["1", '"1"', false],
    ["null", "{}", false],
  ])("%s and %s: %s", (a, b, same) => {
    expect([sameJson(parseExact(a), parseExact(b)), sameJson(parseExact(b), parseExact(a))]).toEqual([same, same]);
  });
});

describe("pairUp", () => {
  const pairs = (before: readonly string[], after: readonly string[]) =>
    pairUp(before, after, (each) => each.charAt(0)).map(([a, b]) => `${a ?? "-"}/${b ?? "-"}`).join(" ");

  it("puts together what has one key, and of several the same ones first", () => {
    expect(pairs(["a1", "b1"], ["b2", "c1"])).toBe("a1/- b1/b2 -/c1");
    expect(pairs(["a1", "a2", "a3"], ["a3", "a4", "a1"])).toBe("a1/a1 a3/a3 a2/a4");
    expect(pairs(["a1", "a1"], ["a1"])).toBe("a1/a1 a1/-");
    expect(pairs([], [])).toBe("");
  });
});

describe("compareCatalogs", () => {
  it("takes what has no resources", () => {
    for (const value of [null, {}, [null, 1], "x"]) {
      expect(compareCatalogs({ resources: { value }, edges: null }, { resources: null, edges: { value } }))
        .toMatchObject({
          added: [],
          removed: [],
          changed: [],
        });
    }
  });

  it("compares 20,000 resources at once", () => {
    const resources = (from: number) =>
      Array.from({ length: 20_000 }, (_, i) => ({
        type: "File",
        // half of them with one name, as secrets in titles make them
        title: i % 2 === 0 ? "/XXXXX" : `/file-${from + i}`,
        parameters: { content: `${from} ${"x".repeat(100)}`, mode: i },
        tags: ["file", "node", `class-${i % 100}`],
      }));
    const edges = (from: number) =>
      Array.from({ length: 40_000 }, (_, i) => ({ source: "Stage[main]", target: `${from + i}` }));
    const side = (from: number) => ({ resources: { value: resources(from) }, edges: { value: edges(from) } });
    const [a, b] = [side(0), side(10_000)];
    const start = performance.now();
    const found = compareCatalogs(a, b);
    const took = performance.now() - start;
    expect([found.added.length, found.removed.length, found.changed.length]).toEqual([5000, 5000, 15_000]);
    expect(found.edges).toEqual({ added: 10_000, removed: 10_000 });
    // quadratic would be minutes
    expect(took).toBeLessThan(5000);
  });
});
