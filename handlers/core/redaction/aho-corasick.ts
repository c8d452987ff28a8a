import { AppError } from "../../errors.ts";
import { createGramFilter, type GramFilter, gramHash, gramLength } from "./gram-filter.ts";
import { createTrie, edgeHash, type Trie } from "./trie.ts";

/** Finds all of a fixed set of patterns in a text, in one pass. */
export type Automaton = {
  /** States of the automaton, for benches and logs. */
  readonly states: number;
  test(text: string): boolean;
  /**
   * The parts of the text that patterns cover, overlapping and touching ones merged: start, end, start, end, …
   * Undefined: there is none.
   */
  find(text: string): readonly number[] | undefined;
};

/**
 * An Aho-Corasick automaton (CACM 18(6), 1975) in typed arrays. Two things make it small and quick. Long patterns are in
 * the trie only as far as it takes to tell them apart, the rest is compared with the text. And most of the text is
 * never read: every `stride`-th place is looked up in a filter of four-letter pieces of the patterns, and the automaton
 * runs only where such a piece may stand. Patterns need at least four characters.
 */
export const createAutomaton = (patterns: Iterable<string>): Automaton => {
  const all = [...new Set(patterns)];
  const shortest = all.reduce((least, each) => Math.min(least, each.length), Infinity);
  if (shortest < gramLength) throw new AppError("internal", `A pattern is shorter than ${gramLength} characters`);
  if (all.length === 0) return { states: 0, test: () => false, find: () => undefined };

  const trie = createTrie(all);
  const filter = createGramFilter(all, shortest);
  return {
    states: trie.size,
    test: (text) => scan(trie, filter, shortest, text, true) !== undefined,
    find(text) {
      const spans = scan(trie, filter, shortest, text, false);
      return spans && merge(spans);
    },
  };
};

/** Unites flat lists of spans. */
export const uniteSpans = (lists: readonly (readonly number[])[]): readonly number[] =>
  lists.length === 1 ? lists[0]! : merge(lists.flat());

/** The text with each span replaced. */
export const replaceSpans = (text: string, spans: readonly number[], by: string): string => {
  let result = "";
  let from = 0;
  for (let i = 0; i < spans.length; i += 2) {
    result += text.slice(from, spans[i]!) + by;
    from = spans[i + 1]!;
  }
  return result + text.slice(from);
};

const scan = (
  trie: Trie,
  filter: GramFilter,
  shortest: number,
  text: string,
  first: boolean,
): number[] | undefined => {
  const { depths, fails, outs, links, ends, tails, rests, children } = trie;
  const { bits } = filter;
  const { slots, mask, parents, codes } = children;
  const stride = shortest - gramLength + 1;
  const last = text.length - gramLength;
  const spans: number[] = [];
  // Comparing rests of patterns can be made to cost much only by a text full of almost-secrets. Then hiding too much is right.
  let comparable = 64 * text.length + 1_000_000;

  let probe = stride - 1;
  let resume = 0;
  while (probe <= last) {
    const hash = gramHash(text, probe) >>> filter.shift;
    if ((bits[hash >>> 5]! & (1 << (hash & 31))) === 0) {
      probe += stride;
      continue;
    }
    // A pattern with this piece begins at most stride - 1 characters before it.
    let state = 0;
    let at = Math.max(resume, probe - stride + 1);
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      for (;;) {
        let slot = edgeHash(state, code) & mask;
        let next = slots[slot]!;
        while (next !== 0 && (parents[next] !== state || codes[next] !== code)) {
          slot = (slot + 1) & mask;
          next = slots[slot]!;
        }
        if (next !== 0) {
          state = next;
          break;
        }
        if (state === 0) break;
        state = fails[state]!;
      }
      for (let out = outs[state]!; out !== 0; out = links[out]!) {
        const start = at + 1 - depths[out]!;
        if (ends[out] === 1) add(spans, start, at + 1);
        if (tails[out] !== 0) {
          const rest = rests[tails[out]! - 1]!;
          const end = at + 1 + rest.length;
          if (end <= text.length) {
            let same = 0;
            if (comparable >= 0) {
              while (same < rest.length && text.charCodeAt(at + 1 + same) === rest.charCodeAt(same)) same++;
              comparable -= same;
            }
            if (same === rest.length || comparable < 0) add(spans, start, end);
          }
        }
        if (first && spans.length > 0) return spans;
      }
      // What the piece promised is gone and what was begun since is short: the filter finds it again, and more quickly.
      const depth = depths[state]!;
      if (at + 1 - depth > probe && depth <= shortest) {
        at++;
        break;
      }
    }
    if (at >= text.length) break;
    resume = at - depths[state]!;
    probe = resume + stride - 1;
  }
  return spans.length === 0 ? undefined : spans;
};

/** Most spans overlap the one before: a text of nothing but secrets doesn't make a long list. */
const add = (spans: number[], start: number, end: number): void => {
  const last = spans.length - 1;
  if (last < 0 || start < spans[last - 1]! || start > spans[last]!) spans.push(start, end);
  else if (end > spans[last]!) spans[last] = end;
};

const merge = (spans: readonly number[]): readonly number[] => {
  const order = Array.from({ length: spans.length / 2 }, (_, i) => 2 * i).sort((a, b) => spans[a]! - spans[b]!);
  const merged: number[] = [];
  for (const i of order) {
    const end = merged.length - 1;
    if (end > 0 && spans[i]! <= merged[end]!) merged[end] = Math.max(merged[end]!, spans[i + 1]!);
    else merged.push(spans[i]!, spans[i + 1]!);
  }
  return merged;
};
