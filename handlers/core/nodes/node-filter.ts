import type { Condition, FieldRef } from "../query/plan.ts";
import { hasStatus, type NodeStatus } from "./node-status.ts";

/** A text compared whole, or an unanchored regular expression in RE2's syntax. */
export type TextTest = { readonly is: string } | { readonly matches: string };

export type NodeFilter = {
  readonly name?: TextTest | undefined;
  readonly environment?: TextTest | undefined;
  /** Deactivated or expired ones only (true), or none of them (false). */
  readonly disabled?: boolean | undefined;
  /** Nodes with one of these; an empty list finds none. */
  readonly statuses?: readonly NodeStatus[] | undefined;
};

/** Where a node's environment is looked for: its last run's, else what is known of it. */
export const environmentFields = ["report_environment", "catalog_environment", "facts_environment"] as const;

/** Everything of the filter but the status, which needs a point in time. */
export const filterConditions = (filter: NodeFilter): readonly Condition[] => [
  ...(filter.name ? [test({ field: "certname" }, filter.name)] : []),
  ...(filter.environment ? [inEnvironment(filter.environment)] : []),
  ...(filter.disabled === undefined
    ? []
    : [{ op: "=", left: { field: "active" }, right: !filter.disabled } satisfies Condition]),
];

export const statusConditions = (statuses: readonly NodeStatus[] | undefined, before: string): readonly Condition[] =>
  statuses === undefined ? [] : [{ op: "or", of: statuses.map((each) => hasStatus(each, before)) }];

export const allOf = (conditions: readonly Condition[]): { readonly where?: Condition } =>
  conditions.length === 0 ? {} : { where: { op: "and", of: conditions } };

const test = (left: FieldRef, text: TextTest): Condition =>
  "is" in text ? { op: "=", left, right: text.is } : { op: "matches", left, pattern: text.matches };

const inEnvironment = (text: TextTest): Condition => ({
  op: "or",
  of: environmentFields.map((field, i) => ({
    op: "and",
    of: [
      ...environmentFields.slice(0, i).map((earlier) =>
        ({ op: "null", left: { field: earlier }, is: true }) satisfies Condition
      ),
      test({ field }, text),
    ],
  })),
});
