import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { factFilter } from "../../../../handlers/core/nodes/fact-filter.ts";
import { factPath, factPlaces, factTest } from "../../../../handlers/core/nodes/fact-test.ts";
import { AppError } from "../../../../handlers/errors.ts";
import { seal } from "../../../../handlers/interfaces/sealed.ts";
import type { Store } from "../../../../handlers/interfaces/store.ts";
import { createTestClock } from "../../../support/clock.ts";
import { factsOf, fill, openTestStore } from "../../../support/estate.ts";

const shown = (...path: (string | number)[]) => ({ field: "facts", path, shown: true });
const problem = (work: () => unknown): { code: string; field: string | undefined; message: string } => {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, field: error.field, message: error.message };
    throw error;
  }
  throw new Error("Expected it to be refused");
};

describe("factPath", () => {
  it.each([
    ["kernel", ["kernel"]],
    ["os.family", ["os", "family"]],
    ["mountpoints./boot.size_bytes", ["mountpoints", "/boot", "size_bytes"]],
    ['mountpoints."/run/user.d".size', ["mountpoints", "/run/user.d", "size"]],
    ['trusted.extensions."1.3.6.1.4.1.34380.1.1.13"', ["trusted", "extensions", "1.3.6.1.4.1.34380.1.1.13"]],
    ["processors.models[0]", ["processors", "models", 0]],
    ["a[0][12].b", ["a", 0, 12, "b"]],
    ["processors.models.0", ["processors", "models", "0"]],
    ['a."0.1".2', ["a", "0.1", "2"]],
    ["certname", ["certname"]],
    ["a:b.C: d(e)", ["a:b", "C: d(e)"]],
    ["__proto__.constructor", ["__proto__", "constructor"]],
  ])("reads %s", (text, path) => {
    expect(factPath(text)).toEqual(path);
  });

  it.each([
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    'a."',
    'a.""',
    'a"b"',
    'a."b"c',
    "a[",
    "a[x]",
    "[0]",
    "a[1234567890]",
    "a[-1]",
  ])(
    "refuses %s",
    (text) => {
      expect(problem(() => factPath(text))).toMatchObject({ code: "bad_request", field: "fact" });
    },
  );

  it("refuses what is longer than any fact", () => {
    expect(problem(() => factPath("a".repeat(1001))).message.length).toBeLessThan(310);
    expect(problem(() => factPath("a.".repeat(40) + "a")).code).toBe("bad_request");
  });
});

describe("factPlaces", () => {
  it("takes digits for a name or an index, and brackets for an index only", () => {
    expect(factPlaces(["a", "0", "b"])).toEqual([shown("a", "0", "b"), shown("a", 0, "b")]);
    expect(factPlaces(["a", 0, "b"])).toEqual([shown("a", 0, "b")]);
    expect(factPlaces(["0", "a"])).toEqual([shown("0", "a")]);
    expect(factPlaces(["a", "007"])).toEqual([shown("a", "007")]);
    expect(factPlaces(["a", "0", "1", "2"])).toHaveLength(8);
    expect(problem(() => factPlaces(["a", "0", "1", "2", "3"])).code).toBe("bad_request");
  });
});

describe("factFilter", () => {
  it("is divided at the first operator and type (W4)", () => {
    expect(factFilter("a:eq:str:b:eq:str:c")).toEqual({ op: "json=", left: shown("a"), right: "b:eq:str:c" });
    expect(factFilter("disks.C:.size:eq:int:5")).toEqual({ op: "json=", left: shown("disks", "C:", "size"), right: 5 });
    expect(factFilter("a:eq:b:eq:str:")).toEqual({ op: "json=", left: shown("a:eq:b"), right: "" });
    expect(factFilter("a:lte:int:5")).toMatchObject({ of: [{ op: "null" }, { op: "<=", right: 5 }] });
  });

  it("reads values by their type", () => {
    const right = (text: string) => (factFilter(text) as { right: unknown }).right;
    expect(["1", "true", "True"].map((text) => right(`a:eq:bool:${text}`))).toEqual([true, true, true]);
    expect(["0", "false", "False"].map((text) => right(`a:eq:bool:${text}`))).toEqual([false, false, false]);
    expect(["42", "-7", "+3", "007"].map((text) => right(`a:eq:int:${text}`))).toEqual([42, -7, 3, 7]);
    expect(["1.5", ".5", "2.", "-1e3", "4"].map((text) => right(`a:eq:float:${text}`))).toEqual([1.5, .5, 2, -1000, 4]);
    expect(right("a:eq:str: x ")).toBe(" x ");
  });

  it("takes lists with commas, each value once", () => {
    expect(factFilter("a:in:int:1,2,1")).toEqual({
      op: "or",
      of: [1, 2].map((right) => ({ op: "json=", left: shown("a"), right })),
    });
    expect(factFilter("a:nin:str:x")).toEqual({ op: "not", of: { op: "json=", left: shown("a"), right: "x" } });
  });

  it.each([
    ["", /^Cannot read the fact filter "", expected <fact>:<op>:<type>:<value>/],
    ["os.family", /^Cannot read the fact filter/],
    ["os.family:eq:Debian", /^Cannot read the fact filter/],
    ["os.family:is:str:Debian", /^Cannot read the fact filter/],
    [":eq:str:x", /^Cannot read the fact filter/],
    ["a.:eq:str:x", /^Cannot read "a." as the name of a fact/],
    ["a:eq:int:4.5", /^"4.5" is no int/],
    ["a:eq:int:", /^"" is no int/],
    ["a:eq:int:0x10", /^"0x10" is no int/],
    ["a:in:int:1,,2", /^"" is no int/],
    ["a:eq:int:9007199254740993", /no whole number between -2\^53 and 2\^53/],
    ["a:eq:float:NaN", /^"NaN" is no float/],
    ["a:eq:float:1e999", /^"1e999" is no float/],
    ["a:eq:bool:yes", /^"yes" is no bool/],
    ["a:gt:bool:true", /has no order/],
    ["a:regex:int:4", /works with str only/],
    ["a:regex:str:(", /^Cannot read the regular expression/],
    ["a:regex:str:(?=x)", /^Cannot read the regular expression/],
  ])("refuses %s in a sentence", (text, message) => {
    const found = problem(() => factFilter(text));
    expect(found).toMatchObject({ code: "bad_request", field: "fact" });
    expect(found.message).toMatch(message);
    expect(found.message).not.toMatch(/\.$/);
  });

  it("bounds what a filter may cost", () => {
    const many = Array.from({ length: 1001 }, (_, i) => i);
    expect(problem(() => factFilter(`a:in:int:${many}`)).message).toMatch(/1000 values/);
    expect(problem(() => factTest({ path: ["a"], op: "eq", type: "str", values: ["x", "y"] })).message)
      .toMatch(/one value/);
    expect(problem(() => factTest({ path: ["a"], op: "eq", type: "str", values: [] })).message).toMatch(
      /needs a value/,
    );
    expect(problem(() => factFilter("x".repeat(5000))).message.length).toBeLessThan(400);
  });
});

