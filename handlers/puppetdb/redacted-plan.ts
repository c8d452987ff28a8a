import type { EntityField } from "../core/query/entities.ts";
import { entities } from "../core/query/entities.ts";
import type { Condition, FieldRef, Plan } from "../core/query/plan.ts";
import { AppError } from "../errors.ts";
import type { Redactor } from "../interfaces/redactor.ts";
import { seal } from "../interfaces/sealed.ts";

/**
 * What a reader may not see he may not ask about: of the fields that are shown redacted only texts (names, types, titles,
 * tags, files) may be compared, as a whole and with what is itself no secret. Throws AppError `forbidden`.
 */
export const assertMayAsk = (plan: Plan, redactor: Redactor): void => {
  const shapeOf = ({ field }: FieldRef): EntityField["sealed"] =>
    (entities[plan.entity].fields as Readonly<Record<string, EntityField>>)[field]?.sealed;
  const open = (ref: FieldRef): void => {
    if (shapeOf(ref)) throw denied(plan, ref);
  };
  const asked = (left: FieldRef, literals: readonly unknown[]): void => {
    const shape = shapeOf(left);
    if (!shape) return;
    const tells = (each: unknown) => typeof each !== "string" || redactor.redactText(seal(each)) !== each;
    if (left.path || (shape !== "text" && shape !== "tags") || literals.some(tells)) throw denied(plan, left);
  };
  const check = (condition: Condition): void => {
    switch (condition.op) {
      case "and":
      case "or":
        return condition.of.forEach(check);
      case "not":
        return check(condition.of);
      case "=":
      case "has":
      case "json=":
        return asked(condition.left, [condition.right]);
      case ">":
      case ">=":
      case "<":
      case "<=":
      case "matches":
        return open(condition.left);
      case "null":
        return asked(condition.left, []);
      case "in":
        if ("values" in condition) {
          return condition.left.forEach((ref, at) => asked(ref, condition.values.map((row) => row[at])));
        }
        condition.left.forEach(open);
        return assertMayAsk(condition.plan, redactor);
      default:
        return condition satisfies never;
    }
  };
  if (plan.where) check(plan.where);
  [...(plan.order ?? []), ...(plan.groupBy ?? [])].forEach(open);
  for (const each of plan.select) if ("aggregate" in each && each.of) open(each.of);
};

const denied = ({ entity }: Plan, { field }: FieldRef): AppError =>
  new AppError(
    "forbidden",
    `Permission denied: without a verified certificate the contents of "${field}" of ${entity} cannot be asked about; ` +
      `set HOPPETDB_PUPPETDB_TLS to on, or name "anonymous" in HOPPETDB_PUPPETDB_ALLOW`,
  );
