import { RE2JS } from "re2js";
import { z } from "zod";

type Names = readonly [string, ...string[]];

/** A query parameter that may be given several times: always an array in the end. */
export const repeatable = <S extends z.ZodType<unknown, string>>(item: S) =>
  z.preprocess(
    (value: z.input<S> | z.input<S>[]) => Array.isArray(value) ? value : [value],
    z.array(item).max(100, "expected at most 100"),
  );

/** A whole number in a query parameter: digits, and nothing else. */
export const wholeNumber = (least: number, most: number) => {
  const text = `expected a whole number from ${least} to ${most}`;
  return z.string().regex(/^\d{1,9}$/, text).transform(Number).pipe(z.number().int().min(least, text).max(most, text));
};

/** `true` or `false` in a query parameter. */
export const trueOrFalse = () => z.enum(["true", "false"]).transform((text) => text === "true").pipe(z.boolean());

/** An unanchored regular expression of RE2's syntax, which runs in linear time. */
export const pattern = () =>
  z.string().min(1).max(500).refine(compiles, "expected a regular expression in RE2's syntax");

const compiles = (text: string): boolean => {
  try {
    RE2JS.compile(text);
    return true;
  } catch {
    return false;
  }
};

/**
 * The query parameters that all lists have, to be spread into a strict object with the list's own filters:
 * `z.strictObject({ ...paging({ fields: ["id", "created_at"], sort: ["id"] }), secret_id: pattern().optional() })`.
 * Unknown parameters are then refused, not dropped.
 */
export const paging = <const F extends Names, const S extends Names>(
  names: { readonly fields: F; readonly sort: S },
) => ({
  fields: repeatable(z.enum(names.fields)).optional().meta({ description: "What each result has; default: all" }),
  sort: z.enum(names.sort).optional(),
  sort_order: z.enum(["ascending", "descending"]).default("ascending"),
  page: wholeNumber(0, 100_000_000).default(0).meta({ description: "Counted from 0" }),
  limit: wholeNumber(1, 1000).default(10).meta({ description: "Results a page" }),
});

/** For lists that may be long: goes on where an answer's `meta.next` says, however far that is. */
export const cursor = () =>
  z.string().min(1).max(4000).optional().meta({
    description: "`meta.next` of the answer before; `page` has no meaning with it",
  });

/** Where a page begins. */
export const offsetOf = (query: { readonly page: number; readonly limit: number }): number => query.page * query.limit;

/** `asc` or `desc`, as the query algebra has it. */
export const directionOf = (query: { readonly sort_order: "ascending" | "descending" }): "asc" | "desc" =>
  query.sort_order === "ascending" ? "asc" : "desc";

/** The fields that were asked for, all of them when none was named. */
export const pick = <T extends object, K extends keyof T & string>(
  row: T,
  fields: readonly K[] | undefined,
): Partial<T> =>
  fields === undefined ? row : Object.fromEntries(
    fields.filter((name) => Object.hasOwn(row, name)).map((name) => [name, row[name]]),
  ) as unknown as Partial<T>;

/** What every list answers: one page, and how many results there are in all. */
export const envelope = <T>(
  result: readonly T[],
  size: number,
  next?: string | null,
): { result: readonly T[]; meta: { result_size: number; next?: string | null } } => ({
  result,
  meta: { result_size: size, ...(next === undefined ? {} : { next }) },
});

/** The schema of `envelope`. */
export const envelopeOf = <S extends z.ZodType>(item: S) =>
  z.object({
    result: z.array(item),
    meta: z.object({
      result_size: z.number().int().min(0),
      next: z.string().nullable().optional().meta({ description: "The `cursor` of the next page; null at the end" }),
    }),
  });
