import type { EntityName } from "../entities.ts";
import type { Order } from "../plan.ts";
import { fieldNamed, queryable } from "./fields.ts";
import { isList, isObject, refuse, show } from "./terms.ts";

/** `[{"field": f, "order": "asc"}]`, as the parameter `order_by` has it. Throws AppError `bad_request`. */
export const orderOf = (entity: EntityName, value: unknown): readonly Order[] => {
  if (!isList(value)) {
    return refuse(`Illegal value '${show(value)}' for :order_by; expected an array of maps.`);
  }
  return value.map((each): Order => {
    if (!isObject(each)) return refuse(`Illegal value '${show(each)}' for :order_by; expected an array of maps.`);
    const { field, order, ...rest } = each;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) return refuse(`Unknown key '${unknown.slice(0, 100)}' specified in :order_by`);
    return ordered(entity, field, order);
  });
};

/** `["certname", ["title", "desc"]]`, as the clause `["order_by", …]` of a query has it. */
export const orderClause = (entity: EntityName, value: unknown): readonly Order[] => {
  if (!isList(value)) return refuse(`'order_by' takes a list of fields, not ${show(value)}`);
  return value.map((each) =>
    isList(each)
      ? each.length > 2 ? refuse(`${show(each)} is no order`) : ordered(entity, each[0], each[1])
      : ordered(entity, each, undefined)
  );
};

const ordered = (entity: EntityName, field: unknown, order: unknown): Order => {
  const direction = order === undefined ? "asc" : typeof order === "string" ? order.toLowerCase() : undefined;
  if (direction !== "asc" && direction !== "desc") {
    return refuse(`Illegal value ${show(order)} in :order_by; 'order' must be either 'asc' or 'desc'`);
  }
  if (typeof field !== "string" || !queryable(entity).includes(field)) {
    return refuse(
      `Unrecognized column '${
        typeof field === "string" ? field.slice(0, 100) : show(field)
      }' specified in :order_by; ` +
        `Supported columns are '${queryable(entity).join("', '")}'`,
    );
  }
  return { ...fieldNamed(entity, field).ref, direction };
};
