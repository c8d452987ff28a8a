import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { orderOf } from "../../../../../handlers/core/query/ast/order.ts";
import { planOf } from "../../../../../handlers/core/query/ast/plan.ts";
import { parseExact } from "../../../../../handlers/core/json/exact-json.ts";
import type { EntityName } from "../../../../../handlers/core/query/entities.ts";
import type { Plan } from "../../../../../handlers/core/query/plan.ts";
import { AppError } from "../../../../../handlers/errors.ts";
import type { Store } from "../../../../../handlers/interfaces/store.ts";
import { openSqliteStore } from "../../../../../runtime/storage/sqlite/open.ts";
import { createTestClock } from "../../../../support/clock.ts";
import { createRecordingLog } from "../../../../support/log.ts";
import { createTestVault } from "../../../../support/vault.ts";

/** The filter alone, of a query that is not restricted to active nodes. */
const filter = (entity: EntityName, ast: unknown) => {
  const { where } = planOf(entity, ["and", ["=", "node_state", "any"], ast]);
  const and = where as unknown as { of: readonly [{ of: readonly [unknown, unknown] }] };
  return and.of[0].of[1];
};
const active = { op: "=", left: { field: "active" }, right: true };
const activeCertname = {
  op: "in",
  left: [{ field: "certname" }],
  plan: { entity: "nodes", select: [{ as: "certname", field: "certname" }], where: active },
};

