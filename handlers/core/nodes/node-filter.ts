import type { Condition, FieldRef } from "../query/plan.ts";
import { hasStatus, type NodeStatus } from "./node-status.ts";

/** A text compared whole, or an unanchored regular expression in RE2's syntax. */
export type TextTest = { readonly is: string } | { readonly matches: string };

export type NodeFilter = {
  readonly name?: TextTest | undefined;
  readonly environment?: TextTest | undefined;
  /** Only those that nobody waits for: disabled, deactivated or expired (true), or none of them (false). */
  readonly disabled?: boolean | undefined;
  /** Nodes with one of these; an empty list finds none. */
  readonly statuses?: readonly NodeStatus[] | undefined;
  /** Conditions on the nodes' facts. */
  readonly facts?: readonly Condition[] | undefined;
};

/** Everything of the filter but the status, which needs a point in time. */
export const filterConditions = (filter: NodeFilter): readonly Condition[] => [
  ...(filter.name ? [test({ field: "certname" }, filter.name)] : []),
  ...(filter.environment ? [test({ field: "environment" }, filter.environment)] : []),
  ...(filter.disabled === undefined
    ? []
    : [{ op: "=", left: { field: "enabled" }, right: !filter.disabled } satisfies Condition]),
  ...filter.facts ?? [],
];

export const statusConditions = (statuses: readonly NodeStatus[] | undefined, before: string): readonly Condition[] =>
  statuses === undefined ? [] : [{ op: "or", of: statuses.map((each) => hasStatus(each, before)) }];

export const allOf = (conditions: readonly Condition[]): { readonly where?: Condition } =>
  conditions.length === 0 ? {} : { where: { op: "and", of: conditions } };

const test = (left: FieldRef, text: TextTest): Condition =>
  "is" in text ? { op: "=", left, right: text.is } : { op: "matches", left, pattern: text.matches };
