import type { JsonText } from "../../interfaces/sealed.ts";

/**
 * JSON that goes out with its numbers exactly as they were received. `value` is parsed when it is first asked for; a
 * number that JavaScript would change (`9007199254740993`, `5e-07`, `1.0`) stands in it as what `JSON.rawJSON` makes.
 */
export type ExactJson = { readonly text: JsonText; readonly value: unknown; readonly [exact]: true };

/** A number that JavaScript can't hold as it is written. */
export type ExactNumber = { readonly rawJSON: string };

const exact = Symbol("hoppetdb.exact-json");

// TypeScript's ES2024 doesn't know them yet; Node and Deno do.
type WithSources = {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
};
const json = JSON as unknown as WithSources;

/** From JSON text, which must be valid. */
export const exactText = (text: JsonText): ExactJson => {
  let parsed: { readonly value: unknown } | undefined;
  return {
    text,
    get value() {
      return (parsed ??= { value: parseExact(text) }).value;
    },
    [exact]: true,
  };
};

/** From a value that `parseExact` made, or a part of it. */
export const exactValue = (value: unknown): ExactJson => {
  let text: string | undefined;
  return {
    value,
    get text() {
      return text ??= JSON.stringify(value);
    },
    [exact]: true,
  };
};

export const isExactNumber = (value: unknown): value is ExactNumber => json.isRawJSON(value);

/** Where a number may stand that JavaScript writes in another way: an exponent, 16 digits, a zero at the end, -0. */
const odd = /[[:,]\s*(?:-?\d+(?:\.\d+)?[eE]|-?\d{16}|-?\d+\.\d*0(?!\d)|-?\d+\.\d{15}|-0(?!\.))|^\s*-?\d/;

/** Parses JSON; see `ExactJson` for what numbers become. A reviver costs six times the parsing, so it is used only where one may matter. */
export const parseExact = (text: JsonText): unknown => {
  if (!odd.test(text)) return JSON.parse(text);
  return json.parse(text, (_key, value, { source }) => {
    return typeof value === "number" && source !== undefined && String(value) !== source ? json.rawJSON(source) : value;
  });
};

/** Writes a value as JSON with each `ExactJson` in it put in as it is. */
export const writeJson = (value: unknown): JsonText => {
  if (isExact(value)) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (typeof value !== "object" || value === null || isExactNumber(value)) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${writeJson(each)}`).join(",")}}`;
};

const isExact = (value: unknown): value is ExactJson =>
  typeof value === "object" && value !== null && Object.hasOwn(value, exact);
