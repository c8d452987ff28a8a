import { AppError } from "../../../errors.ts";
import type { EntityName } from "../entities.ts";
import type { Compare, Condition, FieldRef, Plan, Scalar } from "../plan.ts";
import { fieldNamed, fieldsOf } from "./fields.ts";

export type Ast = readonly unknown[];

const refuse = (message: string): never => {
  throw new AppError("bad_request", message);
};
const show = (value: unknown): string => JSON.stringify(value).slice(0, 200);
const isList = (value: unknown): value is Ast => Array.isArray(value);

/**
 * A filter of PuppetDB's AST as a condition. What is not understood is refused with AppError `bad_request` in PuppetDB's
 * words; nothing is left out silently. Source of the semantics: PuppetDB's query API, version 4.
 */
export const conditionOf = (entity: EntityName, ast: unknown, plan: (ast: unknown) => Plan): Condition => {
  if (!isList(ast)) return refuse(`${show(ast)} is not well-formed: queries must be an array`);
  const [operator, ...args] = ast;
  if (typeof operator !== "string") {
    return refuse(`${show(ast)} is not well-formed: queries must contain at least one operator`);
  }
  const inner = (each: unknown) => conditionOf(entity, each, plan);
  const two = (): readonly [unknown, unknown] => {
    if (args.length !== 2) refuse(`${operator} requires exactly two arguments`);
    return [args[0], args[1]];
  };
  switch (operator.toLowerCase()) {
    case "and":
    case "or":
      if (args.length === 0) refuse(`'${operator}' takes at least one argument, but none were supplied`);
      return { op: operator.toLowerCase() as "and" | "or", of: args.map(inner) };
    case "not":
      if (args.length !== 1) refuse(`'not' takes exactly one argument, but ${args.length} were supplied`);
      return { op: "not", of: inner(args[0]) };
    case "=":
      return equals(entity, ...two());
    case ">":
    case ">=":
    case "<":
    case "<=":
      return compare(entity, operator as Compare, ...two());
    case "~":
      return matches(entity, ...two());
    case "null?": {
      const [field, is] = two();
      if (typeof field !== "string" || typeof is !== "boolean") return refuse(`null? takes a field and true or false`);
      return { op: "null", left: fieldNamed(entity, field).ref, is };
    }
    case "in":
      return isIn(entity, two(), plan);
    default:
      return refuse(`query operator '${operator}' is not supported here`);
  }
};

const equals = (entity: EntityName, left: unknown, right: unknown): Condition => {
  if (isList(left)) return special(entity, "=", left, right);
  if (typeof left !== "string") return refuse(`${show(left)} is not a queryable object for ${entity}`);
  if (left === "node_state") return nodeState(entity, right);
  if (left === "tag" && entity === "resources") {
    return { op: "has", left: { field: "tags" }, right: text(right, left).toLowerCase() };
  }
  const { ref, field } = fieldNamed(entity, left);
  if (right === null) return { op: "null", left: ref, is: true };
  switch (field.type) {
    case "json":
      return typeof right === "object"
        ? { op: "json=", left: ref, right }
        : { op: "=", left: ref, right: right as Scalar };
    case "array":
      return { op: "has", left: ref, right: text(right, left) };
    case "boolean":
      if (typeof right !== "boolean") {
        return refuse(`Argument ${show(right)} is incompatible with boolean field "${left}".`);
      }
      return { op: "=", left: ref, right };
    case "number":
      if (typeof right !== "number") {
        return refuse(`Argument ${show(right)} is incompatible with numeric field "${left}".`);
      }
      return { op: "=", left: ref, right };
    case "timestamp":
      return { op: "=", left: ref, right: time(right) };
    case "string":
      return { op: "=", left: ref, right: text(right, left) };
    default:
      return field.type satisfies never;
  }
};

const compare = (entity: EntityName, op: Compare, left: unknown, right: unknown): Condition => {
  if (isList(left)) return special(entity, op, left, right);
  if (typeof left !== "string") return refuse(`${show(left)} is not a queryable object for ${entity}`);
  const { ref, field } = fieldNamed(entity, left);
  if (field.type === "timestamp") return { op, left: ref, right: time(right) };
  if (field.type !== "number" && field.type !== "json") {
    return refuse(`Query operators >,>=,<,<= are not allowed on field ${left}`);
  }
  if (typeof right !== "number") return refuse(`Argument ${show(right)} and operator "${op}" have incompatible types.`);
  return { op, left: ref, right };
};

