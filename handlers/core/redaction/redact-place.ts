import type { HiddenThings } from "../../interfaces/estate.ts";
import type { JsonText } from "../../interfaces/sealed.ts";
import { parseExact, stringify } from "../json/exact-json.ts";
import { redactJson, redactString } from "./redact.ts";
import { searchFor } from "./redactor.ts";

/** Redacts a value as it stands at its place in a node's facts. Null: what is shown has nothing there. */
export type PlaceRedactor = (value: JsonText, place: readonly (string | number)[]) => JsonText | null;

/** Names in rich data (pcore); what is below them can't be told from a secret without what is beside them. */
const richNames = ["__ptype", "__pvalue", "__pcore_type__", "__pcore_value__"];

/**
 * What people's questions are put to: the value at a place of the facts, the same as in the facts redacted as a whole. The
 * value is put back at its place, with nothing beside it, and taken out again.
 */
export const createPlaceRedactor = ({ patterns, factPaths, parameters }: HiddenThings): PlaceRedactor => {
  const hidden = { searches: [searchFor(patterns)], parameters: new Map(), places: { factPaths, parameters } };
  return (value, place) => {
    if (place.some((name) => richNames.includes(String(name)))) return null;
    const [before, after] = around(place);
    const text = `${before}${value}${after}`;
    const shown = redactJson(text, "facts", hidden);
    if (shown === text) return value;
    let found: unknown = parseExact(shown);
    for (const name of place) {
      // a list that was put around it has one element
      const key = typeof name === "number" ? 0 : name;
      // hidden whole, further up
      if (typeof found !== "object" || found === null) return null;
      if (!Object.hasOwn(found, key)) return null;
      found = (found as Record<string | number, unknown>)[key];
    }
    return stringify(found);
  };
};

/** The same for a text that stands alone, e.g. a title. */
export const createTextRedactor = ({ patterns }: Pick<HiddenThings, "patterns">): (text: string) => string => {
  const searches = [searchFor(patterns)];
  return (text) => redactString(text, searches);
};

const around = (place: readonly (string | number)[]): readonly [string, string] => {
  const opening = place.map((name) => typeof name === "number" ? "[" : `{${JSON.stringify(name)}:`);
  const closing = place.map((name) => typeof name === "number" ? "]" : "}").reverse();
  return [opening.join(""), closing.join("")];
};
