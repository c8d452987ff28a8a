import type { EntityName } from "../entities.ts";
import type { Compare, Condition, FieldRef, Plan } from "../plan.ts";
import { isExactNumber } from "../../json/exact-json.ts";
import { type Ast, isList, refuse, show } from "./terms.ts";
import { numberValue, patternValue } from "./values.ts";

/** `["parameter", name]`, `["fact", name]` and `["node", "active"]` on the left of an operator. */
export const special = (entity: EntityName, op: Compare | "~", left: Ast, right: unknown): Condition => {
  const [kind, name, ...more] = left;
  if (typeof name === "string" && more.length === 0) {
    if (kind === "node" && name === "active" && op === "=" && typeof right === "boolean") return active(entity, right);
    if (kind === "parameter" && entity === "resources") {
      const parameter: FieldRef = { field: "parameters", path: [name] };
      if (op === "=") return { op: "json=", left: parameter, right };
      // PuppetDB matches the whole value
      if (op === "~") return { op: "matches", left: parameter, pattern: `^(?:${patternValue(right, name)})$` };
    }
    if (kind === "fact") return factIs(name, op, right);
  }
  return refuse(`${show(left)} is not a queryable object for ${entity} with '${op}'`);
};

const factIs = (name: string, op: Compare | "~", right: unknown): Condition =>
  certnameIn({
    entity: "facts",
    select: [{ as: "certname", field: "certname" }],
    where: { op: "and", of: [{ op: "=", left: { field: "name" }, right: name }, valueIs(op, right)] },
  });

const valueIs = (op: Compare | "~", right: unknown): Condition => {
  const left: FieldRef = { field: "value" };
  if (op === "~") return { op: "matches", left, pattern: patternValue(right, "value") };
  const number = numberValue(right);
  if (number !== undefined) return { op, left, right: number };
  if (op === "=" && (typeof right === "string" || typeof right === "boolean")) return { op, left, right };
  const shown = typeof right === "string" ? right.slice(0, 100) : isExactNumber(right) ? right.rawJSON : show(right);
  return refuse(`Operator '${op}' not allowed on value '${shown}'`);
};

export const nodeState = (entity: EntityName, state: unknown): Condition => {
  switch (typeof state === "string" ? state.toLowerCase() : undefined) {
    case "active":
      return active(entity, true);
    case "inactive":
      return active(entity, false);
    case "any":
      return { op: "and", of: [] };
    default:
      return refuse(`${show(state)} is no node_state, expected "active", "inactive" or "any"`);
  }
};

/** Neither deactivated nor expired, or the contrary. */
export const active = (entity: EntityName, is: boolean): Condition => {
  const where: Condition = { op: "=", left: { field: "active" }, right: is };
  return entity === "nodes"
    ? where
    : certnameIn({ entity: "nodes", select: [{ as: "certname", field: "certname" }], where });
};

/** Whether a query speaks of a node's state itself; then it isn't restricted to active ones. */
export const speaksOfState = (ast: unknown): boolean => {
  if (!isList(ast)) return false;
  const [operator, left] = ast;
  // its other side is a value, whatever that looks like
  if (operator === "=") return left === "node_state" || (isList(left) && left[0] === "node" && left[1] === "active");
  return ast.some(speaksOfState);
};

const certnameIn = (plan: Plan): Condition => ({ op: "in", left: [{ field: "certname" }], plan });
