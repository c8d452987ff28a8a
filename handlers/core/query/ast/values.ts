import { RE2JS } from "re2js";
import { isExactNumber } from "../../json/exact-json.ts";
import type { EntityField } from "../entities.ts";
import type { Scalar } from "../plan.ts";
import { isList, isObject, refuse, show } from "./terms.ts";

export const textValue = (value: unknown, field: string): string =>
  typeof value === "string" ? value : refuse(`Argument ${show(value)} is incompatible with string field "${field}".`);

/** Undefined: no number. Throws for one that can't be compared exactly. */
export const numberValue = (value: unknown): number | undefined => {
  if (typeof value === "number") return value;
  if (!isExactNumber(value)) return undefined;
  const number = Number(value.rawJSON);
  if (!Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number))) {
    return refuse(`The number ${value.rawJSON.slice(0, 40)} cannot be compared exactly here`);
  }
  return number;
};

/**
 * A time as PuppetDB reads it: ISO dates and date-times, basic or extended, with or without a zone (then UTC), and
 * milliseconds since 1970. Throws AppError `bad_request` otherwise.
 */
export const timeValue = (value: unknown): string => {
  const wrong = (): never =>
    refuse(`'${typeof value === "string" ? value.slice(0, 100) : show(value)}' is not a valid timestamp value`);
  const number = isExactNumber(value) ? Number(value.rawJSON) : value;
  let date: Date | undefined;
  if (typeof number === "number") date = new Date(number);
  else if (typeof value === "string") {
    const found =
      /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(
        value,
      );
    if (!found) return wrong();
    const [, year, month, day, hours = "00", minutes = "00", seconds = "00", fraction = "0", zone = "Z"] = found;
    const offset = zone === "Z" ? zone : `${zone.slice(0, 3)}:${zone.replace(":", "").slice(3) || "00"}`;
    date = new Date(
      `${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${fraction.slice(0, 3).padEnd(3, "0")}${offset}`,
    );
  }
  // times are compared as texts, which holds for years of four digits
  if (!date || !(date.getTime() >= -62_167_219_200_000 && date.getTime() < 253_402_300_800_000)) return wrong();
  return date.toISOString();
};

/** A literal for a field that is no JSON and no array. Throws AppError `bad_request` where the types don't fit. */
export const scalarFor = (type: EntityField["type"], value: unknown, name: string): Scalar => {
  switch (type) {
    case "timestamp":
      return timeValue(value);
    case "boolean":
      return typeof value === "boolean"
        ? value
        : refuse(`Argument ${show(value)} is incompatible with boolean field "${name}".`);
    case "number":
      return numberValue(value) ?? refuse(`Argument ${show(value)} is incompatible with numeric field "${name}".`);
    case "string":
      return textValue(value, name);
    case "array":
    case "json":
      return refuse(`Field "${name}" cannot be compared this way`);
    default:
      return type satisfies never;
  }
};

/**
 * A regular expression with PostgreSQL's meaning of `.`, which takes line ends too. Throws AppError `bad_request` for what
 * does not run in linear time (back references, look-around) or is none.
 */
export const patternValue = (value: unknown, field: string): string => {
  const pattern = textValue(value, field);
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    return refuse(`ERROR: invalid regular expression: ${error instanceof Error ? error.message.slice(0, 300) : "?"}`);
  }
  return pattern.includes(".") ? `(?s)${pattern}` : pattern;
};

export const isComposite = (value: unknown): boolean => isList(value) || isObject(value);
