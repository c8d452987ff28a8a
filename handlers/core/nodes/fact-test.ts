import { AppError } from "../../errors.ts";
import { pathOf } from "../query/ast/fields.ts";
import type { Condition, FieldRef, Scalar } from "../query/plan.ts";
import { checkPattern } from "../query/validate-plan.ts";

/** How a fact is compared. `in` and `nin` take several values. */
export const factOps = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "regex"] as const;
export type FactOp = (typeof factOps)[number];

/** What a fact is compared with; a fact of another type is neither equal nor greater. */
export const factTypes = ["str", "int", "float", "bool"] as const;
export type FactType = (typeof factTypes)[number];

/**
 * `os.family`, `mountpoints."/boot".size_bytes`, `disks[0].size` as a path; a segment of digits is a name. Throws
 * AppError `bad_request` for what is none.
 */
export const factPath = (text: string): readonly (string | number)[] => {
  const path = pathOf(text.replaceAll(/(^|\.)(\d+)(?=\.|\[|$)/g, '$1"$2"'));
  if (path) return path;
  throw new AppError("bad_request", `Cannot read the fact's name "${text.slice(0, 200)}"`, { field: "fact" });
};

const orders = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/**
 * A test of one place in the facts, as a condition on the entity `nodes` that is true or false, never unknown: `ne` and
 * `nin` hold for a node that lacks the fact. It sees what is shown, secrets replaced. Throws AppError `bad_request`.
 */
export const factTest = (test: {
  readonly path: readonly (string | number)[];
  readonly op: FactOp;
  readonly type: FactType;
  readonly values: readonly Scalar[];
}): Condition => {
  const { path, op, type, values } = test;
  const left: FieldRef = { field: "facts", path, shown: true };
  const [first] = values;
  if (first === undefined) throw bad("has no value to compare with");
  const equal = (right: Scalar): Condition => ({ op: "json=", left, right });
  const among: Condition = values.length === 1 ? equal(first) : { op: "or", of: values.map(equal) };
  switch (op) {
    case "eq":
    case "in":
      return among;
    case "ne":
    case "nin":
      return { op: "not", of: among };
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      if (type === "bool") throw bad(`of type bool has no order for "${op}"`);
      return { op: "and", of: [{ op: "null", left, is: false }, { op: orders[op], left, right: first }] };
    case "regex":
      if (type !== "str") throw bad("is compared by regex with texts only");
      checkPattern(String(first), "fact");
      return { op: "matches", left, pattern: String(first) };
    default:
      throw op satisfies never;
  }
};

const bad = (what: string): AppError => new AppError("bad_request", `The fact ${what}`, { field: "fact" });
