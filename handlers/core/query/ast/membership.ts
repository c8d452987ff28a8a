import type { EntityName } from "../entities.ts";
import type { Condition, Plan } from "../plan.ts";
import { fieldsOf, findField, type Named, queryable } from "./fields.ts";
import { isList, listing, refuse, show } from "./terms.ts";
import { scalarFor } from "./values.ts";

/** What of the other operators it is made with. */
export type Ops = {
  readonly plan: (ast: unknown) => Plan;
  readonly equals: (entity: EntityName, left: unknown, right: unknown) => Condition;
};

/** `["in", field(s), ["array", […]]]` and `["in", field(s), subquery]`. */
export const membership = (
  entity: EntityName,
  [fields, values]: readonly [unknown, unknown],
  ops: Ops,
): Condition => {
  const names = isList(fields) ? fields : [fields];
  if (names.length === 0) refuse("'in' needs at least one field");
  const left = names.map((name) => named(entity, name));
  if (!isList(values)) return refuse(`The second argument of 'in' must be an array or a subquery, not ${show(values)}`);
  return values[0] === "array" && isList(values[1]) && values.length === 2
    ? inArray(entity, names, left, values[1], ops)
    : inPlan(left, ops.plan(values));
};

const named = (entity: EntityName, name: unknown): Named => {
  const found = typeof name === "string" ? findField(entity, name) : undefined;
  if (!found) {
    return refuse(
      `Can't match on unknown '${entity}' field '${
        typeof name === "string" ? name.slice(0, 200) : show(name)
      }' for 'in'. ` +
        `Acceptable fields are ${listing(queryable(entity))}`,
    );
  }
  if (found.field.type === "array" || found.ref.path) {
    return refuse(`Field '${String(name)}' cannot stand in 'in'`);
  }
  return found;
};

const inArray = (
  entity: EntityName,
  names: readonly unknown[],
  left: readonly Named[],
  list: readonly unknown[],
  { equals }: Ops,
): Condition => {
  const [only] = left;
  if (left.length === 1 && only?.field.type === "json") {
    return list.length === 0
      ? { op: "in", left: [only.ref], values: [] }
      : { op: "or", of: list.map((each) => equals(entity, names[0], each)) };
  }
  const values = list.map((each) => {
    const row = left.length === 1 && !isList(each) ? [each] : each;
    if (!isList(row) || row.length !== left.length) {
      return refuse(`${show(each)} cannot be compared with ${show(names)}`);
    }
    return row.map((value, at) => scalarFor(left[at]!.field.type, value, String(names[at])));
  });
  return { op: "in", left: left.map(({ ref }) => ref), values };
};

const inPlan = (left: readonly Named[], plan: Plan): Condition => {
  if (plan.select.length !== left.length) {
    refuse(`'in' compares ${left.length} fields with the ${plan.select.length} of its subquery`);
  }
  plan.select.forEach((each, at) => {
    const theirs = "field" in each && !each.path ? fieldsOf(plan.entity)[each.field]?.type : undefined;
    const own = left[at]!.field.type;
    if (theirs !== own) {
      refuse(`'in' compares a ${own} with ${theirs === undefined ? "something else" : `a ${theirs}`}`);
    }
  });
  return { op: "in", left: left.map(({ ref }) => ref), plan };
};
