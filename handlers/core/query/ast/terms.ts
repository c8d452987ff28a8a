import { AppError } from "../../../errors.ts";
import { isExactNumber } from "../../json/exact-json.ts";

/** PuppetDB's queries as JSON: `["=", "certname", "web01"]`. Numbers may be as `parseExact` gives them. */
export type Ast = readonly unknown[];

/** More than any client asks; what grows with depth or width stays within the stores' own limits. */
const deepest = 60;
const mostTerms = 20_000;

export const isList = (value: unknown): value is Ast => Array.isArray(value);
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isExactNumber(value);

/** Throws AppError `bad_request`: the query can't be answered here, and why. */
export const refuse = (message: string): never => {
  throw new AppError("bad_request", message);
};

/** The start of a term as JSON, for messages. */
export const show = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 200);

/** `'a', 'b', and 'c'` */
export const listing = (names: readonly string[]): string => {
  const quoted = names.map((each) => `'${each}'`);
  const last = quoted.pop();
  return quoted.length === 0 ? `${last}` : `${quoted.join(", ")}, and ${last}`;
};

/** Throws AppError `bad_request` for a query that is too deep or too long to be compiled. Walks without recursion. */
export const assertBounded = (ast: unknown): void => {
  let level: readonly unknown[] = [ast];
  let terms = 0;
  for (let depth = 0; level.length > 0; depth++) {
    terms += level.length;
    if (terms > mostTerms) refuse(`The query has more than ${mostTerms} terms`);
    if (depth > deepest) refuse(`The query is nested deeper than ${deepest} levels`);
    level = level.flatMap((each) => isList(each) ? each : isObject(each) ? Object.values(each) : []);
  }
};
