import type { Marks } from "../../interfaces/command.ts";
import { isExactNumber } from "../json/exact-json.ts";
import { isPemFrame, shortestForm } from "./forms.ts";
import { isOwnWord } from "./own-words.ts";
import { isSensitive, namesIn, own, referenceOf } from "./puppet-marks.ts";

/** So much is kept of one node: a catalog can't make the search for its marks arbitrarily slow. */
const mostValues = 2_000;
const longestValue = 65_536;
const mostCharacters = 1_048_576;
const mostResources = 10_000;
/** JSON is bounded at intake; this is for whoever calls it with something else. */
const deepest = 1_000;

/**
 * What Puppet marked as sensitive in a whole catalog (as `parseExact` gives it): the values of parameters in
 * `sensitive_parameters` and of rich data's `Sensitive`, with all texts and numbers in them, trimmed whole and line by
 * line, of at least 6 characters; and the parameters by `Type[title]`. A value that is a word of our own, the node's
 * certname or its environment is left out. At most 2,000 values of 65,536 characters, a million together.
 */
export const extractMarks = (catalog: unknown): Marks => {
  const wholes = new Set<string>();
  const lines = new Set<string>();
  const parameters = new Map<string, Set<string>>();
  const names = isObject(catalog) ? [own(catalog, "name"), own(catalog, "certname"), own(catalog, "environment")] : [];
  const tells = (text: string) => text.length >= shortestForm && !isOwnWord(text) && !names.includes(text);

  const addText = (text: string) => {
    const whole = text.trim();
    if (tells(whole)) wholes.add(whole);
    if (!/[\r\n]/.test(whole)) return;
    for (const line of whole.split(/\r\n|\r|\n/)) {
      const trimmed = line.trim();
      if (tells(trimmed) && !isPemFrame(trimmed)) lines.add(trimmed);
    }
  };
  const addAll = (value: unknown, depth = 0): void => {
    if (typeof value === "string") addText(value);
    else if (typeof value === "number") addText(String(value));
    else if (isExactNumber(value)) addText(value.rawJSON);
    else if (isObject(value) && depth < deepest) { for (const each of Object.values(value)) addAll(each, depth + 1); }
  };
  const mark = (reference: string | undefined, name: string) => {
    if (reference === undefined) return;
    const known = parameters.get(reference);
    if (known) known.add(name);
    else parameters.set(reference, new Set([name]));
  };
  /** Looks for Sensitive values anywhere. */
  const search = (value: unknown, depth = 0): void => {
    if (!isObject(value) || depth > deepest) return;
    if (isSensitive(value)) return addSensitive(value);
    for (const each of Object.values(value)) search(each, depth + 1);
  };
  const addSensitive = (value: object) => {
    for (const [key, each] of Object.entries(value)) if (!key.endsWith("type") && !key.endsWith("type__")) addAll(each);
  };

  const resources = isObject(catalog) ? own(catalog, "resources") : undefined;
  for (const resource of Array.isArray(resources) ? resources : []) {
    if (!isObject(resource)) continue;
    const reference = referenceOf(own(resource, "type"), own(resource, "title"));
    const values = own(resource, "parameters");
    for (const name of namesIn(own(resource, "sensitive_parameters"))) {
      mark(reference, name);
      if (isObject(values)) addAll(own(values, name));
    }
    if (!isObject(values)) continue;
    for (const [name, value] of Object.entries(values)) {
      if (isObject(value) && isSensitive(value)) mark(reference, name);
    }
  }
  search(catalog);

  return {
    values: bounded([...wholes, ...lines]),
    parameters: record([...parameters].map(([reference, each]) => [reference, [...each]])),
  };
};

/** Both together, within the same bounds; `newer` is kept where there is too much. */
export const mergeMarks = (older: Marks, newer: Marks): Marks => {
  const parameters = new Map<string, readonly string[]>(Object.entries(newer.parameters));
  for (const [reference, names] of Object.entries(older.parameters)) {
    parameters.set(reference, [...new Set([...parameters.get(reference) ?? [], ...names])]);
  }
  return { values: bounded([...new Set([...newer.values, ...older.values])]), parameters: record([...parameters]) };
};

const bounded = (values: readonly string[]): readonly string[] => {
  let left = mostCharacters;
  const kept: string[] = [];
  for (const value of values) {
    if (value.length > longestValue || value.length > left) continue;
    if (kept.push(value) === mostValues) break;
    left -= value.length;
  }
  return kept;
};

const record = (entries: (readonly [string, readonly string[]])[]): Marks["parameters"] =>
  Object.fromEntries(entries.slice(0, mostResources));

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
