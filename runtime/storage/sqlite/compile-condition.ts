import { RE2JS } from "re2js";
import type { Condition, FieldRef, Scalar } from "../../../handlers/core/query/plan.ts";
import { AppError } from "../../../handlers/errors.ts";
import type { SqlValue } from "./protocol.ts";

/** How a field is written in SQL, and what it holds. */
export type Column = {
  readonly sql: string;
  readonly type: "string" | "number" | "boolean" | "timestamp" | "array" | "json";
};

export type Scope = {
  readonly column: (ref: FieldRef) => Column;
  readonly params: SqlValue[];
  /** Compiles the plan of an `in`; undefined where there is none. */
  readonly subquery?: (condition: Extract<Condition, { op: "in"; plan: unknown }>) => string;
};

/** A condition as SQL, every value bound. Throws AppError `bad_request` for a regular expression that RE2 refuses. */
export const compileCondition = (condition: Condition, scope: Scope): string => {
  const { column } = scope;
  const bind = (value: SqlValue): string => {
    scope.params.push(value);
    return "?";
  };
  switch (condition.op) {
    case "and":
    case "or": {
      if (condition.of.length === 0) return condition.op === "and" ? "1" : "0";
      return `(${condition.of.map((each) => compileCondition(each, scope)).join(` ${condition.op.toUpperCase()} `)})`;
    }
    case "not":
      return `(NOT ${compileCondition(condition.of, scope)})`;
    case "=":
    case ">":
    case ">=":
    case "<":
    case "<=": {
      const { sql, type } = column(condition.left);
      return type === "json"
        ? compareJson(sql, condition.op, condition.right, bind)
        : `${sql} ${condition.op} ${bind(plain(condition.right))}`;
    }
    case "has": {
      const { sql } = column(condition.left);
      return `EXISTS (SELECT 1 FROM json_each(${sql}) WHERE value = ${bind(plain(condition.right))})`;
    }
    case "matches": {
      const { sql, type } = column(condition.left);
      checkPattern(condition.pattern);
      const pattern = bind(condition.pattern);
      if (type === "array") return `EXISTS (SELECT 1 FROM json_each(${sql}) WHERE matches(${pattern}, value))`;
      return type === "json" ? `matches(${pattern}, ${sql} ->> '$')` : `matches(${pattern}, ${sql})`;
    }
    case "null": {
      const { sql, type } = column(condition.left);
      const missing = type === "json" ? `(${sql} IS NULL OR ${sql} = 'null')` : `${sql} IS NULL`;
      return condition.is ? missing : `NOT ${missing}`;
    }
    case "in": {
      if ("plan" in condition) {
        if (!scope.subquery) throw new AppError("bad_request", "A subquery cannot stand here");
        return scope.subquery(condition);
      }
      if (condition.values.length === 0) return "0";
      const left = condition.left.map((ref) => column(ref).sql);
      const rows = condition.values.map((row) => `(${row.map((value) => bind(plain(value))).join(", ")})`);
      return left.length === 1
        ? `${left[0]} IN (${rows.map((row) => row.slice(1, -1)).join(", ")})`
        : `(${left.join(", ")}) IN (VALUES ${rows.join(", ")})`;
    }
    case "json=": {
      const { sql } = column(condition.left);
      return `json(${sql}) = json(${bind(JSON.stringify(condition.right))})`;
    }
    default:
      return condition satisfies never;
  }
};

const plain = (value: Scalar): SqlValue => typeof value === "boolean" ? Number(value) : value;

/** A value of a JSON document is compared with its own type only: 80 is not "80". */
const compareJson = (sql: string, op: string, right: Scalar, bind: (value: SqlValue) => string): string => {
  const kind = `json_type(${sql})`;
  if (typeof right === "boolean") return `${kind} = ${bind(String(right))}`;
  const kinds = typeof right === "number" ? "('integer', 'real')" : "('text')";
  // no value of another type is an answer either: it is false, not unknown
  return `(CASE WHEN ${kind} IN ${kinds} THEN ${sql} ->> '$' ${op} ${
    bind(right)
  } ELSE iif(${kind} IS NULL, NULL, 0) END)`;
};

const checkPattern = (pattern: string): void => {
  try {
    RE2JS.compile(pattern);
  } catch (cause) {
    throw new AppError("bad_request", `Cannot read the regular expression "${pattern}": ${(cause as Error).message}`);
  }
};
