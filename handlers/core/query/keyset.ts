import type { Condition, Order, Scalar } from "./plan.ts";

/**
 * What comes after a row in an order whose last field is unique: the next page of a list, found without counting through
 * those before it, and without gaps or doubles where rows come and go meanwhile. `last`: the row's values, in the order's
 * own order. What is missing comes first, or last where it descends.
 */
export const after = (order: readonly Order[], last: readonly (Scalar | null)[]): Condition => {
  const alternatives = order.map((each, at): Condition => ({
    op: "and",
    of: [...order.slice(0, at).map((before, i) => equals(before, last[i] ?? null)), beyond(each, last[at] ?? null)],
  }));
  const [first] = order;
  const from = last[0] ?? null;
  if (order.length < 2 || !first || first.direction === "desc" || from === null || typeof from === "boolean") {
    return { op: "or", of: alternatives };
  }
  // says the same again, in the form that an index takes
  return { op: "and", of: [{ op: ">=", left: refOf(first), right: from }, { op: "or", of: alternatives }] };
};

const refOf = ({ direction: _, ...ref }: Order) => ref;

const equals = (order: Order, value: Scalar | null): Condition =>
  value === null ? { op: "null", left: refOf(order), is: true } : { op: "=", left: refOf(order), right: value };

const beyond = (order: Order, value: Scalar | null): Condition => {
  const left = refOf(order);
  if (order.direction !== "desc") {
    return value === null ? { op: "null", left, is: false } : { op: ">", left, right: value };
  }
  if (value === null) return { op: "or", of: [] };
  return { op: "or", of: [{ op: "<", left, right: value }, { op: "null", left, is: true }] };
};
