import { isExactNumber } from "../json/exact-json.ts";

/** A value before and after; one that was or is not there is missing. */
export type Difference = { readonly from?: unknown; readonly to?: unknown };

/** Undefined where both are the same. `undefined` stands for what is not there. */
export const differenceOf = (from: unknown, to: unknown): Difference | undefined =>
  sameJson(from, to) ? undefined : { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };

/**
 * Equality of two values as `parseExact` gives them, whatever the order of keys. Numbers are compared as they were
 * written.
 */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (isExactNumber(a) || isExactNumber(b)) return isExactNumber(a) && isExactNumber(b) && a.rawJSON === b.rawJSON;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length &&
      a.every((each, at) => sameJson(each, b[at]));
  }
  const [one, other] = [a, b] as Record<string, unknown>[];
  const names = Object.keys(one!);
  return names.length === Object.keys(other!).length &&
    names.every((name) => Object.hasOwn(other!, name) && sameJson(one![name], other![name]));
};

/**
 * Each thing of one list with the one of the other that has the same key, or with nothing. Several may have one key, as
 * names do from which secrets were taken: those with the same content are put together, then the rest in its order.
 */
export const pairUp = <T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (thing: T) => string,
  contentOf: (thing: T) => unknown = (thing) => thing,
): readonly (readonly [before: T | undefined, after: T | undefined])[] => {
  const [had, has] = [before, after].map((things) => Map.groupBy(things, keyOf));
  return [...new Set([...had!.keys(), ...has!.keys()])].flatMap((key) => {
    const [was, is] = [had!.get(key) ?? [], has!.get(key) ?? []];
    if (was.length <= 1 && is.length <= 1) return [[was[0], is[0]] as const];
    const textOf = (each: T) => JSON.stringify(contentOf(each));
    const same = Map.groupBy(is, textOf);
    const pairs: (readonly [T | undefined, T | undefined])[] = [];
    const rest = was.filter((each) => {
      const twin = same.get(textOf(each))?.pop();
      if (twin !== undefined) pairs.push([each, twin]);
      return twin === undefined;
    });
    const others = [...same.values()].flat();
    for (let at = 0; at < Math.max(rest.length, others.length); at++) pairs.push([rest[at], others[at]]);
    return pairs;
  });
};
