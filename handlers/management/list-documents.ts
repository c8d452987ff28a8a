import { after } from "../core/query/keyset.ts";
import type { Condition, Order, Scalar } from "../core/query/plan.ts";
import { readCursor, writeCursor } from "../http/cursor.ts";

type Query = {
  readonly sort?: string | undefined;
  readonly sort_order: "ascending" | "descending";
  readonly page: number;
  readonly limit: number;
  readonly cursor?: string | undefined;
};

type Source<T> = {
  list(find: { where?: Condition; order: readonly Order[]; limit: number; offset?: number }): Promise<readonly T[]>;
  count(where?: Condition): Promise<number>;
};

/**
 * One page of a collection, by its number or by a cursor, with how many there are and where it goes on. `sorts`: what
 * stands for each name of the list's `sort`; without one it is by id.
 */
export const listDocuments = async <T extends { readonly id: string }>(
  source: Source<T>,
  query: Query,
  conditions: readonly (Condition | undefined)[],
): Promise<{ readonly rows: readonly T[]; readonly size: number; readonly next: string | null }> => {
  const sort = query.sort ?? "id";
  const direction = query.sort_order === "ascending" ? "asc" : "desc";
  const order: Order[] = sort === "id"
    ? [{ field: "id", direction }]
    : [{ field: sort, direction }, { field: "id", direction }];
  const of = conditions.filter((each) => each !== undefined);
  const where: Condition | undefined = of.length === 0 ? undefined : { op: "and", of };
  const key = `${sort} ${direction}`;
  const from = query.cursor === undefined ? undefined : after(order, readCursor(query.cursor, key, order.length));
  const [found, size] = await Promise.all([
    source.list({
      ...whole(where, from),
      order,
      // one more than asked for tells whether it goes on
      limit: query.limit + 1,
      ...(from ? {} : { offset: query.page * query.limit }),
    }),
    source.count(where),
  ]);
  const rows = found.slice(0, query.limit);
  const last = found.length > query.limit ? rows.at(-1) : undefined;
  const valueOf = (field: string) => ((last as Record<string, unknown>)[field] ?? null) as Scalar | null;
  return { rows, size, next: last ? writeCursor(key, order.map(({ field }) => valueOf(field))) : null };
};

const whole = (where: Condition | undefined, from: Condition | undefined): { where?: Condition } => {
  const of = [where, from].filter((each) => each !== undefined);
  return of.length === 0 ? {} : { where: { op: "and", of } };
};

/** A regular expression over a text field, where one was given. */
export const matching = (field: string, pattern: string | undefined): Condition | undefined =>
  pattern === undefined ? undefined : { op: "matches", left: { field }, pattern };
