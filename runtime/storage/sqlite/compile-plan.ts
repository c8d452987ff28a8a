import { entities, type EntityField, type EntityName } from "../../../handlers/core/query/entities.ts";
import type { FieldRef, Plan, Projection } from "../../../handlers/core/query/plan.ts";
import { AppError } from "../../../handlers/errors.ts";
import { type Column, compileCondition } from "./compile-condition.ts";
import type { Query, SqlValue } from "./protocol.ts";

/** How a value of a column becomes a field of the row. `packed` is deflated JSON text. */
export type Reading = "plain" | "boolean" | "text" | "json" | "packed";
export type CompiledPlan = Query & { readonly columns: readonly { readonly as: string; readonly reading: Reading }[] };

type Table = {
  readonly from: string;
  /** A column of each table in `from`: SQLite then calls `tick` in the innermost loop. */
  readonly keys: string;
  /** Where a field is not a column of its own name. */
  readonly sql?: Readonly<Record<string, string>>;
  /** Fields that lie deflated in their column. */
  readonly packed?: readonly string[];
};

const tables: Readonly<Record<EntityName, Table>> = {
  nodes: { from: "nodes t", keys: "t.certname", sql: { active: "(t.deactivated IS NULL AND t.expired IS NULL)" } },
  factsets: { from: "factsets t", keys: "t.certname" },
  facts: {
    from: "factsets t, json_each(t.facts) j",
    keys: "t.certname, j.id",
    // by its path, since json_each itself gives numbers as SQL values, which may lose digits
    sql: { name: "j.key", value: "coalesce(t.facts -> j.fullkey, json_quote(j.value))" },
  },
  catalogs: {
    from: "catalogs t LEFT JOIN contents c ON c.hash = t.hash",
    keys: "t.id, c.hash",
    sql: { id: "CAST(t.id AS TEXT)", resources: "c.resources", edges: "c.edges" },
    packed: ["resources", "edges"],
  },
  resources: {
    from: "resources t JOIN catalogs c ON c.certname = t.certname AND c.current = 1",
    keys: "t.title, c.id",
    sql: { environment: "c.environment" },
  },
  reports: {
    from: "reports t",
    keys: "t.hash",
    sql: {
      latest_report: "(EXISTS (SELECT 1 FROM nodes n WHERE n.certname = t.certname AND n.latest_report_hash = t.hash))",
    },
    packed: ["metrics", "logs", "resources"],
  },
};

/**
 * One SELECT for a plan, all values bound, with `tick()` in its WHERE. Throws AppError `bad_request` for a field that the
 * entity does not have.
 */
export const compilePlan = (plan: Plan): CompiledPlan => {
  const params: SqlValue[] = [];
  const select = plan.select.length > 0 ? plan.select : everything(plan.entity);
  const columns = select.map((each) => projection(plan.entity, each));
  const text = [
    `SELECT ${columns.map(({ sql }) => sql).join(", ")} FROM ${tables[plan.entity].from}`,
    `WHERE tick(${tables[plan.entity].keys})${plan.where ? ` AND ${where(plan, params)}` : ""}`,
  ];
  if (plan.groupBy?.length) {
    text.push(`GROUP BY ${plan.groupBy.map((ref) => fieldSql(plan.entity, ref).sql).join(", ")}`);
  }
  if (plan.order?.length) text.push(`ORDER BY ${plan.order.map((each) => orderSql(plan.entity, each)).join(", ")}`);
  if (plan.limit !== undefined || plan.offset !== undefined) {
    text.push("LIMIT ? OFFSET ?");
    params.push(plan.limit ?? -1, plan.offset ?? 0);
  }
  return { sql: text.join(" "), params, columns: columns.map(({ as, reading }) => ({ as, reading })) };
};

/** How many rows the plan has without its limit. */
export const compileCount = (plan: Plan): Query => {
  const { limit: _limit, offset: _offset, order: _order, ...whole } = plan;
  if (plan.groupBy?.length) {
    const inner = compilePlan(whole);
    return { sql: `SELECT count(*) FROM (${inner.sql})`, params: inner.params };
  }
  return compilePlan({ ...whole, select: [{ as: "count", aggregate: "count" }] });
};

const where = (plan: Plan, params: SqlValue[]): string =>
  plan.where === undefined ? "1" : compileCondition(plan.where, {
    column: (ref) => fieldSql(plan.entity, ref),
    params,
    subquery: ({ left, plan: inner }) => {
      const compiled = compilePlan(inner);
      params.push(...compiled.params);
      return `(${left.map((ref) => fieldSql(plan.entity, ref).sql).join(", ")}) IN (${compiled.sql})`;
    },
  });

const fieldOf = (entity: EntityName, name: string): EntityField => {
  const fields = entities[entity].fields as Readonly<Record<string, EntityField>>;
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!field) throw new AppError("bad_request", `"${name}" is no field of ${entity}`, { field: name });
  return field;
};

const fieldSql = (entity: EntityName, { field, path }: FieldRef): Column => {
  const { type } = fieldOf(entity, field);
  const table = tables[entity];
  const sql = table.sql?.[field] ?? `t.${field}`;
  if (!path?.length) return { sql, type };
  if (type !== "json" || table.packed?.includes(field)) {
    throw new AppError("bad_request", `"${field}" of ${entity} has no inside that can be asked for`, { field });
  }
  return { sql: `(${sql} -> ${literal(jsonPath(path))})`, type: "json" };
};

/** SQLite's JSON path of a place. */
const jsonPath = (path: readonly (string | number)[]): string =>
  `$${path.map((each) => typeof each === "number" ? `[${Math.trunc(each)}]` : `.${JSON.stringify(each)}`).join("")}`;

/** A text constant, since a path has to be constant for an index. Only what we made ourselves comes here. */
const literal = (text: string): string => `'${text.replaceAll("'", "''").replaceAll("\0", "")}'`;

const orderSql = (entity: EntityName, order: FieldRef & { direction?: "asc" | "desc" }): string => {
  const { sql, type } = fieldSql(entity, order);
  return `${type === "json" ? `${sql} ->> '$'` : sql} ${order.direction === "desc" ? "DESC" : "ASC"}`;
};

const projection = (entity: EntityName, each: Projection): { as: string; sql: string; reading: Reading } => {
  if ("aggregate" in each) {
    const of = each.of ? fieldSql(entity, each.of) : undefined;
    const inner = of === undefined ? "*" : of.type === "json" ? `${of.sql} ->> '$'` : of.sql;
    return { as: each.as, sql: `${each.aggregate}(${inner})`, reading: "plain" };
  }
  const { type, sealed } = fieldOf(entity, each.field);
  const { sql } = fieldSql(entity, each);
  if (each.path?.length) return { as: each.as, sql, reading: "json" };
  if (tables[entity].packed?.includes(each.field)) return { as: each.as, sql, reading: "packed" };
  if (type === "boolean") return { as: each.as, sql, reading: "boolean" };
  if (!sealed) return { as: each.as, sql, reading: "plain" };
  return { as: each.as, sql, reading: type === "string" ? "text" : "json" };
};

const everything = (entity: EntityName): Projection[] =>
  Object.entries(entities[entity].fields as Readonly<Record<string, EntityField>>)
    .filter(([, field]) => field.only !== "filter")
    .map(([name]) => ({ as: name, field: name }));
