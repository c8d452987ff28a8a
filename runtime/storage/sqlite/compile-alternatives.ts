import type { Condition, FieldRef, Scalar } from "../../../handlers/core/query/plan.ts";
import type { SqlValue } from "./protocol.ts";
import type { JsonColumn } from "./columns.ts";

/** One place in JSON that may equal any of these; they are bound as lists. */
export type OneOfMany = { readonly left: FieldRef; readonly values: readonly Scalar[] };

/** Fewer are as quick one by one. */
const least = 4;

type Equal = Extract<Condition, { op: "json=" }> & { readonly right: Scalar };

const isEqual = (condition: Condition): condition is Equal =>
  condition.op === "json=" && ["string", "number", "boolean"].includes(typeof condition.right);

/**
 * Alternatives with those taken together that ask the same place for one of many values: a team that sees a thousand
 * groups asks the same few facts for thousands of values, and each is read once then.
 */
export const gathered = (
  alternatives: readonly Condition[],
): { readonly together: readonly OneOfMany[]; readonly others: readonly Condition[] } => {
  const flat = alternatives.flatMap(flattened);
  const byPlace = new Map<string, Equal[]>();
  for (const each of flat) {
    if (!isEqual(each)) continue;
    const place = JSON.stringify(each.left);
    byPlace.set(place, [...byPlace.get(place) ?? [], each]);
  }
  const many = [...byPlace.values()].filter((each) => each.length >= least);
  const taken = new Set<Condition>(many.flat());
  return {
    together: many.map((each) => ({ left: each[0]!.left, values: each.map(({ right }) => right) })),
    others: flat.filter((each) => !taken.has(each)),
  };
};

const flattened = (condition: Condition): readonly Condition[] => {
  if (condition.op === "or") return condition.of.flatMap(flattened);
  if (condition.op === "and" && condition.of.length === 1) return flattened(condition.of[0]!);
  return [condition];
};

/** Never unknown: what is missing equals nothing. */
export const equalsAny = (
  { type, scalar }: JsonColumn,
  values: readonly Scalar[],
  bind: (value: SqlValue) => string,
): string => {
  const listed = (some: readonly Scalar[]) => `(SELECT value FROM json_each(${bind(JSON.stringify(some))}))`;
  const [texts, numbers] = [
    values.filter((each) => typeof each === "string"),
    values.filter((each) => typeof each === "number"),
  ];
  const tests = [
    ...(texts.length > 0 ? [`(${type} IS 'text' AND ${scalar} IN ${listed(texts)})`] : []),
    ...(numbers.length > 0
      ? [`(coalesce(${type} IN ('integer', 'real'), 0) AND ${scalar} IN ${listed(numbers)})`]
      : []),
    ...[true, false].filter((each) => values.includes(each)).map((each) => `(${type} IS '${each}')`),
  ];
  return `(${tests.join(" OR ")})`;
};
