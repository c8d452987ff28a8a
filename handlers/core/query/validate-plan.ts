import { RE2JS } from "re2js";
import { AppError } from "../../errors.ts";
import { entities, type EntityField, type EntityName, type FieldType } from "./entities.ts";
import type { Condition, FieldRef, Plan, Projection, Scalar } from "./plan.ts";

/** Longer regular expressions are refused: what they compile to may be much larger than they are. */
const longestPattern = 1000;
/** Deeper conditions and subqueries are refused; lists of conditions may be long. */
const deepest = 100;

/**
 * Checks a plan against the table of entities: throws AppError `bad_request` that names the field, for one that is unknown
 * or can't be used so, a value of another type, a bad regular expression, and for projections that don't go with grouping.
 * A store compiles only what has passed here.
 */
export const validatePlan = (plan: Plan): void => checkPlan(plan, 0);

const checkPlan = (plan: Plan, depth: number): void => {
  if (!Object.hasOwn(entities, plan.entity)) throw new AppError("bad_request", `Unknown entity "${plan.entity}"`);
  const names = new Set<string>();
  for (const each of plan.select) {
    if (names.has(each.as)) throw bad(`"${each.as}" is selected twice`, each.as);
    names.add(each.as);
    if ("classes" in each) checkClasses(plan, each, depth);
    else checkProjection(plan, each);
  }
  for (const each of plan.groupBy ?? []) fieldOf(plan.entity, each, "output");
  if (plan.groupBy && plan.select.length === 0) throw bad("A grouped query needs a list of what is selected");
  if (plan.byCount && !plan.groupBy) throw bad("Only groups can be sorted by how many rows they have");
  for (const each of plan.order ?? []) {
    const type = fieldOf(plan.entity, each, "filter");
    if (type === "array") throw bad(`"${each.field}" of ${plan.entity} cannot be sorted by`, each.field);
    if (isGrouped(plan) && !isGroup(plan, each)) throw bad(`"${each.field}" is not grouped by`, each.field);
  }
  checkCount(plan.limit, "limit");
  checkCount(plan.offset, "offset");
  if (plan.where) checkCondition(plan.entity, plan.where, depth + 1);
};

const isGrouped = (plan: Plan): boolean => !!plan.groupBy || plan.select.some((each) => "aggregate" in each);

const checkClasses = (plan: Plan, each: Extract<Projection, { classes: unknown }>, depth: number): void => {
  if (each.classes.length === 0) throw bad(`"${each.as}" has no classes`, each.as);
  for (const { when } of each.classes) checkCondition(plan.entity, when, depth + 1);
};

const isGroup = (plan: Plan, { field, path, shown }: FieldRef): boolean =>
  (plan.groupBy ?? []).some((each) =>
    each.field === field && each.shown === shown && JSON.stringify(each.path ?? []) === JSON.stringify(path ?? [])
  );

const checkProjection = (plan: Plan, each: Exclude<Projection, { classes: unknown }>): void => {
  if (!("aggregate" in each)) {
    fieldOf(plan.entity, each, "output");
    if (isGrouped(plan) && !isGroup(plan, each)) throw bad(`"${each.field}" is not grouped by`, each.field);
    return;
  }
  const type = each.of && fieldOf(plan.entity, each.of, "filter");
  if (each.aggregate === "count") return;
  if (!each.of) throw bad(`"${each.aggregate}" needs a field`, each.as);
  const takes: readonly (FieldType | undefined)[] = each.aggregate === "min" || each.aggregate === "max"
    ? ["number", "json", "string", "timestamp"]
    : ["number", "json"];
  if (!takes.includes(type)) throw bad(`There is no "${each.aggregate}" of "${each.of.field}"`, each.of.field);
};

const checkCount = (value: number | undefined, name: string): void => {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
    throw bad(`"${name}" must be a whole number that is not negative`, name);
  }
};

const checkCondition = (entity: EntityName, condition: Condition, depth: number): void => {
  if (depth > deepest) throw bad("The query is nested too deeply");
  switch (condition.op) {
    case "and":
    case "or":
      for (const each of condition.of) checkCondition(entity, each, depth + 1);
      return;
    case "not":
      return checkCondition(entity, condition.of, depth + 1);
    case "=":
    case ">":
    case ">=":
    case "<":
    case "<=": {
      const type = fieldOf(entity, condition.left, "filter");
      const { field } = condition.left;
      if (type === "array") throw bad(`"${field}" of ${entity} is a list: ask what it has`, field);
      if ((type === "boolean" || typeof condition.right === "boolean") && condition.op !== "=") {
        throw bad(`"${field}" of ${entity} has no order`, field);
      }
      return checkValue(entity, field, type, condition.right);
    }
    case "has":
      if (fieldOf(entity, condition.left, "filter") !== "array") {
        throw bad(`"${condition.left.field}" of ${entity} is no list`, condition.left.field);
      }
      return;
    case "matches": {
      const type = fieldOf(entity, condition.left, "filter");
      if (type !== "string" && type !== "array" && type !== "json") {
        throw bad(`"${condition.left.field}" of ${entity} is no text to match`, condition.left.field);
      }
      return checkPattern(condition.pattern, condition.left.field);
    }
    case "null":
      return void fieldOf(entity, condition.left, "filter");
    case "json=":
      if (fieldOf(entity, condition.left, "filter") !== "json") {
        throw bad(`"${condition.left.field}" of ${entity} is no JSON`, condition.left.field);
      }
      return;
    case "in":
      return checkIn(entity, condition, depth);
    default:
      condition satisfies never;
  }
};

