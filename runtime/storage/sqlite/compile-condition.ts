import { checkPattern, timeOf } from "../../../handlers/core/query/validate-plan.ts";
import type { Compare, Condition, FieldRef, Scalar } from "../../../handlers/core/query/plan.ts";
import { placeholder } from "../../../handlers/interfaces/redactor.ts";
import { AppError } from "../../../handlers/errors.ts";
import { canonical } from "./canonical.ts";
import { type Column, type JsonColumn, valueSql } from "./columns.ts";
import { equalsAny, gathered } from "./compile-alternatives.ts";
import type { Params } from "./params.ts";
import type { SqlValue } from "./protocol.ts";

export type Scope = {
  readonly params: Params;
  readonly column: (ref: FieldRef) => Column;
  /** Compiles an `in` with a plan; where it is missing there are no subqueries. */
  readonly subquery?: (condition: Extract<Condition, { op: "in"; plan: unknown }>) => string;
};

/** A condition as SQL in parentheses, three-valued, every value bound. Throws AppError `bad_request` for a bad pattern. */
export const compileCondition = (condition: Condition, scope: Scope): string => {
  const { column, params: { bind } } = scope;
  switch (condition.op) {
    case "and":
      if (condition.of.length === 0) return "1";
      return balanced(condition.of.map((each) => compileCondition(each, scope)), "AND");
    case "or": {
      if (condition.of.length === 0) return "0";
      const { together, others } = gathered(condition.of);
      const parts = [
        ...together.flatMap((each) => anyOf(column(each.left), each.values, bind)),
        ...others.map((each) => compileCondition(each, scope)),
      ];
      return parts.length === 0 ? "0" : balanced(parts, "OR");
    }
    case "not":
      return `(NOT ${compileCondition(condition.of, scope)})`;
    case "=":
    case ">":
    case ">=":
    case "<":
    case "<=":
      return narrowed(
        column(condition.left),
        condition.op === "=" && !holdsPlaceholder(condition.right),
        (left) => compare(left, condition.op, condition.right, bind),
      );
    case "has": {
      const tags = column(condition.left);
      if (tags.kind === "tags" && tags.owner) {
        return `(${tags.owner} IN (SELECT content FROM resource_tags WHERE tag = ${bind(String(condition.right))}))`;
      }
      const list = tags.kind === "json" ? tags.text : tags.sql;
      return `EXISTS (SELECT 1 FROM json_each(${list}) WHERE value = ${bind(plain(condition.right))})`;
    }
    case "matches": {
      const left = column(condition.left);
      checkPattern(condition.pattern, condition.left.field);
      const pattern = bind(condition.pattern);
      if (left.kind === "tags") {
        return `EXISTS (SELECT 1 FROM json_each(${left.sql}) WHERE matches(${pattern}, value))`;
      }
      if (left.kind !== "json") return `(matches(${pattern}, ${left.sql}) = 1)`;
      // a text as it is, anything else as its JSON; null and what is missing never
      return `(coalesce(matches(${pattern}, CASE ${left.type} WHEN 'text' THEN ${left.scalar} WHEN 'null' THEN NULL
        ELSE ${left.text} END), 0) = 1)`;
    }
    case "null": {
      const left = column(condition.left);
      const missing = left.kind === "json" ? `coalesce(${left.type}, 'null') = 'null'` : `${left.sql} IS NULL`;
      return condition.is ? `(${missing})` : `(NOT ${missing})`;
    }
    case "in":
      if (!("plan" in condition)) return oneOf(condition.left.map(column), condition.values, bind);
      if (!scope.subquery) throw new AppError("bad_request", "A subquery cannot stand here");
      return scope.subquery(condition);
    case "json=":
      return narrowed(
        column(condition.left),
        !holdsPlaceholder(condition.right),
        (left) => equalJson(left, condition.right, bind),
      );
    default:
      return condition satisfies never;
  }
};

type Bind = (value: SqlValue) => string;

const holdsPlaceholder = (value: unknown): boolean => JSON.stringify(value)?.includes(placeholder) ?? false;

