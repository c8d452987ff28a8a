import { orderOf } from "../core/query/ast/order.ts";
import type { Paging } from "../core/query/ast/plan.ts";
import type { EntityName } from "../core/query/entities.ts";
import { AppError } from "../errors.ts";

/** What a query sends beside the filter, in the URL or in a JSON body. */
export type Asked = {
  readonly query: unknown;
  readonly paging: Paging;
  readonly total: boolean;
  readonly pretty: boolean;
};

const known = [
  "query",
  "limit",
  "offset",
  "order_by",
  "include_total",
  "pretty",
  "origin",
  "timeout",
  "optimize_drop_unused_joins",
];

/** Reads the parameters of a query. Throws AppError `bad_request` for one that is unknown or can't be read. */
export const askedOf = (entity: EntityName, given: Readonly<Record<string, unknown>>): Asked => {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new AppError("bad_request", `Unsupported query parameter '${unknown}'`);
  const limit = wholeNumber("limit", given.limit, 1);
  const offset = wholeNumber("offset", given.offset, 0);
  const order = given.order_by === undefined ? undefined : orderOf(entity, jsonOf("order_by", given.order_by));
  return {
    query: given.query === undefined || given.query === "" ? undefined : jsonOf("query", given.query),
    paging: {
      ...(limit === undefined ? {} : { limit }),
      ...(offset === undefined ? {} : { offset }),
      ...(order === undefined ? {} : { order }),
    },
    total: truth(given.include_total),
    pretty: truth(given.pretty),
  };
};

const truth = (value: unknown): boolean => value === true || value === "true";

const wholeNumber = (name: string, value: unknown, least: number): number | undefined => {
  if (value === undefined) return undefined;
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= least) return number;
  throw new AppError(
    "bad_request",
    `Illegal value '${String(value)}' for :${name}; expected ${
      least === 0 ? "a non-negative" : "a positive non-zero"
    } integer.`,
  );
};

/** In a URL these are JSON text; in a body they may be JSON itself. */
const jsonOf = (name: string, value: unknown): unknown => {
  if (typeof value !== "string") return value;
  if (value.length > 1_000_000) throw new AppError("bad_request", `'${name}' is too long`);
  try {
    return JSON.parse(value);
  } catch {
    throw new AppError("bad_request", `'${name}' is not valid JSON`);
  }
};
