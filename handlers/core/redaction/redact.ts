import { placeholder, type ShapeName } from "../../interfaces/redactor.ts";
import type { JsonText } from "../../interfaces/sealed.ts";
import { isExactNumber, parseExact, stringify } from "../json/exact-json.ts";
import { type Automaton, replaceSpans, uniteSpans } from "./aho-corasick.ts";
import { hideEvents, hideExtensions, hideLog, hideParameters } from "./hide-marked.ts";
import { isSecretKey, isSensitive, own, secretKeys, typeWords } from "./puppet-marks.ts";
import { hideLooks, mayLookSecret } from "./hide-looks.ts";
import { anySecretParameter, hideFactPlaces, type SecretPlaces } from "./secret-places.ts";
import { type Rule, shapes } from "./shapes.ts";

/** What is to be hidden. */
export type Hidden = {
  /** Over all forms of secrets, `numeric` where one of them could stand in a number. */
  readonly searches: readonly { readonly automaton: Automaton; readonly numeric: boolean }[];
  /** `Type[title]` to the parameters that Puppet marked as sensitive. */
  readonly parameters: ReadonlyMap<string, ReadonlySet<string>>;
  /** What is secret by where it stands. */
  readonly places: SecretPlaces;
};

/**
 * The JSON text with all that is hidden replaced by the placeholder; numbers stay as they are. A text that can't be
 * parsed, or is nested absurdly deep, becomes the placeholder whole.
 */
export const redactJson = (text: JsonText, shape: ShapeName, hidden: Hidden): JsonText => {
  // Where each character is escaped in one way only, a look at the text as a whole tells what can't be in it.
  const canonical = !text.includes("\\u") && !text.includes("\\/");
  const has = (word: string) => !canonical || text.includes(word);

  const searches = canonical ? hidden.searches.filter(({ automaton }) => automaton.test(text)) : hidden.searches;
  const marked = (has('"Sensitive') && typeWords.some(has)) || secretKeys.some(has);
  const trusted = has('"extensions"');
  const { places } = hidden;
  const named = hidden.parameters.size > 0 || places.parameters.length > 0;
  const special = (named && shapesOfMarked.has(shape)) ||
    (shapesOfResources.has(shape) && has("sensitive_parameters")) ||
    (shape === "facts" && places.factPaths.length > 0) ||
    (shape === "parameters" && places.parameters.length > 0);
  const looks = !canonical || mayLookSecret(text);
  if (searches.length === 0 && !marked && !trusted && !special && !looks) return text;

  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    return stringify(placeholder);
  }
  if (shape === "facts") hideFactPlaces(value, places.factPaths);
  if (shape === "parameters") hideNamed(value, places);
  const walk = createWalk({ ...hidden, searches }, { marked, trusted, looks });
  return stringify(walk(shapes[shape], value));
};

/** A single text with each secret in it replaced. */
export const redactString = (text: string, searches: Hidden["searches"]): string => {
  let found: (readonly number[])[] | undefined;
  for (const { automaton } of searches) {
    const spans = automaton.find(text);
    if (spans) (found ??= []).push(spans);
  }
  const shown = found ? replaceSpans(text, uniteSpans(found), placeholder) : text;
  return mayLookSecret(shown) ? hideLooks(shown) : shown;
};

/** Parameters whose resource is not told. */
const hideNamed = (parameters: unknown, { parameters: rules }: SecretPlaces): void => {
  if (rules.length === 0 || typeof parameters !== "object" || parameters === null) return;
  for (const name of Object.keys(parameters)) {
    if (anySecretParameter(rules, name)) (parameters as Record<string, unknown>)[name] = placeholder;
  }
};

const shapesOfResources: ReadonlySet<ShapeName> = new Set(["catalog", "resources"]);
const shapesOfMarked: ReadonlySet<ShapeName> = new Set([...shapesOfResources, "logs", "report_resources"]);

type Members = Record<string, unknown>;

