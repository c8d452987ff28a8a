import { entities, type EntityField, type EntityName } from "../../../handlers/core/query/entities.ts";
import type { Condition, FieldRef, Plan, Projection } from "../../../handlers/core/query/plan.ts";
import { validatePlan } from "../../../handlers/core/query/validate-plan.ts";
import { type Column, valueSql } from "./columns.ts";
import { compileCondition } from "./compile-condition.ts";
import { createParams, type Params } from "./params.ts";
import type { Query, Reading } from "./protocol.ts";
import { type Source, sourceOf } from "./tables.ts";

/** How an output comes: open, as a text to be quoted and sealed, or as JSON text to be sealed. */
export type Wrap = "open" | "text" | "json";
export type Output = { readonly as: string; readonly reading: Reading; readonly wrap: Wrap };
export type CompiledPlan = Query & { readonly outputs: readonly Output[] };

type Scope = { readonly params: Params; readonly next: () => number };
type Select = { readonly sql: string; readonly output: Output };

/**
 * One SELECT for a plan, all values bound, with `tick()` in its WHERE and in that of each subquery. Throws AppError
 * `bad_request` for what validatePlan refuses.
 */
export const compilePlan = (plan: Plan): CompiledPlan => {
  validatePlan(plan);
  const params = createParams();
  const { selects, rest } = compile(plan, scopeOf(params), true);
  const sql = `SELECT ${selects.map((each) => each.sql).join(", ")} ${rest}`;
  return { sql, params: params.values, outputs: selects.map((each) => each.output) };
};

/** How many rows the plan has without its limit and offset. */
export const compileCount = (plan: Plan): Query => {
  const { limit: _limit, offset: _offset, order: _order, byCount: _byCount, ...whole } = plan;
  validatePlan(whole);
  const params = createParams();
  const grouped = whole.groupBy !== undefined || whole.select.some((each) => "aggregate" in each);
  const bare: Plan = grouped ? whole : { ...whole, select: [{ as: "n", aggregate: "count" }] };
  const { selects, rest } = compile(bare, scopeOf(params), true);
  const inner = `SELECT ${selects.map((each) => each.sql).join(", ")} ${rest}`;
  return { sql: grouped ? `SELECT count(*) FROM (${inner})` : inner, params: params.values };
};

/** Each of the conditions on `nodes` as a column, 1 where the node of that name meets it. No row: it is not known. */
export const compileTests = (certname: string, conditions: readonly Condition[]): Query => {
  for (const where of conditions) validatePlan({ entity: "nodes", select: [], where });
  const params = createParams();
  const scope = scopeOf(params);
  const source = sourceOf("nodes", scope.next(), params);
  const columns = conditions.map((each) => `coalesce(${condition(source, each, scope)}, 0)`);
  const named = `${valueSql(source.column({ field: "certname" }))} = ${params.bind(certname)}`;
  return { sql: `SELECT ${columns.join(", ")} FROM ${source.from()} WHERE ${named}`, params: params.values };
};

const scopeOf = (params: Params): Scope => {
  let number = 0;
  return { params, next: () => ++number };
};

/** `shown`: whether the rows go out, or are compared with by an outer query. */
const compile = (plan: Plan, scope: Scope, shown: boolean): { selects: readonly Select[]; rest: string } => {
  const { bind } = scope.params;
  const source = sourceOf(plan.entity, scope.next(), scope.params);
  const selects = (plan.select.length > 0 ? plan.select : everything(plan.entity)).map((each) =>
    "classes" in each ? classes(source, each, scope) : projection(source, each, shown)
  );
  const where = plan.where ? condition(source, plan.where, scope) : undefined;
  const groups = (plan.groupBy ?? []).map((ref) => shownSql(source.column(ref)));
  if (plan.select.some((each) => "aggregate" in each)) {
    plan.select.forEach((each, at) => "classes" in each && groups.push(String(at + 1)));
  }
  const order = (plan.order ?? []).map((each) =>
    `${valueSql(source.column(each))} ${each.direction === "desc" ? "DESC" : "ASC"}`
  );
  if (plan.byCount) order.unshift(`count(*) ${plan.byCount === "desc" ? "DESC" : "ASC"}`);
  const rest = [`FROM ${source.from()} WHERE ${where ? `${where} AND ` : ""}${source.ticks()}`];
  if (groups.length > 0) rest.push(`GROUP BY ${groups.join(", ")}`);
  if (order.length > 0) rest.push(`ORDER BY ${order.join(", ")}`);
  if (plan.limit !== undefined || plan.offset !== undefined) {
    rest.push(`LIMIT ${bind(plan.limit ?? -1)} OFFSET ${bind(plan.offset ?? 0)}`);
  }
  return { selects, rest: rest.join(" ") };
};