describe("nodes that a filter finds", () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore(createTestClock());
    await store.estate.hide(seal({ patterns: ["hunter2-secret"], factPaths: [], parameters: [] }));
    await fill(store.estate, [
      factsOf("a", 1000, '{"cpus":2,"tags":["x","y"],"up":true,"disks":[{"size":1.5}],"token":"hunter2-secret"}'),
      factsOf("b", 1000, '{"cpus":8,"tags":["y"],"up":false,"disks":{"0":{"size":9}},"token":"open"}'),
      factsOf("c", 1000, '{"cpus":"8","name":"a:eq:str:b","mountpoints":{"/run/d.x":{"size":7}},"none":null}'),
    ]);
  });
  afterAll(() => store.close());
  const found = async (...filters: readonly string[]): Promise<string> => {
    const names: string[] = [];
    const plan = {
      entity: "nodes",
      select: [{ as: "certname", field: "certname" }],
      where: { op: "and", of: filters.map(factFilter) },
      order: [{ field: "certname" }],
    } as const;
    for await (const row of store.estate.run(plan)) names.push(String(row["certname"]));
    return names.join(" ");
  };

  it.each([
    ["a", "cpus:eq:int:2"],
    ["b", "cpus:eq:float:8.0"],
    ["c", "cpus:eq:str:8"],
    // a node that lacks the fact, or has it with another type, is none that is equal
    ["a c", "cpus:ne:int:8"],
    ["a b c", "nothing:ne:str:x"],
    ["a b c", "nothing:nin:int:1,2"],
    ["c", "cpus:nin:int:2,8"],
    ["b", "cpus:gt:int:2"],
    ["a b", "cpus:gte:int:2"],
    ["a", "cpus:lt:int:8"],
    ["c", "cpus:gte:str:"],
    ["", "nothing:lt:int:8"],
    ["", "none:eq:str:null"],
    ["b", "up:eq:bool:0"],
    ["c", "up:nin:bool:0,1"],
    ["c", "name:eq:str:a:eq:str:b"],
    ["c", 'mountpoints."/run/d.x".size:gt:int:6'],
    // W8: an array, by its index
    ["a b", "tags.0:in:str:x,y"],
    ["b", "tags[0]:eq:str:y"],
    ["a b", "disks.0.size:gt:int:1"],
    ["a", "disks[0].size:gt:int:1"],
    ["b c", "disks.0.size:ne:float:1.5"],
    ["b c", "cpus:regex:str:^8$"],
    ["c", "name:regex:str:eq.str"],
    ["a", "token:regex:str:^X{5}$"],
    ["", "token:regex:str:^hunter"],
    ["", "token:eq:str:hunter2-secret"],
    ["a", "token:eq:str:XXXXX"],
  ])("%s: %s", async (names, filter) => {
    expect(await found(filter)).toBe(names);
  });

  it("takes several on one fact (W4)", async () => {
    expect(await found("cpus:gt:int:1", "cpus:lt:int:8")).toBe("a");
    expect(await found("cpus:gt:int:1", "cpus:lt:int:2")).toBe("");
  });

  it("takes as many values as there may be, at several places", async () => {
    const values = Array.from({ length: 1000 }, (_, i) => i * 0.5);
    expect(await found(`disks.0.size:in:float:${values}`, `cpus:in:float:${values}`)).toBe("a b");
  });
});