const checkIn = (entity: EntityName, condition: Extract<Condition, { op: "in" }>, depth: number): void => {
  const types = condition.left.map((ref) => fieldOf(entity, ref, "filter"));
  const fields = condition.left.map((ref) => ref.field).join(", ");
  if (types.length === 0) throw bad(`"in" needs a field of ${entity}`);
  if (types.includes("array")) throw bad(`"${fields}" of ${entity} is a list and cannot be looked up`, fields);
  if (!("plan" in condition)) {
    for (const row of condition.values) {
      if (row.length !== types.length) throw bad(`"in" of ${fields} needs ${types.length} values a row`, fields);
      row.forEach((value, at) => checkValue(entity, condition.left[at]!.field, types[at]!, value));
    }
    return;
  }
  checkPlan(condition.plan, depth + 1);
  const { select, entity: inner } = condition.plan;
  if (select.length !== types.length) throw bad(`"in" of ${fields} needs a query of ${types.length} columns`, fields);
  select.forEach((each, at) => {
    const type = "field" in each ? fieldOf(inner, each, "output") : undefined;
    const left = types[at]!;
    if (type && type !== left && type !== "json" && left !== "json") {
      throw bad(`"${condition.left[at]!.field}" of ${entity} cannot be compared with "${each.as}" of ${inner}`, fields);
    }
  });
};

const checkValue = (entity: EntityName, field: string, type: FieldType, value: Scalar): void => {
  const fits = type === "timestamp" ? timeOf(value) !== undefined : type === "json" || typeof value === type;
  if (!fits) {
    const shown = typeof value === "string" ? `"${value}"` : String(value);
    throw bad(`${shown} is no ${type === "timestamp" ? "timestamp" : type} as "${field}" of ${entity} is`, field);
  }
};

/** Throws AppError `bad_request` for a regular expression that RE2 refuses. */
export const checkPattern = (pattern: string, field: string): void => {
  if (pattern.length > longestPattern) {
    throw bad(`A regular expression may have ${longestPattern} characters at most`, field);
  }
  try {
    RE2JS.compile(pattern);
  } catch (cause) {
    throw new AppError("bad_request", `Cannot read the regular expression "${pattern}"`, { field, cause });
  }
};

/** Fields that people may ask about as they see them. */
const haveShown: Readonly<Partial<Record<EntityName, readonly string[]>>> = {
  nodes: ["facts"],
  resources: ["title", "tags"],
};

/** The type that a reference is used as: a place inside of JSON is JSON. */
const fieldOf = (entity: EntityName, { field, path, shown }: FieldRef, use: "filter" | "output"): FieldType => {
  const fields: Readonly<Record<string, EntityField>> = entities[entity].fields;
  const known = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (!known) {
    throw bad(`Unknown field "${field}" of ${entity}; known are ${Object.keys(fields).sort().join(", ")}`, field);
  }
  if (known.only !== undefined && known.only !== use) {
    const how = use === "filter" ? "shown, not asked for" : "asked for, not shown";
    throw bad(`"${field}" of ${entity} can only be ${how}`, field);
  }
  if (shown && !haveShown[entity]?.includes(field)) throw bad(`"${field}" of ${entity} has no shown form`, field);
  if (path?.length && known.type !== "json") throw bad(`"${field}" of ${entity} has nothing inside`, field);
  return known.type;
};

const bad = (message: string, field?: string): AppError =>
  new AppError("bad_request", message, field === undefined ? {} : { field });

const isoTime = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s?(Z|[+-]\d\d:\d\d)?)?$/;

/** Milliseconds since 1970 of a plan's time: such a number itself, or an ISO date or time, UTC unless it says otherwise. */
export const timeOf = (value: Scalar): number | undefined => {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  const [, date, time = "00:00", zone = "Z"] = isoTime.exec(String(value)) ?? [];
  const ms = date === undefined ? NaN : Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(ms) ? undefined : ms;
};
