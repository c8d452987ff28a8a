import { AppError } from "../../../errors.ts";
import { entities, type EntityName } from "../entities.ts";
import type { Condition, Order, Plan, Projection } from "../plan.ts";
import { active, type Ast, conditionOf } from "./condition.ts";
import { fieldNamed, queryable, selectable } from "./fields.ts";

/** Entities that leave out deactivated and expired nodes unless the query speaks of them. */
const activeOnly: readonly EntityName[] = ["nodes", "facts", "factsets", "resources"];

export type Paging = { readonly limit?: number; readonly offset?: number; readonly order?: readonly Order[] };

const refuse = (message: string): never => {
  throw new AppError("bad_request", message);
};

/**
 * A query of PuppetDB's AST on one entity as a plan. `ast` undefined: all rows. Throws AppError `bad_request` for whatever
 * is not understood.
 */
export const planOf = (entity: EntityName, ast: unknown, paging: Paging = {}): Plan => {
  const { select, where } = ast === undefined ? { select: undefined, where: undefined } : parts(entity, ast);
  const own = activeOnly.includes(entity) && !speaksOfState(ast) ? [active(entity, true)] : [];
  const all = [...own, ...(where ? [where] : [])];
  return Object.freeze({
    entity,
    select: select ?? selectable(entity).map((field) => ({ as: field, field })),
    ...(all.length > 0 ? { where: { op: "and" as const, of: all } } : {}),
    ...paging,
  });
};

const parts = (entity: EntityName, ast: unknown): { select?: readonly Projection[]; where?: Condition } => {
  if (!Array.isArray(ast) || ast[0] !== "extract") return { where: conditionOf(entity, ast, subplan) };
  const [, columns, filter, ...more] = ast as Ast;
  if (more.length > 0 || (Array.isArray(filter) && filter[0] === "group_by")) {
    return refuse("'group_by' is not supported here");
  }
  const names = Array.isArray(columns) ? columns : [columns];
  const select = names.map((name: unknown): Projection => {
    if (typeof name === "string" && selectable(entity).includes(name)) return { as: name, field: name };
    if (Array.isArray(name) && name[0] === "function" && name[1] === "count" && name.length === 2) {
      return { as: "count", aggregate: "count" };
    }
    return refuse(
      `Can't extract unknown '${entity}' field '${typeof name === "string" ? name : JSON.stringify(name)}'. ` +
        `Acceptable fields are ${selectable(entity).map((each) => `'${each}'`).join(", ")}`,
    );
  });
  return { select, ...(filter === undefined ? {} : { where: conditionOf(entity, filter, subplan) }) };
};

/** `["extract", fields, ["select_facts", filter]]` and `["from", entity, ["extract", fields, filter]]`. */
const subplan = (ast: unknown): Plan => {
  if (!Array.isArray(ast)) return refuse(`${JSON.stringify(ast)} is no subquery`);
  const [operator, first, second, ...more] = ast as Ast;
  if (more.length > 0) return refuse(`A subquery with paging is not supported here`);
  if (operator === "from" && Array.isArray(second) && second[0] === "extract") {
    return inner(String(first).replaceAll("-", "_"), second);
  }
  if (operator === "extract" && Array.isArray(second) && /^select_/.test(String(second[0]))) {
    const filter = second[1] === undefined ? [] : [second[1]];
    return inner(String(second[0]).slice("select_".length), ["extract", first, ...filter]);
  }
  return refuse(`${JSON.stringify(ast).slice(0, 200)} is no subquery that is supported here`);
};

const inner = (name: string, extract: unknown): Plan => {
  if (!Object.hasOwn(entities, name)) return refuse(`Invalid entity '${name}' in query`);
  const entity = name as EntityName;
  const { select, where } = parts(entity, extract);
  return { entity, select: select ?? [], ...(where ? { where } : {}) };
};

const speaksOfState = (ast: unknown): boolean =>
  Array.isArray(ast) &&
  (ast[0] === "node" && ast[1] === "active" || ast.includes("node_state") || ast.some(speaksOfState));

/** `[{"field": f, "order": "asc"}]`, as PuppetDB's `order_by` has it. */
export const orderOf = (entity: EntityName, value: unknown): readonly Order[] => {
  if (!Array.isArray(value)) {
    return refuse(`Illegal value '${JSON.stringify(value)}' for :order_by; expected an array of maps.`);
  }
  return value.map((each: unknown): Order => {
    const { field, order, ...rest } = (typeof each === "object" && each !== null ? each : {}) as Record<
      string,
      unknown
    >;
    if (typeof field !== "string" || Object.keys(rest).length > 0) {
      return refuse("Illegal value for :order_by; each map needs a 'field' and may have an 'order'.");
    }
    const direction = order === undefined ? "asc" : String(order).toLowerCase();
    if (direction !== "asc" && direction !== "desc") {
      return refuse(`Illegal value '${String(order)}' in :order_by; 'order' must be either 'asc' or 'desc'`);
    }
    if (!queryable(entity).includes(field)) {
      return refuse(
        `Unrecognized column '${field}' specified in :order_by; Supported columns are '${
          queryable(entity).join("', '")
        }'`,
      );
    }
    return { ...fieldNamed(entity, field).ref, direction };
  });
};