/**
 * Of a value as it is shown, where it can be equal to something only if the stored one is: that one is asked first, so
 * that few are left to be redacted.
 */
const narrowed = (left: Column, may: boolean, test: (left: Column) => string): string =>
  may && left.kind === "json" && left.stored ? `(${test(left.stored)} AND ${test(left)})` : test(left);

/** SQLite builds a tree of a chain and refuses deep ones, so that a long chain is cut in halves. */
const balanced = (parts: readonly string[], operator: string): string => {
  if (parts.length <= 8) return `(${parts.join(` ${operator} `)})`;
  const half = parts.length >> 1;
  return `(${balanced(parts.slice(0, half), operator)} ${operator} ${balanced(parts.slice(half), operator)})`;
};

/** Values with a placeholder in them are what is shown of something else: the stored value is not asked for these. */
const anyOf = (left: Column, values: readonly Scalar[], bind: Bind): readonly string[] => {
  if (left.kind !== "json") throw new AppError("bad_request", "This field is no JSON");
  return [values.filter((each) => !holdsPlaceholder(each)), values.filter(holdsPlaceholder)]
    .filter((some) => some.length > 0)
    .map((some) =>
      narrowed(left, !some.some(holdsPlaceholder), (column) => equalsAny(column as JsonColumn, some, bind))
    );
};

const plain = (value: Scalar): SqlValue => typeof value === "boolean" ? Number(value) : value;

const compare = (left: Column, op: Compare, right: Scalar, bind: Bind): string => {
  switch (left.kind) {
    case "json": {
      // only with its own type: 80 is not "80". A value of another type is false, a missing one unknown.
      if (typeof right === "boolean") return `(${left.type} ${op} '${right}')`;
      const types = typeof right === "number" ? "('integer', 'real')" : "('text')";
      return `(${left.scalar} ${op} ${bind(right)} AND ${left.type} IN ${types})`;
    }
    case "boolean":
      // written out, so that partial indexes fit
      return right === true ? `(${left.sql} = 1)` : `(${left.sql} = 0)`;
    case "time":
      return `(${left.sql} ${op} ${bind(timeOf(right) ?? null)})`;
    default:
      return `(${left.sql} ${op} ${bind(plain(right))})`;
  }
};

/** The list is one bound JSON array, however long it is. */
const oneOf = (left: readonly Column[], values: readonly (readonly Scalar[])[], bind: Bind): string => {
  if (values.length === 0) return "0";
  if (values.length === 1 || left.some(({ kind }) => kind === "json")) {
    const equal = (at: number, value: Scalar) =>
      narrowed(left[at]!, !holdsPlaceholder(value), (column) => compare(column, "=", value, bind));
    const rows = values.map((row) => balanced(row.map((value, at) => equal(at, value)), "AND"));
    return balanced(rows, "OR");
  }
  const rows = values.map((row) => row.map((value, at) => left[at]!.kind === "time" ? timeOf(value) : value));
  if (left.length === 1) {
    return `(${valueSql(left[0]!)} IN (SELECT value FROM json_each(${bind(JSON.stringify(rows.flat()))})))`;
  }
  const inner = left.map((_, at) => `value ->> ${at}`).join(", ");
  return `((${left.map(valueSql).join(", ")}) IN (SELECT ${inner} FROM json_each(${bind(JSON.stringify(rows))})))`;
};

/** Never unknown: what is missing equals nothing. */
const equalJson = (left: Column, right: unknown, bind: Bind): string => {
  if (left.kind !== "json") throw new AppError("bad_request", "This field is no JSON");
  if (right === null) return `(${left.type} IS 'null')`;
  switch (typeof right) {
    case "boolean":
      return `(${left.type} IS '${right}')`;
    case "number":
      return `(coalesce(${left.type} IN ('integer', 'real'), 0) AND ${left.scalar} = ${bind(right)})`;
    case "string":
      return `(${left.type} IS 'text' AND ${left.scalar} = ${bind(right)})`;
    default:
      return `(${left.type} IS ${Array.isArray(right) ? "'array'" : "'object'"} AND same_json(${left.text}, ${
        bind(canonical(right))
      }))`;
  }
};