describe("a query of PuppetDB's AST", () => {
  it("is restricted to active nodes unless it speaks of them, also below an and", () => {
    expect(planOf("nodes", undefined).where).toEqual({ op: "and", of: [active] });
    expect(planOf("facts", undefined).where).toEqual({ op: "and", of: [activeCertname] });
    expect(planOf("nodes", ["=", ["node", "active"], false]).where).toEqual({
      op: "and",
      of: [{ ...active, right: false }],
    });
    expect(planOf("nodes", ["=", "node_state", "ANY"]).where).toEqual({ op: "and", of: [{ op: "and", of: [] }] });
    expect(planOf("resources", ["=", "title", "node_state"]).where).toMatchObject({
      of: [activeCertname, { op: "=" }],
    });
    expect(planOf("catalogs", undefined).where).toEqual({
      op: "and",
      of: [{ op: "=", left: { field: "current" }, right: true }],
    });
  });

  it.each([
    ["nodes", ["=", "certname", "a"], { op: "=", left: { field: "certname" }, right: "a" }],
    ["nodes", ["NOT", ["=", "certname", "a"]], { op: "not", of: { op: "=", left: { field: "certname" }, right: "a" } }],
    ["nodes", ["=", "deactivated", null], { op: "null", left: { field: "deactivated" }, is: true }],
    ["nodes", ["null?", "deactivated", false], { op: "null", left: { field: "deactivated" }, is: false }],
    ["nodes", ["~", "certname", "^web"], { op: "matches", left: { field: "certname" }, pattern: "^web" }],
    ["nodes", ["~", "certname", "w.b"], { op: "matches", left: { field: "certname" }, pattern: "(?s)w.b" }],
    ["nodes", [">", "report_timestamp", "2016-08-03"], {
      op: ">",
      left: { field: "report_timestamp" },
      right: "2016-08-03T00:00:00.000Z",
    }],
    ["resources", ["=", "tag", "Class"], { op: "has", left: { field: "tags" }, right: "class" }],
    ["resources", ["=", "tags", "Class"], { op: "has", left: { field: "tags" }, right: "Class" }],
    ["resources", ["=", "exported", true], { op: "=", left: { field: "exported" }, right: true }],
    ["resources", ["<=", "line", 5], { op: "<=", left: { field: "line" }, right: 5 }],
    ["resources", ["=", ["parameter", "port"], 80], {
      op: "json=",
      left: { field: "parameters", path: ["port"] },
      right: 80,
    }],
    ["resources", ["~", ["parameter", "mode"], "06"], {
      op: "matches",
      left: { field: "parameters", path: ["mode"] },
      pattern: "^(?:06)$",
    }],
    ["resources", ["=", 'parameters.a."b.c"[3]', "x"], {
      op: "json=",
      left: { field: "parameters", path: ["a", "b.c", 3] },
      right: "x",
    }],
    ["resources", ["null?", "parameters.a", true], {
      op: "json=",
      left: { field: "parameters", path: ["a"] },
      right: null,
    }],
    ["facts", ["=", "value", "x"], { op: "=", left: { field: "value" }, right: "x" }],
    ["facts", ["=", "value", [1, 2]], { op: "json=", left: { field: "value" }, right: [1, 2] }],
    ["facts", [">=", "value", 5], { op: ">=", left: { field: "value" }, right: 5 }],
    ["nodes", ["in", "certname", ["array", ["a", "b"]]], {
      op: "in",
      left: [{ field: "certname" }],
      values: [["a"], ["b"]],
    }],
    ["nodes", ["in", "certname", ["array", []]], { op: "in", left: [{ field: "certname" }], values: [] }],
    ["nodes", ["in", "expired", ["array", ["20160803"]]], {
      op: "in",
      left: [{ field: "expired" }],
      values: [["2016-08-03T00:00:00.000Z"]],
    }],
    ["facts", ["in", "value", ["array", ["x", 5]]], {
      op: "or",
      of: [{ op: "=", left: { field: "value" }, right: "x" }, { op: "=", left: { field: "value" }, right: 5 }],
    }],
    ["facts", ["in", ["name", "certname"], ["array", [["a", "b"]]]], {
      op: "in",
      left: [{ field: "name" }, { field: "certname" }],
      values: [["a", "b"]],
    }],
  ] as [EntityName, unknown, unknown][])(
    "on %s %j",
    (entity, ast, condition) => expect(filter(entity, ast)).toEqual(condition),
  );

  it("finds nodes by a fact of theirs, of the value's type", () => {
    expect(filter("nodes", ["=", ["fact", "role"], "web"])).toEqual({
      op: "in",
      left: [{ field: "certname" }],
      plan: {
        entity: "facts",
        select: [{ as: "certname", field: "certname" }],
        where: {
          op: "and",
          of: [{ op: "=", left: { field: "name" }, right: "role" }, {
            op: "=",
            left: { field: "value" },
            right: "web",
          }],
        },
      },
    });
  });

  it("has subqueries in both forms, of present catalogs and of agents' reports", () => {
    const of = (plan: unknown) => ({ op: "in", left: [{ field: "certname" }], plan });
    const select = [{ as: "certname", field: "certname" }];
    const failed = { op: "=", left: { field: "status" }, right: "failed" };
    const agents = { op: "=", left: { field: "type" }, right: "agent" };
    const ast = ["=", "status", "failed"];
    expect(filter("nodes", ["in", "certname", ["extract", "certname", ["select_reports", ast]]])).toEqual(
      of({ entity: "reports", select, where: { op: "and", of: [agents, failed] } }),
    );
    expect(
      filter("nodes", ["in", ["certname"], [
        "from",
        "reports",
        ["extract", ["certname"], ["and", ast, ["=", "type", "any"]]],
        ["limit", 5],
        ["order_by", [["end_time", "desc"]]],
      ]]),
    ).toEqual(
      of({
        entity: "reports",
        select,
        where: { op: "and", of: [{ op: "and", of: [failed, { op: "and", of: [] }] }] },
        limit: 5,
        order: [{ field: "end_time", direction: "desc" }],
      }),
    );
    expect(filter("nodes", ["in", "certname", ["extract", "certname", ["select_catalogs"]]])).toEqual(
      of({
        entity: "catalogs",
        select,
        where: { op: "and", of: [{ op: "=", left: { field: "current" }, right: true }] },
      }),
    );
  });

  it("selects fields, places in parameters and functions, grouped or not", () => {
    expect(planOf("nodes", ["extract", "certname"]).select).toEqual([{ as: "certname", field: "certname" }]);
    expect(planOf("resources", ["extract", ["parameters.a.b"]]).select).toEqual([
      { as: "parameters.a.b", field: "parameters", path: ["a", "b"] },
    ]);
    const count = ["function", "count"];
    expect(planOf("nodes", ["extract", [count, count], ["=", "certname", "a"]]).select).toEqual([
      { as: "count", aggregate: "count" },
      { as: "count_2", aggregate: "count" },
    ]);
    const grouped = planOf("nodes", ["extract", [count, "report_environment"], ["group_by", "report_environment"]]);
    expect(grouped.groupBy).toEqual([{ field: "report_environment" }]);
    expect(planOf("resources", ["extract", [["function", "max", "line"]]]).select).toEqual([
      { as: "max", aggregate: "max", of: { field: "line" } },
    ]);
  });

  it("takes times in PuppetDB's many forms", () => {
    const time = (value: unknown) => (filter("nodes", ["=", "expired", value]) as { right: string }).right;
    for (
      const form of [
        "2016-08-03T10:20:30.000Z",
        "2016-08-03 10:20:30",
        "20160803T102030Z",
        "2016-08-03T12:20:30+02:00",
        "2016-08-03T12:20:30+0200",
        1470219630000,
      ]
    ) {
      expect([form, time(form)]).toEqual([form, "2016-08-03T10:20:30.000Z"]);
    }
    for (const form of ["yesterday", "2016-13-01", "", true, 8.64e15, -1e15, "+012016-01-01"]) {
      expect(() => time(form)).toThrow(/is not a valid timestamp value/);
    }
  });

  it("compares numbers beyond 2^53 by their digits, or not at all", () => {
    const big = parseExact("9007199254740993");
    expect(filter("facts", ["=", "value", big])).toEqual({ op: "json=", left: { field: "value" }, right: big });
    expect(filter("facts", ["=", "value", parseExact("5e-07")])).toEqual({
      op: "=",
      left: { field: "value" },
      right: 5e-7,
    });
    expect(() => filter("facts", [">", "value", big])).toThrow(/cannot be compared exactly/);
  });

  it("orders", () => {
    expect(orderOf("nodes", [{ field: "certname" }, { field: "expired", order: "DESC" }])).toEqual([
      { field: "certname", direction: "asc" },
      { field: "expired", direction: "desc" },
    ]);
    for (
      const bad of [5, {}, "x", [5], [{}], [{ field: "x" }], [{ field: "certname", order: "up" }], [{
        field: "certname",
        a: 1,
      }]]
    ) {
      expect(() => orderOf("nodes", bad)).toThrow(AppError);
    }
  });
});

