import type { EntityName } from "../entities.ts";
import type { Compare, Condition, FieldRef, Plan } from "../plan.ts";
import { isExactNumber } from "../../json/exact-json.ts";
import { fieldNamed } from "./fields.ts";
import { membership } from "./membership.ts";
import { nodeState, special } from "./special.ts";
import { isList, refuse, show } from "./terms.ts";
import { isComposite, numberValue, patternValue, scalarFor, textValue, timeValue } from "./values.ts";

/**
 * A filter of PuppetDB's AST as a condition; `plan` translates the subqueries in it. What is not understood is refused
 * with AppError `bad_request` in PuppetDB's words; nothing is left out silently. The query must be bounded
 * (`assertBounded`). Source of the semantics: PuppetDB's query API, version 4.
 */
export const conditionOf = (entity: EntityName, ast: unknown, plan: (ast: unknown) => Plan): Condition => {
  if (!isList(ast)) return refuse(`${show(ast)} is not well-formed: queries must be an array`);
  const [operator, ...args] = ast;
  if (typeof operator !== "string") {
    return refuse(`${show(ast)} is not well-formed: queries must contain at least one operator`);
  }
  const two = (): readonly [unknown, unknown] => {
    if (args.length !== 2) refuse(`${operator} requires exactly two arguments`);
    return [args[0], args[1]];
  };
  const name = operator.toLowerCase();
  switch (name) {
    case "and":
    case "or":
      if (args.length === 0) refuse(`'${operator}' takes at least one argument, but none were supplied`);
      return { op: name, of: args.map((each) => conditionOf(entity, each, plan)) };
    case "not":
      if (args.length !== 1) refuse(`'not' takes exactly one argument, but ${args.length} were supplied`);
      return { op: "not", of: conditionOf(entity, args[0], plan) };
    case "=":
      return equals(entity, ...two());
    case ">":
    case ">=":
    case "<":
    case "<=":
      return compares(entity, name, ...two());
    case "~":
      return matches(entity, ...two());
    case "null?":
      return isNull(entity, ...two());
    case "in":
      return membership(entity, two(), { plan, equals });
    default:
      return refuse(`The query operator '${operator.slice(0, 100)}' is not known here`);
  }
};

const equals = (entity: EntityName, left: unknown, right: unknown): Condition => {
  if (isList(left)) return special(entity, "=", left, right);
  if (left === "node_state") return nodeState(entity, right);
  if (left === "tag" && entity === "resources") {
    return { op: "has", left: { field: "tags" }, right: textValue(right, left).toLowerCase() };
  }
  const name = String(left);
  const { ref, field } = fieldNamed(entity, left);
  // `any` lifts the restriction to reports of agents, and restricts nothing itself
  if (entity === "reports" && name === "type" && right === "any") return { op: "and", of: [] };
  if (ref.path) return equalsInside(ref, right, name);
  if (right === null) return { op: "null", left: ref, is: true };
  if (field.type === "array") return { op: "has", left: ref, right: textValue(right, name) };
  if (field.type === "json") return equalsJson(ref, right);
  return { op: "=", left: ref, right: scalarFor(field.type, right, name) };
};

const equalsJson = (left: FieldRef, right: unknown): Condition => {
  if (isComposite(right)) return { op: "json=", left, right };
  if (isExactNumber(right)) {
    // beyond 2^53 only the digits themselves tell two numbers apart
    const whole = /^-?\d+$/.test(right.rawJSON) && !Number.isSafeInteger(Number(right.rawJSON));
    return whole ? { op: "json=", left, right } : { op: "=", left, right: numberValue(right) ?? 0 };
  }
  return { op: "=", left, right: right as string | number | boolean };
};

/** PuppetDB asks whether the place contains the value: a missing place is false there, not unknown. */
const equalsInside = (left: FieldRef, right: unknown, name: string): Condition => {
  if (right === null || isComposite(right)) {
    return refuse(`'${name}' can be compared here with a string, a number or a boolean only`);
  }
  return { op: "json=", left, right };
};

const compares = (entity: EntityName, op: Compare, left: unknown, right: unknown): Condition => {
  if (isList(left)) return special(entity, op, left, right);
  const { ref, field } = fieldNamed(entity, left);
  if (field.type === "timestamp") return { op, left: ref, right: timeValue(right) };
  if (field.type !== "number" && field.type !== "json") {
    return refuse(`Query operators >,>=,<,<= are not allowed on field ${String(left)}`);
  }
  const number = numberValue(right) ?? refuse(`Argument ${show(right)} and operator "${op}" have incompatible types.`);
  return { op, left: ref, right: number };
};

const matches = (entity: EntityName, left: unknown, right: unknown): Condition => {
  if (isList(left)) return special(entity, "~", left, right);
  const pattern = patternValue(right, String(left));
  if (left === "tag" && entity === "resources") return { op: "matches", left: { field: "tags" }, pattern };
  const { ref, field } = fieldNamed(entity, left);
  if (!["string", "array", "json"].includes(field.type)) {
    return refuse(`Query operator ~ is not allowed on field ${String(left)}`);
  }
  return { op: "matches", left: ref, pattern };
};

const isNull = (entity: EntityName, left: unknown, is: unknown): Condition => {
  if (typeof left !== "string" || typeof is !== "boolean") {
    return refuse(`The 'null?' operator takes a field and true or false, but got ${show([left, is])}`);
  }
  const { ref } = fieldNamed(entity, left);
  if (!ref.path) return { op: "null", left: ref, is };
  // inside of JSON it asks for JSON's null: a missing place is neither that nor something else
  return is ? { op: "json=", left: ref, right: null } : { op: "null", left: ref, is };
};
