import { isExactNumber, parseExact } from "../json/exact-json.ts";
import type { JsonText } from "../../interfaces/sealed.ts";

/**
 * JSON from nodes that may be shown: redacted, its numbers as they were received. `value` is parsed when it is first asked
 * for; numbers that JavaScript can't hold are in it as core/json/exact-json.ts makes them.
 */
export type ShownJson = { readonly text: JsonText; readonly value: unknown; readonly [shown]: true };

const shown = Symbol("hoppetdb.shown-json");

/** From JSON text, which must be valid. */
export const shownText = (text: JsonText): ShownJson => {
  let parsed: { readonly value: unknown } | undefined;
  return {
    text,
    get value() {
      return (parsed ??= { value: parseExact(text) }).value;
    },
    [shown]: true,
  };
};

/** From a value that `parseExact` made, or a part of it. */
export const shownValue = (value: unknown): ShownJson => {
  let text: string | undefined;
  return {
    value,
    get text() {
      return text ??= JSON.stringify(value);
    },
    [shown]: true,
  };
};

/** Writes a value as JSON with the text of each `ShownJson` in it put in as it is. */
export const writeJson = (value: unknown): JsonText => {
  if (isShown(value)) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (typeof value !== "object" || value === null || isExactNumber(value)) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${writeJson(each)}`).join(",")}}`;
};

const isShown = (value: unknown): value is ShownJson =>
  typeof value === "object" && value !== null && Object.hasOwn(value, shown);