describe("what is not understood", () => {
  it.each([
    ["nodes", [], /^\[\] is not well-formed: queries must contain at least one operator$/],
    ["nodes", "certname", /is not well-formed/],
    ["nodes", ["===", "certname", "a"], /operator '===' is not known/],
    ["nodes", ["=", "certname"], /^= requires exactly two arguments$/],
    ["nodes", ["and"], /^'and' takes at least one argument, but none were supplied$/],
    [
      "nodes",
      ["not", ["=", "certname", "a"], ["=", "certname", "b"]],
      /^'not' takes exactly one argument, but 2 were supplied$/,
    ],
    [
      "nodes",
      ["=", "certnam", "a"],
      /^'certnam' is not a queryable object for nodes. Known queryable objects are 'cached_catalog_status', .*, and 'report_timestamp'$/,
    ],
    ["nodes", ["=", "active", true], /'active' is not a queryable object/],
    ["nodes", ["=", "certname", 1], /incompatible with string field/],
    ["nodes", ["=", "node_state", "asleep"], /node_state/],
    ["nodes", [">", "certname", "a"], /^Query operators >,>=,<,<= are not allowed on field certname$/],
    ["nodes", ["~", "certname", "("], /^ERROR: invalid regular expression/],
    ["nodes", ["~", "certname", "(?=a)"], /^ERROR: invalid regular expression/],
    ["nodes", ["~", "latest_report_noop", "a"], /Query operator ~ is not allowed on field latest_report_noop/],
    ["nodes", ["~>", "certname", ["a"]], /not known here/],
    ["nodes", ["subquery", "facts", ["=", "name", "a"]], /not known here/],
    ["nodes", [">", ["fact", "n"], "10"], /^Operator '>' not allowed on value '10'$/],
    ["nodes", ["=", ["parameter", "n"], "10"], /is not a queryable object for nodes/],
    [
      "nodes",
      ["in", "nope", ["array", ["a"]]],
      /^Can't match on unknown 'nodes' field 'nope' for 'in'. Acceptable fields are/,
    ],
    ["nodes", ["in", "certname", ["array", [["a", "b"]]]], /cannot be compared/],
    ["nodes", ["in", "certname", ["array", [1]]], /incompatible with string field/],
    ["nodes", ["in", "certname", ["a", "b"]], /is no subquery/],
    [
      "nodes",
      ["in", "certname", ["extract", "certname", ["select_nothing", ["=", "a", "b"]]]],
      /^Unsupported subquery `select_nothing`$/,
    ],
    ["nodes", ["in", "certname", ["extract", ["certname", "name"], ["select_facts"]]], /compares 1 fields with the 2/],
    ["nodes", ["in", "certname", ["extract", "value", ["select_facts"]]], /compares a string with a json/],
    ["nodes", ["in", "certname", ["from", "nodez", ["extract", "certname"]]], /^Invalid entity 'nodez' in query$/],
    [
      "nodes",
      ["in", "certname", ["from", "nodes", ["extract", "certname"], ["limit", 1], ["limit", 2]]],
      /^Multiple 'limit' clauses/,
    ],
    ["nodes", ["in", "certname", ["from", "nodes", ["extract", "certname"], ["limit", -1]]], /takes a whole number/],
    ["nodes", ["in", "certname", ["from", "nodes", ["extract", "certname"], ["colour", 1]]], /not known/],
    ["resources", ["in", "tags", ["array", ["a"]]], /cannot stand in 'in'/],
    ["resources", ["=", "exported", "true"], /incompatible with boolean field/],
    ["resources", ["=", "line", "10"], /^Argument "10" is incompatible with numeric field "line".$/],
    ["resources", ["=", "parameters.a.0", 1], /is not a queryable object/],
    ["resources", ["=", 'parameters.match("x")', 1], /is not a queryable object/],
    ["resources", ["=", "parameters.a", { b: 1 }], /can be compared here with a string/],
    ["facts", [">", "value", "20"], /^Argument "20" and operator ">" have incompatible types.$/],
    ["nodes", ["extract", []], /at least one field/],
    [
      "nodes",
      ["extract", ["certname", "nope"]],
      /^Can't extract unknown 'nodes' field 'nope'. Acceptable fields are 'certname', .* and /,
    ],
    ["nodes", ["extract", [["function", "median", "certname"]]], /function "median" is not known/],
    ["nodes", ["extract", [["function", "sum", "certname"]]], /takes no field of type string/],
    ["nodes", ["extract", ["certname", ["function", "count"]]], /must appear in 'group_by'/],
    ["nodes", ["extract", ["certname"], ["group_by", "report_environment"]], /must appear in 'group_by'/],
    ["nodes", ["extract", ["certname"], ["=", "certname", "a"], ["=", "certname", "b"]], /besides/],
    ["nodes", ["from", "nodes", ["=", "certname", "a"]], /not known here/],
  ] as [EntityName, unknown, RegExp][])("is refused: on %s %j", (entity, ast, text) => {
    expect(() => planOf(entity, ast)).toThrow(text);
    expect(() => planOf(entity, ast)).toThrow(AppError);
  });

  it("is refused when it is too deep or too long, whatever it is", () => {
    let deep: unknown = ["=", "certname", "a"];
    for (let i = 0; i < 50_000; i++) deep = ["not", deep];
    expect(() => planOf("nodes", deep)).toThrow(/nested deeper/);
    const long = ["or", ...Array.from({ length: 50_000 }, () => ["=", "certname", "a"])];
    expect(() => planOf("nodes", long)).toThrow(/more than 20000 terms/);
  });
});

