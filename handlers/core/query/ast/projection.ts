import type { EntityName } from "../entities.ts";
import type { AggregateName, FieldRef, Plan, Projection } from "../plan.ts";
import { fieldNamed, fieldsOf, findField, selectable } from "./fields.ts";
import { isList, listing, refuse, show } from "./terms.ts";

/** The columns of an `extract`. Throws AppError `bad_request` for one that the entity does not have. */
export const projectionsOf = (entity: EntityName, columns: unknown): readonly Projection[] => {
  const names = isList(columns) ? columns : [columns];
  if (names.length === 0) return refuse("'extract' needs at least one field");
  const used = new Map<string, number>();
  return names.map((each): Projection => {
    if (isList(each) && each[0] === "function") return aggregateOf(entity, each, used);
    const plain = columnOf(entity, each);
    return plain ? { as: String(each), ...plain } : unknown(entity, each);
  });
};

/** The `group_by` of an `extract`, checked against what is selected. */
export const groupOf = (
  entity: EntityName,
  [, ...names]: readonly unknown[],
  select: readonly Projection[],
): Required<Pick<Plan, "groupBy">> => {
  if (names.length === 0) refuse("'group_by' needs at least one field");
  const groupBy = names.map((each) => columnOf(entity, each) ?? unknown(entity, each));
  assertGrouped(select, groupBy);
  return { groupBy };
};

/** What is not aggregated must be grouped: otherwise the row's value would be any of many. */
export const assertGrouped = (select: readonly Projection[], groupBy: readonly FieldRef[]): void => {
  const keys = groupBy.map(keyOf);
  const loose = select.find((each) => "field" in each && !keys.includes(keyOf(each)));
  if (loose) refuse(`The field '${loose.as}' must appear in 'group_by' or be used in a function`);
};

const keyOf = ({ field, path = [] }: FieldRef): string => JSON.stringify([field, ...path]);

const columnOf = (entity: EntityName, name: unknown): FieldRef | undefined => {
  if (typeof name !== "string") return undefined;
  if (selectable(entity).includes(name)) return { field: name };
  const inside = name.includes(".") ? findField(entity, name)?.ref : undefined;
  return inside?.path?.some((each) => typeof each === "number") ? undefined : inside;
};

const unknown = (entity: EntityName, name: unknown): never =>
  refuse(
    `Can't extract unknown '${entity}' field '${typeof name === "string" ? name.slice(0, 200) : show(name)}'. ` +
      `Acceptable fields are ${listing(selectable(entity))}`,
  );

const functions: Readonly<Record<AggregateName, readonly string[]>> = {
  count: ["string", "number", "boolean", "timestamp", "array", "json"],
  min: ["number", "timestamp"],
  max: ["number", "timestamp"],
  sum: ["number"],
  avg: ["number"],
};

/** `["function", "count"]`: the column has the function's name, a second one of it is `count_2`. */
const aggregateOf = (
  entity: EntityName,
  [, name, ...args]: readonly unknown[],
  used: Map<string, number>,
): Projection => {
  if (typeof name !== "string" || !Object.hasOwn(functions, name)) {
    return refuse(`The function ${show(name)} is not known here`);
  }
  const aggregate = name as AggregateName;
  const nth = (used.get(name) ?? 0) + 1;
  used.set(name, nth);
  const as = nth === 1 ? name : `${name}_${nth}`;
  if (args.length === 0 && aggregate === "count") return { as, aggregate };
  if (args.length !== 1) return refuse(`The function '${name}' takes exactly one field`);
  const { ref } = fieldNamed(entity, args[0]);
  const type = ref.path ? "json" : fieldsOf(entity)[ref.field]?.type ?? "json";
  if (!functions[aggregate].includes(type)) return refuse(`The function '${name}' takes no field of type ${type} here`);
  return { as, aggregate, of: ref };
};
