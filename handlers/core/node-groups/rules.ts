import { AppError } from "../../errors.ts";
import { type FactOp, factPath, factTest, type FactType } from "../nodes/fact-test.ts";
import type { Condition, Scalar } from "../query/plan.ts";
import { checkPattern } from "../query/validate-plan.ts";
import type { Part, Rule } from "./node-group.ts";

type Test = Exclude<Part, { all: unknown } | { any: unknown } | { not: unknown }>;

const deepest = 20;

/**
 * A rule as a condition on the entity `nodes`. Throws AppError `invalid` that names the place (`filters[0].part[1]`) for
 * one that is empty or can't be compiled: it would match none, or all.
 */
export const ruleCondition = (rule: Rule, place: string): Condition => together("and", rule.part, `${place}.part`, 0);

/** All rules of a group, each with its place in it. */
export const ruleConditions = (rules: readonly Rule[]): readonly Condition[] =>
  rules.map((rule, at) => ruleCondition(rule, `filters[${at}]`));

/** Undefined where a group has no rules: it has no nodes then. */
export const groupCondition = (rules: readonly Rule[]): Condition | undefined =>
  rules.length === 0 ? undefined : { op: "or", of: ruleConditions(rules) };

const together = (op: "and" | "or", parts: readonly Part[], place: string, depth: number): Condition => {
  if (parts.length === 0) throw bad(place, "is empty; it would match every node or none");
  return { op, of: parts.map((each, at) => partCondition(each, `${place}[${at}]`, depth)) };
};

const partCondition = (part: Part, place: string, depth: number): Condition => {
  if (depth > deepest) throw bad(place, "is nested too deeply");
  if ("all" in part) return together("and", part.all, `${place}.all`, depth + 1);
  if ("any" in part) return together("or", part.any, `${place}.any`, depth + 1);
  // each test is either true or false, so that a node that lacks a fact is among those that are not
  if ("not" in part) return { op: "not", of: partCondition(part.not, `${place}.not`, depth + 1) };
  return testCondition(part, place);
};

const testCondition = (test: Test, place: string): Condition => {
  if ((test.fact === undefined) === (test.field === undefined)) throw bad(place, 'needs either "fact" or "field"');
  if ((test.value === undefined) === (test.values === undefined)) throw bad(place, 'needs either "value" or "values"');
  const values = test.values ?? [test.value!];
  const op: FactOp = test.op ?? (test.values ? "in" : "eq");
  const many = op === "in" || op === "nin";
  if (values.length === 0) throw bad(place, "has no values; it would match no node");
  if (!many && values.length > 1) throw bad(place, `has several values, which only "in" and "nin" take`);
  const type = test.type ?? typeOf(values, place);
  const right = values.map((each) => valueOf(each, type, place));
  try {
    if (test.field !== undefined) return fieldTest(test.field, op, type, right, place);
    return factTest({ path: factPath(test.fact!), op, type, values: right });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw bad(place, error.message.charAt(0).toLowerCase() + error.message.slice(1));
  }
};

const typeOf = (values: readonly Scalar[], place: string): FactType => {
  const types = new Set(values.map((each) => typeof each));
  if (types.size > 1) throw bad(place, "has values of several types");
  const [type] = types;
  return type === "string" ? "str" : type === "boolean" ? "bool" : values.every(Number.isInteger) ? "int" : "float";
};

/** pyppetdb's clients send all values as texts. */
const valueOf = (value: Scalar, type: FactType, place: string): Scalar => {
  switch (type) {
    case "str":
      return String(value);
    case "int":
    case "float": {
      const number = typeof value === "string" && /^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value)
        ? Number(value)
        : value;
      if (typeof number === "number" && Number.isFinite(number)) {
        if (type === "float" || Number.isInteger(number)) return number;
      }
      throw bad(
        place,
        `has "${String(value).slice(0, 60)}", which is no ${type === "int" ? "whole number" : "number"}`,
      );
    }
    case "bool":
      if (typeof value === "boolean") return value;
      if (value === "true" || value === "false") return value === "true";
      throw bad(place, `has "${String(value).slice(0, 60)}", which is neither true nor false`);
    default:
      throw type satisfies never;
  }
};

/** A certname and an environment are texts of our own, shown to everyone who sees the node. */
const fieldTest = (
  field: "certname" | "environment",
  op: FactOp,
  type: FactType,
  values: readonly Scalar[],
  place: string,
): Condition => {
  const left = { field };
  const right = values[0]!;
  if (type !== "str") throw bad(place, `has values that are no texts, as "${field}" is`);
  const known = (of: Condition): Condition => ({ op: "and", of: [{ op: "null", left, is: false }, of] });
  const among: Condition = { op: "in", left: [left], values: values.map((each) => [each]) };
  switch (op) {
    case "eq":
    case "in":
      return known(among);
    case "ne":
    case "nin":
      return { op: "not", of: known(among) };
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return known({ op: orders[op], left, right });
    case "regex":
      checkPattern(String(right), field);
      return known({ op: "matches", left, pattern: String(right) });
    default:
      throw op satisfies never;
  }
};

const orders = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

const bad = (place: string, what: string): AppError => new AppError("invalid", `${place} ${what}`, { field: place });
