import { RE2JS } from "re2js";
import { offsetOf } from "../../http/paging.ts";

/**
 * One page of a list that is in memory whole: there are few authorities and spaces. `matching`: fields and the regular
 * expression (RE2, unanchored) that a text of them must match; `equal`: fields and their value. Undefined ones don't count.
 */
export const pageOf = <T extends { readonly id: string }>(rows: readonly T[], options: {
  readonly matching: { readonly [K in keyof T]?: string | undefined };
  readonly equal?: { readonly [K in keyof T]?: T[K] | undefined };
  readonly sort?: keyof T | undefined;
  readonly sort_order: "ascending" | "descending";
  readonly page: number;
  readonly limit: number;
}): { readonly rows: readonly T[]; readonly size: number } => {
  const { matching, equal = {}, sort = "id", sort_order } = options;
  const patterns = Object.entries(matching).flatMap(([field, pattern]) =>
    pattern === undefined ? [] : [[field as keyof T, RE2JS.compile(pattern as string)] as const]
  );
  const values = Object.entries(equal).filter(([, value]) => value !== undefined);
  const found = rows.filter((row) =>
    patterns.every(([field, pattern]) => textsOf(row[field]).some((text) => pattern.matcher(text).find())) &&
    values.every(([field, value]) => row[field as keyof T] === value)
  );
  const direction = sort_order === "ascending" ? 1 : -1;
  found.sort((a, b) => compare(String(a[sort]), String(b[sort])) * direction || compare(a.id, b.id));
  const from = offsetOf(options);
  return { rows: found.slice(from, from + options.limit), size: found.length };
};

const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0;

const textsOf = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
    ? Object.values(value).map(String)
    : [];
