import type { EntityName } from "../entities.ts";
import type { Condition, Order, Plan } from "../plan.ts";
import { conditionOf } from "./condition.ts";
import { isEntity, selectable } from "./fields.ts";
import { orderClause } from "./order.ts";
import { assertGrouped, groupOf, projectionsOf } from "./projection.ts";
import { active, speaksOfState } from "./special.ts";
import { assertBounded, type Ast, isList, refuse, show } from "./terms.ts";

/** Entities that leave out deactivated and expired nodes unless the query speaks of them. */
const activeOnly: readonly EntityName[] = ["nodes", "facts", "factsets", "resources"];

export type Paging = { readonly limit?: number; readonly offset?: number; readonly order?: readonly Order[] };

type Parts = Pick<Plan, "select" | "where" | "groupBy">;

/**
 * A query of PuppetDB's AST on one entity as a plan. `ast` undefined: all rows. `own` is what the path asks for besides.
 * Throws AppError `bad_request` for whatever is not understood.
 */
export const planOf = (
  entity: EntityName,
  ast: unknown,
  paging: Paging = {},
  own: readonly Condition[] = [],
): Plan => {
  assertBounded(ast);
  const { where, ...rest } = ast === undefined ? { select: everything(entity) } : parts(entity, ast);
  const restriction = activeOnly.includes(entity) && !speaksOfState(ast) ? [active(entity, true)] : [];
  const all = [...own, ...restriction, ...current(entity, ast), ...(where ? [where] : [])];
  const { groupBy } = rest;
  if (groupBy) {
    assertGrouped((paging.order ?? []).map(({ direction: _, ...ref }) => ({ as: ref.field, ...ref })), groupBy);
  }
  return Object.freeze({
    entity,
    ...rest,
    ...(all.length > 0 ? { where: { op: "and" as const, of: all } } : {}),
    ...paging,
  });
};

const everything = (entity: EntityName): Plan["select"] => selectable(entity).map((field) => ({ as: field, field }));

const parts = (entity: EntityName, ast: unknown): Parts => {
  if (!isList(ast) || ast[0] !== "extract") {
    return { select: everything(entity), where: conditionOf(entity, ast, subplan) };
  }
  const [, columns, ...rest] = ast;
  const select = projectionsOf(entity, columns);
  const last = rest.at(-1);
  const grouping = isList(last) && last[0] === "group_by" ? last : undefined;
  if (grouping) rest.pop();
  else if (select.some((each) => "aggregate" in each)) assertGrouped(select, []);
  const [filter, ...more] = rest;
  if (more.length > 0) return refuse(`'extract' takes fields, a filter and a 'group_by', not ${show(more[0])} besides`);
  return {
    select,
    ...(filter === undefined ? {} : { where: conditionOf(entity, filter, subplan) }),
    ...(grouping ? groupOf(entity, grouping, select) : {}),
  };
};

/** `["extract", fields, ["select_facts", filter]]` and `["from", entity, ["extract", fields, filter], paging…]`. */
const subplan = (ast: unknown): Plan => {
  if (!isList(ast)) return refuse(`${show(ast)} is no subquery`);
  const [operator, first, second, ...more] = ast;
  if (operator === "from" && isList(second) && second[0] === "extract") {
    return inner(String(first).replaceAll("-", "_"), second, more);
  }
  if (operator === "extract" && more.length === 0 && isList(second) && second.length <= 2) {
    const name = String(second[0]);
    const found = name.startsWith("select_") ? name.slice("select_".length) : "";
    if (!isEntity(found)) return refuse(`Unsupported subquery \`${name.slice(0, 100)}\``);
    return inner(found, ["extract", first, ...second.slice(1)], []);
  }
  return refuse(`${show(ast)} is no subquery that is known here`);
};

const inner = (name: string, extract: Ast, clauses: readonly unknown[]): Plan => {
  if (!isEntity(name)) return refuse(`Invalid entity '${name.slice(0, 100)}' in query`);
  const { where, ...rest } = parts(name, extract);
  const all = [...current(name, extract), ...(where ? [where] : [])];
  return {
    entity: name,
    ...rest,
    ...(all.length > 0 ? { where: { op: "and" as const, of: all } } : {}),
    ...pagingOf(name, clauses),
  };
};

/** What PuppetDB knows of an entity: a node's present catalog, and reports of agents unless the query names a type. */
const current = (entity: EntityName, ast: unknown): readonly Condition[] => {
  if (entity === "catalogs") return [{ op: "=", left: { field: "current" }, right: true }];
  if (entity === "reports" && !namesType(ast)) return [{ op: "=", left: { field: "type" }, right: "agent" }];
  return [];
};

const namesType = (ast: unknown): boolean => isList(ast) && (ast[1] === "type" || ast.some(namesType));

/** `["limit", 5]`, `["offset", 5]`, `["order_by", ["certname"]]` after the query of a `from`. */
const pagingOf = (entity: EntityName, clauses: readonly unknown[]): Paging => {
  const found = new Map<unknown, unknown>();
  for (const clause of clauses) {
    if (!isList(clause) || clause.length !== 2) return refuse(`${show(clause)} is no clause that is known here`);
    if (found.has(clause[0])) return refuse(`Multiple '${String(clause[0])}' clauses are not permitted`);
    found.set(clause[0], clause[1]);
  }
  const { limit, offset, order_by, ...unknown } = Object.fromEntries(found) as Record<string, unknown>;
  const [other] = Object.keys(unknown);
  if (other !== undefined) return refuse(`The clause '${other.slice(0, 100)}' is not known here`);
  return {
    ...(limit === undefined ? {} : { limit: count("limit", limit) }),
    ...(offset === undefined ? {} : { offset: count("offset", offset) }),
    ...(order_by === undefined ? {} : { order: orderClause(entity, order_by) }),
  };
};

const count = (name: string, value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0
    ? value
    : refuse(`'${name}' takes a whole number, not ${show(value)}`);
