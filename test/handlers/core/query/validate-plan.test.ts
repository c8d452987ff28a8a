import { describe, expect, it } from "vitest";
import type { Condition, Plan } from "../../../../handlers/core/query/plan.ts";
import { timeOf, validatePlan } from "../../../../handlers/core/query/validate-plan.ts";
import { AppError } from "../../../../handlers/errors.ts";

const select = (...fields: string[]) => fields.map((field) => ({ as: field, field }));
const refusal = (plan: Plan): AppError => {
  try {
    validatePlan(plan);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("It was taken");
};
const where = (condition: unknown): Plan => ({ entity: "reports", select: [], where: condition as Condition });
const left = (field: string, ...path: string[]) => path.length > 0 ? { field, path } : { field };

describe("validatePlan", () => {
  it("takes what the entities have", () => {
    validatePlan({
      entity: "resources",
      select: [{ as: "port", field: "parameters", path: ["port"] }],
      where: {
        op: "and",
        of: [
          { op: "has", left: left("tags"), right: "web" },
          { op: "json=", left: left("parameters", "port"), right: { a: [1] } },
          { op: "in", left: [left("certname")], plan: { entity: "nodes", select: select("certname") } },
        ],
      },
      order: [{ field: "parameters", path: ["port"] }, { field: "title", direction: "desc" }],
      limit: 0,
      offset: 10,
    });
    validatePlan({
      entity: "reports",
      select: [...select("status"), { as: "n", aggregate: "count" }],
      where: { op: ">=", left: left("end_time"), right: "2026-01-01T00:00:00.000Z" },
      groupBy: [left("status")],
      order: [left("status")],
    });
  });

  const refused: readonly (readonly [what: string, plan: Plan, message: RegExp, field?: string])[] = [
    ["an unknown entity", { entity: "__proto__" as never, select: [] }, /^Unknown entity "__proto__"$/],
    [
      "an unknown field",
      where({ op: "=", left: left("colour"), right: "x" }),
      /^Unknown field "colour" of reports; known are cached_catalog_status, /,
      "colour",
    ],
    [
      "a field of every object",
      where({ op: "=", left: left("constructor"), right: "x" }),
      /^Unknown field/,
      "constructor",
    ],
    [
      "an unknown field of a subquery",
      where({
        op: "not",
        of: { op: "in", left: [left("certname")], plan: { entity: "nodes", select: select("title") } },
      }),
      /^Unknown field "title" of nodes/,
      "title",
    ],
    [
      "a condition on what can only be shown",
      where({ op: "null", left: left("logs"), is: true }),
      /can only be shown, not asked for$/,
      "logs",
    ],
    [
      "showing what can only be asked for",
      { entity: "nodes", select: select("active") },
      /can only be asked for, not shown$/,
      "active",
    ],
    [
      "a text for a number",
      where({ op: "=", left: left("report_format"), right: "12" }),
      /^"12" is no number as "report_format" of reports is$/,
      "report_format",
    ],
    ["a number for a text", where({ op: "=", left: left("certname"), right: 1 }), /^1 is no string/, "certname"],
    ["a text for a boolean", where({ op: "=", left: left("noop"), right: "true" }), /is no boolean/, "noop"],
    ["an order of booleans", where({ op: ">", left: left("noop"), right: true }), /has no order$/, "noop"],
    [
      "what is no time",
      where({ op: "<", left: left("end_time"), right: "yesterday" }),
      /^"yesterday" is no timestamp/,
      "end_time",
    ],
    [
      "one that isn't in the calendar",
      where({ op: "<", left: left("end_time"), right: "2026-13-01" }),
      /is no timestamp/,
      "end_time",
    ],
    [
      "a place in a text",
      where({ op: "=", left: left("certname", "x"), right: "x" }),
      /has nothing inside$/,
      "certname",
    ],
    ["an element of no list", where({ op: "has", left: left("certname"), right: "x" }), /is no list$/, "certname"],
    ["JSON equality of a text", where({ op: "json=", left: left("certname"), right: "x" }), /is no JSON$/, "certname"],
    [
      "a match of a number",
      where({ op: "matches", left: left("report_format"), pattern: "1" }),
      /is no text to match$/,
      "report_format",
    ],
    [
      "a bad expression",
      where({ op: "matches", left: left("status"), pattern: "(" }),
      /^Cannot read the regular expression "\("$/,
      "status",
    ],
    [
      "what RE2 does not do",
      where({ op: "matches", left: left("status"), pattern: "(?=x)" }),
      /^Cannot read/,
      "status",
    ],
    [
      "an endless expression",
      where({ op: "matches", left: left("status"), pattern: "a".repeat(1001) }),
      /1000 characters at most/,
      "status",
    ],
    [
      "rows of another width",
      where({ op: "in", left: [left("status")], values: [["a", "b"]] }),
      /needs 1 values a row$/,
      "status",
    ],
    ["values of another type", where({ op: "in", left: [left("noop")], values: [["a"]] }), /is no boolean/, "noop"],
    [
      "a subquery of another width",
      where({
        op: "in",
        left: [left("status")],
        plan: { entity: "nodes", select: select("certname", "expired") },
      }),
      /needs a query of 1 columns$/,
      "status",
    ],
    [
      "columns that can't be compared",
      where({
        op: "in",
        left: [left("end_time")],
        plan: { entity: "nodes", select: select("certname") },
      }),
      /"end_time" of reports cannot be compared with "certname" of nodes$/,
      "end_time",
    ],
    [
      "a name twice",
      { entity: "nodes", select: [...select("certname"), { as: "certname", field: "expired" }] },
      /selected twice$/,
      "certname",
    ],
    [
      "what is not grouped by",
      {
        entity: "nodes",
        select: [...select("certname"), { as: "n", aggregate: "count" }],
      },
      /^"certname" is not grouped by$/,
      "certname",
    ],
    [
      "an order that is not grouped by",
      {
        entity: "nodes",
        select: [{ as: "n", aggregate: "count" }],
        groupBy: [left("expired")],
        order: [left("certname")],
      },
      /^"certname" is not grouped by$/,
      "certname",
    ],
    [
      "groups of everything",
      { entity: "nodes", select: [], groupBy: [left("expired")] },
      /needs a list of what is selected$/,
    ],
    [
      "a sum of texts",
      { entity: "nodes", select: [{ as: "n", aggregate: "sum", of: left("certname") }] },
      /^There is no "sum" of "certname"$/,
      "certname",
    ],
    ["a sum of nothing", { entity: "nodes", select: [{ as: "n", aggregate: "sum" }] }, /^"sum" needs a field$/, "n"],
    ["an order by a list", { entity: "resources", select: [], order: [left("tags")] }, /cannot be sorted by$/, "tags"],
    ["a negative limit", { entity: "nodes", select: [], limit: -1 }, /^"limit" must be/, "limit"],
    ["a broken offset", { entity: "nodes", select: [], offset: 1.5 }, /^"offset" must be/, "offset"],
  ];
  for (const [what, plan, message, field] of refused) {
    it(`refuses ${what}`, () => {
      const error = refusal(plan);
      expect(error.code).toBe("bad_request");
      expect(error.message).toMatch(message);
      expect(error.field).toBe(field);
    });
  }

  it("refuses what is nested beyond any use, also over subqueries", () => {
    let plan: Plan = { entity: "nodes", select: select("certname") };
    for (let i = 0; i < 101; i++) {
      plan = { entity: "nodes", select: select("certname"), where: { op: "in", left: [left("certname")], plan } };
    }
    expect(refusal(plan).message).toBe("The query is nested too deeply");
  });
});

describe("timeOf", () => {
  it("reads ISO dates and times, UTC unless they say otherwise", () => {
    const noon = Date.UTC(2026, 10, 22, 12);
    expect(timeOf("2026-11-22T12:00:00.000Z")).toBe(noon);
    expect(timeOf("2026-11-22T12:00:00")).toBe(noon);
    expect(timeOf("2026-11-22 12:00")).toBe(noon);
    expect(timeOf("2026-11-22T13:00:00+01:00")).toBe(noon);
    expect(timeOf("2026-11-22")).toBe(noon - 12 * 3_600_000);
    expect(timeOf("2026-11-22T12:00:00.123456Z")).toBe(noon + 123);
    expect(timeOf(noon)).toBe(noon);
  });
  it("reads nothing else", () => {
    for (const each of ["", "now", "22.11.2026", "2026-11-22T25:00:00Z", "2026-11-22T12:00:00Z; x", true, NaN]) {
      expect([each, timeOf(each)]).toEqual([each, undefined]);
    }
  });
});