const condition = (source: Source, where: Condition, scope: Scope): string =>
  compileCondition(where, {
    params: scope.params,
    column: (ref: FieldRef) => source.column(ref),
    subquery: ({ left, plan }) => {
      if (isOwnNode(left, plan)) {
        // a condition on the node that the row hangs on anyway: no second look at it
        return plan.where ? condition(source.node(), plan.where, scope) : "1";
      }
      const columns = left.map((ref) => valueSql(source.column(ref))).join(", ");
      const { selects, rest } = compile(plan, scope, false);
      return `(${left.length > 1 ? `(${columns})` : columns} IN (SELECT ${
        selects.map((each) => each.sql).join(", ")
      } ${rest}))`;
    },
  });

/** `certname in (nodes … certname)` */
const isOwnNode = (left: readonly FieldRef[], plan: Plan): boolean =>
  left.length === 1 && left[0]!.field === "certname" && plan.entity === "nodes" && plan.groupBy === undefined &&
  plan.limit === undefined && plan.offset === undefined && plan.select.length === 1 &&
  "field" in plan.select[0]! && plan.select[0].field === "certname";

const everything = (entity: EntityName): Projection[] =>
  Object.entries(entities[entity].fields as Readonly<Record<string, EntityField>>)
    .filter(([, field]) => field.only !== "filter" && !field.own)
    .map(([name]) => ({ as: name, field: name }));

const classes = (
  source: Source,
  { as, classes: all }: Extract<Projection, { classes: unknown }>,
  scope: Scope,
): Select => {
  const whens = all.map(({ name, when }) => `WHEN ${condition(source, when, scope)} THEN ${scope.params.bind(name)}`);
  return { sql: `CASE ${whens.join(" ")} END`, output: { as, reading: "plain", wrap: "open" } };
};

const projection = (source: Source, each: Exclude<Projection, { classes: unknown }>, shown: boolean): Select => {
  if ("aggregate" in each) return aggregate(source, each);
  const column = source.column(each);
  const sql = shown ? shownSql(column) : valueSql(column);
  return { sql, output: { as: each.as, reading: readingOf(column), wrap: wrapOf(source, each.field, column) } };
};

const shownSql = (column: Column): string => column.kind === "json" ? column.text : column.sql;

const readingOf = ({ kind }: Column): Reading => {
  if (kind === "id") return "text";
  return kind === "boolean" || kind === "time" || kind === "packed" ? kind : "plain";
};

const wrapOf = (source: Source, field: string, column: Column): Wrap => {
  const { type, sealed } = (entities[source.entity].fields as Readonly<Record<string, EntityField>>)[field]!;
  if (!sealed) return "open";
  return type === "string" && column.kind !== "json" ? "text" : "json";
};

const aggregate = (
  source: Source,
  { as, aggregate: name, of }: Extract<Projection, { aggregate: unknown }>,
): Select => {
  const open = { as, reading: "plain", wrap: "open" } as const;
  if (!of) return { sql: "count(*)", output: open };
  const column = source.column(of);
  if (name === "count") return { sql: `count(${valueSql(column)})`, output: open };
  const wrap = wrapOf(source, of.field, column);
  if (column.kind === "json") {
    // over numbers, as a text: one beyond 2^53 would lose digits, or be refused by node:sqlite
    const numbers = `iif(${column.type} IN ('integer', 'real'), ${column.scalar}, NULL)`;
    return { sql: `CAST(${name}(${numbers}) AS TEXT)`, output: { as, reading: "plain", wrap } };
  }
  const reading = name === "min" || name === "max" ? readingOf(column) : "plain";
  return { sql: `${name}(${column.sql})`, output: { as, reading, wrap } };
};