const matches = (entity: EntityName, left: unknown, right: unknown): Condition => {
  if (isList(left)) return special(entity, "~", left, right);
  if (typeof left !== "string") return refuse(`${show(left)} is not a queryable object for ${entity}`);
  const pattern = text(right, left);
  if (left === "tag" && entity === "resources") return { op: "matches", left: { field: "tags" }, pattern };
  const { ref, field } = fieldNamed(entity, left);
  if (!["string", "array", "json"].includes(field.type)) refuse(`Query operator ~ is not allowed on field ${left}`);
  return { op: "matches", left: ref, pattern };
};

/** `["parameter", name]`, `["fact", name]` and `["node", "active"]`. */
const special = (entity: EntityName, op: Compare | "~", [kind, name, ...more]: Ast, right: unknown): Condition => {
  if (typeof name !== "string" || more.length > 0) {
    return refuse(`${show([kind, name, ...more])} is not a queryable object for ${entity}`);
  }
  if (kind === "node" && name === "active" && op === "=" && typeof right === "boolean") return active(entity, right);
  if (kind === "parameter" && entity === "resources") {
    const left: FieldRef = { field: "parameters", path: [name] };
    if (op === "=") return { op: "json=", left, right };
    if (op === "~") return { op: "matches", left, pattern: text(right, name) };
  }
  if (kind === "fact" && "certname" in fieldsOf(entity)) {
    const value: FieldRef = { field: "value" };
    const where: Condition = op === "~"
      ? { op: "matches", left: value, pattern: text(right, name) }
      : op === "="
      ? { op: "json=", left: value, right }
      : typeof right === "number"
      ? { op, left: value, right }
      : refuse(`Operator '${op}' not allowed on value '${String(right)}'`);
    return certnameIn({
      entity: "facts",
      select: [{ as: "certname", field: "certname" }],
      where: { op: "and", of: [{ op: "=", left: { field: "name" }, right: name }, where] },
    });
  }
  return refuse(`${show([kind, name])} is not a queryable object for ${entity} with '${op}'`);
};

const isIn = (
  entity: EntityName,
  [fields, values]: readonly [unknown, unknown],
  plan: (ast: unknown) => Plan,
): Condition => {
  const names = isList(fields) ? fields : [fields];
  const left = names.map((each) => {
    if (typeof each !== "string") return refuse(`${show(each)} is not a queryable object for ${entity}`);
    return fieldNamed(entity, each).ref;
  });
  if (!isList(values)) return refuse(`The second argument of 'in' must be an array or a subquery`);
  if (values[0] === "array") {
    const list = values[1];
    if (!isList(list) || values.length !== 2) return refuse(`'array' takes exactly one list`);
    const rows = list.map((each) => {
      const row = left.length === 1 && !isList(each) ? [each] : each;
      if (!isList(row) || row.length !== left.length || row.some((value) => typeof value === "object")) {
        return refuse(`${show(each)} cannot be compared with ${show(fields)}`);
      }
      return row as readonly Scalar[];
    });
    return { op: "in", left, values: rows };
  }
  const inner = plan(values);
  if (inner.select.length !== left.length) refuse(`'in' compares ${left.length} fields with ${inner.select.length}`);
  return { op: "in", left, plan: inner };
};

const nodeState = (entity: EntityName, state: unknown): Condition => {
  switch (String(state).toLowerCase()) {
    case "active":
      return active(entity, true);
    case "inactive":
      return active(entity, false);
    case "any":
      return { op: "and", of: [] };
    default:
      return refuse(`'${String(state)}' is no node_state, expected 'active', 'inactive' or 'any'`);
  }
};

/** Neither deactivated nor expired, or the contrary. */
export const active = (entity: EntityName, is: boolean): Condition => {
  const where: Condition = { op: "=", left: { field: "active" }, right: is };
  return entity === "nodes"
    ? where
    : certnameIn({ entity: "nodes", select: [{ as: "certname", field: "certname" }], where });
};

const certnameIn = (plan: Plan): Condition => ({ op: "in", left: [{ field: "certname" }], plan });

const text = (value: unknown, field: string): string =>
  typeof value === "string" ? value : refuse(`Argument ${show(value)} is incompatible with string field "${field}".`);

/** ISO dates and date-times with or without a zone (then UTC), and milliseconds since 1970. */
const time = (value: unknown): string => {
  const given = typeof value === "string" && /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/.test(value)
    ? `${value.replace(" ", "T")}${value.length > 10 ? "Z" : "T00:00:00Z"}`
    : value;
  const date = typeof given === "number" || (typeof given === "string" && /^\d{4}-/.test(given))
    ? new Date(given)
    : undefined;
  if (!date || Number.isNaN(date.getTime())) return refuse(`'${String(value)}' is not a valid timestamp value`);
  return date.toISOString();
};
