import { AppError } from "../../errors.ts";
import type { JsonText } from "../../interfaces/sealed.ts";

/** A number that JavaScript can't hold as it is written, as `JSON.rawJSON` makes it: an object, no number for zod. */
export type ExactNumber = { readonly rawJSON: string };

// TypeScript's ES2024 doesn't know the source text access of JSON.parse yet; Node and Deno do.
type SourceTextJson = {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
};
const json = JSON as unknown as SourceTextJson;

/** Levels of arrays and objects that a text may have: far more than Puppet makes, far less than a stack holds. */
export const maxDepth = 200;

/**
 * Parses JSON so that `stringify` gives each number back as it was received: one that JavaScript would write otherwise
 * (`9007199254740993`, `5e-07`, `1.0`, `-0`, `1e5`) becomes an `ExactNumber`. Only a text with such a number takes the
 * reviver, which is six times slower. Throws AppError `bad_request` with the place, never with the content.
 */
export const parseExact = (text: JsonText): unknown => {
  const odd = look(text, maxDepth);
  try {
    return odd ? json.parse(text, keepSource) : JSON.parse(text);
  } catch (cause) {
    throw new AppError("bad_request", `Cannot parse JSON${placeOf(cause)}`);
  }
};

/** The JSON text of what `parseExact` gave, or of any JSON value with such numbers in it. */
export const stringify = (value: unknown): JsonText => JSON.stringify(value);

export const isExactNumber = (value: unknown): value is ExactNumber => json.isRawJSON(value);

/**
 * Throws AppError `bad_request` when arrays and objects are nested deeper than `max`: recursive code behind it can then
 * not overflow the stack. One pass over the text; says nothing about whether it is JSON otherwise.
 */
export const assertDepth = (text: string, max: number): void => void look(text, max);

const keepSource = (_key: string, value: unknown, context: { readonly source?: string }): unknown =>
  typeof value === "number" && context.source !== undefined && String(value) !== context.source
    ? json.rawJSON(context.source)
    : value;

const [quote, minus, zero, nine] = [0x22, 0x2d, 0x30, 0x39];
const [openArray, openObject, closeArray, closeObject] = [0x5b, 0x7b, 0x5d, 0x7d];

/** One pass that checks the depth and tells whether there is a number that JavaScript would write otherwise. */
const look = (text: string, max: number): boolean => {
  let depth = 0;
  let odd = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      i = endOfString(text, i);
    } else if (code === openArray || code === openObject) {
      if (++depth > max) {
        throw new AppError("bad_request", `JSON is nested deeper than ${max} levels at character ${i}`);
      }
    } else if (code === closeArray || code === closeObject) {
      depth--;
    } else if (code === minus || (code >= zero && code <= nine)) {
      const end = endOfNumber(text, i);
      odd ||= isOdd(text, i, end);
      i = end - 1;
    }
  }
  return odd;
};

/** The index of the closing quote; the text's length when there is none. */
const endOfString = (text: string, start: number): number => {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === 0x5c) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
};

/** After the last of `0-9 + - . e E`. */
const endOfNumber = (text: string, start: number): number => {
  let end = start + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    const part = (code >= zero && code <= nine) || code === 0x2e || code === minus || code === 0x2b ||
      code === 0x45 || code === 0x65;
    if (!part) break;
  }
  return end;
};

const isOdd = (text: string, start: number, end: number): boolean => {
  // The common case without making a string: a short whole number.
  if (end - start < 16) {
    let i = start;
    while (i < end && text.charCodeAt(i) >= zero && text.charCodeAt(i) <= nine) i++;
    if (i === end) return false;
  }
  const source = text.slice(start, end);
  return String(Number(source)) !== source;
};

/** Where the parser stopped. Its own message can't be used: it quotes the text. */
const placeOf = (cause: unknown): string => {
  const place = cause instanceof Error ? /at position (\d+)/.exec(cause.message) : null;
  return place ? ` at character ${place[1]}` : "";
};
