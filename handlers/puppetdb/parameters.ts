import { parseExact } from "../core/json/exact-json.ts";
import { orderOf } from "../core/query/ast/order.ts";
import type { Paging } from "../core/query/ast/plan.ts";
import { isObject, show } from "../core/query/ast/terms.ts";
import type { EntityName } from "../core/query/entities.ts";
import type { Context } from "hono";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import { readBody } from "../http/read-body.ts";
import { contentType } from "./negotiate.ts";

/** What a query sends beside the filter, in the URL or in a JSON body. */
export type Asked = {
  readonly query: unknown;
  readonly paging: Paging;
  readonly total: boolean;
  readonly pretty: boolean;
};

/** Those that are taken everywhere; they change nothing of what is answered. */
const always = ["pretty", "origin", "timeout", "optimize_drop_unused_joins"];
const ofRows = ["query", "limit", "offset", "order_by", "include_total"];

const bad = (message: string): AppError => new AppError("bad_request", message);

/** The parameters of the URL and, with POST, of the JSON body; the URL wins. Reads at most `limit` bytes. */
export const parametersOf = async (c: Context<PortEnv>, limit: number): Promise<Record<string, unknown>> => {
  const inUrl = Object.fromEntries(new URL(c.req.url).searchParams);
  if (c.req.method !== "POST") return inUrl;
  const type = contentType(c);
  if (type !== "application/json") {
    throw new AppError("unsupported_media_type", `content type ${type ?? ""} not supported`);
  }
  let text: string;
  const bytes = await readBody(c.req.raw, limit);
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw bad("The body is not UTF-8");
  }
  const body = parseJson(text);
  if (!isObject(body)) throw bad("The body must be a JSON object");
  return { ...body, ...inUrl };
};

/** Reads the parameters of a query for rows. Throws AppError `bad_request` for one that is unknown or can't be read. */
export const askedOf = (entity: EntityName, given: Readonly<Record<string, unknown>>): Asked => {
  assertKnown(given, [...ofRows, ...always]);
  const limit = wholeNumber("limit", given.limit, 1);
  const offset = wholeNumber("offset", given.offset, 0);
  const order = given.order_by === undefined ? undefined : orderOf(entity, jsonOf(given.order_by));
  return {
    query: given.query === undefined || given.query === null || given.query === "" ? undefined : jsonOf(given.query),
    paging: {
      ...(limit === undefined ? {} : { limit }),
      ...(offset === undefined ? {} : { offset }),
      ...(order === undefined ? {} : { order }),
    },
    total: isTrue(given.include_total),
    pretty: isTrue(given.pretty),
  };
};

/** The parameters of a path that is one thing. */
export const assertPlain = (given: Readonly<Record<string, unknown>>): void => assertKnown(given, always);

const assertKnown = (given: Readonly<Record<string, unknown>>, known: readonly string[]): void => {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw bad(`Unsupported query parameter '${unknown.slice(0, 100)}'`);
};

const isTrue = (value: unknown): boolean => value === true || value === "true";

const wholeNumber = (name: string, value: unknown, least: number): number | undefined => {
  if (value === undefined) return undefined;
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= least) return number;
  const shown = typeof value === "string" ? value.slice(0, 100) : show(value);
  throw bad(
    `Illegal value '${shown}' for :${name}; expected a ${least === 0 ? "non-negative" : "positive non-zero"} integer.`,
  );
};

/** In a URL these are JSON text; in a body they may be JSON itself. */
const jsonOf = (value: unknown): unknown => typeof value === "string" ? parseJson(value) : value;

const parseJson = (text: string): unknown => {
  try {
    return parseExact(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const at = /at character (\d+)/.exec(error.message)?.[1];
    if (at === undefined || error.message.includes("nested")) throw bad(error.message);
    const before = text.slice(0, Number(at)).split("\n");
    throw bad(`Json parse error at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`);
  }
};
