import type { Marks } from "../../interfaces/command.ts";
import type { RedactedJson, Redactor } from "../../interfaces/redactor.ts";
import type { JsonText, Sealed } from "../../interfaces/sealed.ts";
import { parseExact } from "../json/exact-json.ts";
import { createAutomaton } from "./aho-corasick.ts";
import { formsOf, formsOfParts, shortestForm } from "./forms.ts";
import { createLru, type Lru } from "./lru.ts";
import { mergeMarks } from "./marks.ts";
import { type Hidden, redactJson, redactString } from "./redact.ts";
import { noPlaces, type SecretPlaces } from "./secret-places.ts";

type Search = Hidden["searches"][number];

/** Searches for the marks of nodes, which outlive a snapshot of the known secrets. One a process. */
export type MarksCache = {
  readonly kept: Lru<PreparedMarks>;
  readonly bySealed: WeakMap<Sealed<Marks>, PreparedMarks>;
  nextId: number;
};

type PreparedMarks = {
  /** Stands for the content in keys of results. */
  readonly id: number;
  readonly marks: Marks;
  readonly search: Search;
  readonly parameters: Hidden["parameters"];
};

type Results = Lru<{ readonly sourceLength: number; readonly text: JsonText }>;

export type RedactorOptions = {
  /** Of each known secret all its forms, as `formsOf` gives them. */
  readonly patterns: Iterable<string>;
  /** What is secret by where it stands. */
  readonly places?: SecretPlaces;
  readonly version: number;
  readonly marksCache?: MarksCache;
  /** Characters of redacted JSON to keep. Default 32 million. */
  readonly keep?: number;
};

export const createMarksCache = (): MarksCache => ({
  kept: createLru({ entries: 500, weight: 16_000_000 }),
  bySealed: new WeakMap(),
  nextId: 1,
});

/**
 * A redactor over one unchanging set of known secrets. Results are kept by shape, `key` and the content of the marks, so
 * a key must stand for the content that is redacted.
 */
export const createRedactor = (options: RedactorOptions): Redactor => {
  const { patterns, places = noPlaces, version, marksCache = createMarksCache(), keep = 32_000_000 } = options;
  const known = searchFor(patterns);
  const results: Results = createLru({ entries: 5_000, weight: keep });

  const withMarks = (prepared: PreparedMarks | undefined): Redactor => {
    const hidden: Hidden = prepared
      ? { searches: [known, prepared.search], parameters: prepared.parameters, places }
      : { searches: [known], parameters: new Map(), places };
    return {
      version,
      redact(sealed, shape, key) {
        const source = sealed.reveal();
        if (key === undefined) return redacted(redactJson(source, shape, hidden));
        const full = `${prepared?.id ?? 0}\n${shape}\n${key}`;
        const found = results.get(full);
        if (found?.sourceLength === source.length) return redacted(found.text);
        const text = redactJson(source, shape, hidden);
        results.set(full, { sourceLength: source.length, text }, text.length + full.length);
        return redacted(text);
      },
      redactText: (sealed) => redactString(sealed.reveal(), hidden.searches),
      with(marks) {
        if (!prepared) return withMarks(prepare(marks, marksCache));
        return withMarks(prepareMarks(mergeMarks(prepared.marks, marks.reveal()), marksCache));
      },
    };
  };
  return withMarks(undefined);
};

/** A redactor's patterns from the values themselves. */
export const patternsOf = function* (secrets: Iterable<string>): Iterable<string> {
  for (const secret of secrets) yield* formsOf(secret);
};

const redacted = (text: JsonText): RedactedJson => {
  let parsed: { readonly value: unknown } | undefined;
  return {
    text,
    get value() {
      return (parsed ??= { value: parseExact(text) }).value;
    },
  };
};

/**
 * A node's facts without what Puppet marked as sensitive for it, or null where that changes nothing: what people's
 * questions about facts are put to.
 */
export const withoutMarks = (facts: JsonText, marks: Marks, cache: MarksCache): JsonText | null => {
  if (marks.values.length === 0) return null;
  const { search } = prepareMarks(marks, cache);
  const canonical = !facts.includes("\\u") && !facts.includes("\\/");
  if (canonical && !search.automaton.test(facts)) return null;
  return redactJson(facts, "facts", { searches: [search], parameters: new Map(), places: noPlaces });
};

export const searchFor = (patterns: Iterable<string>): Search => {
  const all = [...patterns];
  return { automaton: createAutomaton(all), numeric: all.some((each) => /^[-+.\deE]+$/.test(each)) };
};

const prepare = (sealed: Sealed<Marks>, cache: MarksCache): PreparedMarks => {
  const found = cache.bySealed.get(sealed);
  if (found) return found;
  const prepared = prepareMarks(sealed.reveal(), cache);
  cache.bySealed.set(sealed, prepared);
  return prepared;
};

const prepareMarks = (marks: Marks, cache: MarksCache): PreparedMarks => {
  const content = JSON.stringify([marks.values, marks.parameters]);
  const found = cache.kept.get(content);
  if (found) return found;
  const prepared: PreparedMarks = {
    id: cache.nextId++,
    marks,
    search: searchFor(formsOfParts(marks.values.filter((each) => each.length >= shortestForm))),
    parameters: new Map(Object.entries(marks.parameters).map(([reference, names]) => [reference, new Set(names)])),
  };
  cache.kept.set(content, prepared, content.length);
  return prepared;
};