/** Walks a parsed value, which it changes. The depth of what `parseExact` lets through is no danger to the stack. */
const createWalk = (
  hidden: Hidden,
  may: { readonly marked: boolean; readonly trusted: boolean; readonly looks: boolean },
) => {
  const { searches, parameters, places: { parameters: rules } } = hidden;
  const numeric = searches.filter((each) => each.numeric);
  const nothing = searches.length === 0 && !may.marked && !may.trusted && !may.looks;

  const clean = (text: string): string => redactString(text, searches);
  const number = (value: unknown, text: string): unknown =>
    numeric.some(({ automaton }) => automaton.test(text)) ? placeholder : value;

  const foreign = (value: unknown): unknown => {
    if (nothing) return value;
    switch (typeof value) {
      case "string":
        return clean(value);
      case "number":
        return numeric.length === 0 ? value : number(value, String(value));
      case "object":
        if (value === null) return value;
        if (Array.isArray(value)) return items(value, foreignRule);
        if (isExactNumber(value)) return number(value, value.rawJSON);
        // `trusted` as the value of a row of facts.
        if (may.trusted && isTrusted(value)) hideExtensions(own(value, "extensions"));
        return members(value as Members, noFields);
      default:
        return value;
    }
  };

  const apply = (rule: Rule, value: unknown): unknown => {
    switch (rule.kind) {
      case "foreign":
        return foreign(value);
      case "own":
        return rule.is(value) ? value : foreign(value);
      case "hidden":
        return placeholder;
      case "list":
        return Array.isArray(value) ? items(value, rule.of) : foreign(value);
      case "fields":
        if (typeof value !== "object" || value === null || Array.isArray(value) || isExactNumber(value)) {
          return foreign(value);
        }
        hideSpecial(rule, value);
        return members(value as Members, rule.fields);
      default:
        throw rule satisfies never;
    }
  };

  const hideSpecial = ({ also }: Rule & { kind: "fields" }, value: object): void => {
    switch (also) {
      case undefined:
        return;
      case "resource":
        return hideParameters(value, parameters, rules);
      case "report resource":
        return hideEvents(value, parameters, rules);
      case "log":
        return hideLog(value, parameters, rules);
      case "extensions":
        return hideExtensions(value);
      default:
        throw also satisfies never;
    }
  };

  const items = (list: unknown[], rule: Rule): unknown[] => {
    for (let i = 0; i < list.length; i++) {
      const value = list[i];
      const next = apply(rule, value);
      if (next !== value) list[i] = next;
    }
    return list;
  };

  const members = (object: Members, fields: ReadonlyMap<string, Rule>): unknown => {
    if (may.marked && isSensitive(object)) return placeholder;
    let renamed: Map<string, string> | undefined;
    for (const key of Object.keys(object)) {
      const value = object[key];
      const rule = fields.get(key);
      let next: unknown;
      if (rule) {
        next = apply(rule, value);
      } else {
        next = may.marked && isSecretKey(key) ? placeholder : foreign(value);
        const shown = nothing ? key : clean(key);
        if (shown !== key) (renamed ??= new Map()).set(key, shown);
      }
      if (next !== value) object[key] = next;
    }
    return renamed ? rename(object, renamed) : object;
  };

  return apply;
};

const foreignRule: Rule = { kind: "foreign" };
const noFields: ReadonlyMap<string, Rule> = new Map();

const isTrusted = (value: object): boolean =>
  Object.hasOwn(value, "authenticated") && Object.hasOwn(value, "extensions");

/** The object with other keys, in the same order. A name that is taken gets `#2`, `#3` …; keys without a secret keep theirs. */
const rename = (object: Members, renamed: ReadonlyMap<string, string>): Members => {
  const taken = new Set(Object.keys(object).filter((key) => !renamed.has(key)));
  const numbers = new Map<string, number>();
  const free = (name: string): string => {
    let candidate = name;
    let number = numbers.get(name) ?? 1;
    while (taken.has(candidate)) candidate = `${name}#${++number}`;
    numbers.set(name, number);
    taken.add(candidate);
    return candidate;
  };
  const entries = Object.entries(object).map(([key, value]) => {
    const name = renamed.get(key);
    return [name === undefined ? key : free(name), value] as const;
  });
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(entries);
};