describe("any query at all", () => {
  let store: Store;
  beforeAll(async () => {
    store = await openSqliteStore({
      path: ":memory:",
      vault: await createTestVault(),
      clock: createTestClock(),
      log: createRecordingLog(),
    });
  });
  afterAll(() => store.close());
  const run = async (plan: Plan) => {
    for await (const _ of store.estate.run({ ...plan, limit: 1 })) { /* nothing is stored */ }
    await store.estate.count(plan);
  };

  /** Pseudo-random, the same in each run. */
  const dice = (seed: number) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const words = [
    "certname",
    "name",
    "value",
    "tag",
    "tags",
    "title",
    "type",
    "line",
    "exported",
    "parameters",
    "parameters.a",
    "report_timestamp",
    "node_state",
    "active",
    "latest_report?",
    "__proto__",
    "constructor",
    "",
    "\0",
    "\ud800",
    "😀",
    "2016-08-03",
    "(",
    ".*",
    "any",
    "count",
    "certname",
    "facts",
    "nodes",
  ];
  const operators = [
    "=",
    ">",
    "<",
    "<=",
    ">=",
    "~",
    "~>",
    "null?",
    "and",
    "or",
    "not",
    "in",
    "extract",
    "from",
    "array",
    "select_facts",
    "select_resources",
    "select_reports",
    "subquery",
    "function",
    "group_by",
    "limit",
    "order_by",
    "fact",
    "parameter",
    "node",
  ];
  const term = (random: () => number, depth: number): unknown => {
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const kind = random();
    if (random() < 0.55) {
      return depth > 1 && kind < 0.6
        ? [pick(["and", "or", "not"]), term(random, depth - 2)]
        : [pick(["=", "~"]), "certname", pick(words.filter((each) => each !== "("))];
    }
    if (depth <= 0 || kind < 0.25) {
      return pick<unknown>([
        ...words,
        0,
        -1,
        1.5,
        1e300,
        true,
        false,
        null,
        {},
        { a: [1] },
        parseExact("9007199254740993"),
        [],
      ]);
    }
    if (kind < 0.4) return [pick(["fact", "parameter", "node"]), pick([...words, "active"])];
    if (kind < 0.55) {
      return ["in", pick(["certname", ["certname", "name"], "value"]), [
        "extract",
        pick(["certname", ["certname", "name"], "value"]),
        [
          pick(["select_facts", "select_resources", "select_nodes", "select_reports", "select_catalogs"]),
          term(random, depth - 2),
        ],
      ]];
    }
    if (kind < 0.7) {
      return [
        pick(["and", "or", "not"]),
        ...Array.from({ length: 1 + Math.floor(random() * 3) }, () => term(random, depth - 1)),
      ];
    }
    if (kind < 0.85) {
      return [
        pick(["=", "~", ">", "null?", "in"]),
        pick(words),
        pick<unknown>([...words, 5, true, ["array", [pick(words), pick([5, "a"])]]]),
      ];
    }
    return [pick(operators), ...Array.from({ length: Math.floor(random() * 4) }, () => term(random, depth - 1))];
  };

  it("is answered or refused with bad_request, by the translator and by the store", async () => {
    const random = dice(20261122);
    let answered = 0;
    for (let i = 0; i < 4000; i++) {
      const entity = (["nodes", "facts", "resources", "factsets"] as const)[i % 4]!;
      const ast = term(random, 5);
      try {
        await run(planOf(entity, ast));
        answered++;
      } catch (error) {
        const code = error instanceof AppError ? error.code : String(error);
        expect([JSON.stringify(ast), code]).toEqual([JSON.stringify(ast), "bad_request"]);
      }
    }
    expect(answered).toBeGreaterThan(200);
  }, 60_000);

  it("may be as deep and as wide as is taken", async () => {
    let nested: unknown = ["=", "certname", "a"];
    for (let i = 0; i < 50; i++) {
      nested = [i % 2 ? "or" : "and", nested, ...Array.from({ length: 90 }, () => ["=", "certname", "a"])];
    }
    await run(planOf("nodes", nested));
    await run(planOf("nodes", ["or", ...Array.from({ length: 4500 }, (_, i) => ["=", "certname", `n${i}`])]));
    await run(planOf("nodes", ["in", "certname", ["array", Array.from({ length: 19_000 }, (_, i) => `n${i}`)]]));
  });
});
