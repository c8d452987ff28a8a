import type { RunOptions } from "../../interfaces/estate.ts";
import { Sealed } from "../../interfaces/sealed.ts";
import type { Condition, FieldRef, Plan } from "../query/plan.ts";
import { type FactPath, factPlaces } from "./fact-test.ts";
import { filterConditions, type NodeFilter, statusConditions } from "./node-filter.ts";
import type { NodesDeps } from "./nodes-deps.ts";
import { rowsOf } from "./redact-row.ts";
import { type ShownJson, shownText } from "./shown-json.ts";

export type FactValuesQuery = NodeFilter & {
  readonly path: FactPath;
  /** Where statuses are named: silent since before that (ISO, UTC) is outdated. */
  readonly outdatedBefore: string;
  readonly sort: "value" | "count";
  readonly direction: "asc" | "desc";
  readonly limit: number;
  readonly offset: number;
};

/** A text, number or boolean, and how many nodes have it. */
export type FactValue = { readonly value: ShownJson; readonly count: number };

/** The different values that nodes have for a fact. */
export const factValues = ({ estate, redactor, scope }: Pick<NodesDeps, "estate" | "redactor" | "scope">) => {
  const planFor = (place: FieldRef, query: FactValuesQuery): Plan => ({
    entity: "nodes",
    select: [{ as: "value", ...place }, { as: "count", aggregate: "count" }],
    where: {
      op: "and",
      of: [
        ...(scope ? [scope] : []),
        ...filterConditions(query),
        ...statusConditions(query.statuses, query.outdatedBefore),
        isScalar(place),
      ],
    },
    groupBy: [place],
  });

  const shown = (value: unknown): ShownJson =>
    shownText(value instanceof Sealed ? redactor().redact(value, "json").text : "null");

  return {
    /**
     * One page of the values, and how many there are. What is shown is grouped, counted and sorted: two secrets are one
     * value, `XXXXX`. Nodes that lack the fact, or have a list or an object there, are in none. Booleans are sorted as
     * 0 and 1 then numbers, then texts. Where the path has digits it is read as `factPlaces` tells, whichever of the
     * places is there.
     */
    async factValues(query: FactValuesQuery, options?: RunOptions): Promise<{
      readonly values: readonly FactValue[];
      readonly size: number;
    }> {
      const plans = factPlaces(query.path).map((place) => planFor(place, query));
      const sizes = await Promise.all(plans.map((plan) => estate.count(plan, options)));
      const at = sizes.findIndex((size) => size > 0);
      const plan = plans[at];
      if (!plan) return { values: [], size: 0 };
      const [place] = plan.groupBy!;
      const { sort, direction, limit, offset } = query;
      const rows = await rowsOf(estate, {
        ...plan,
        ...(sort === "count" ? { byCount: direction } : {}),
        order: [{ ...place!, direction: sort === "value" ? direction : "asc" }],
        limit,
        offset,
      }, options);
      return {
        values: rows.map((row) => ({ value: shown(row["value"]), count: Number(row["count"]) })),
        size: sizes[at]!,
      };
    },
  };
};

const isScalar = (left: FieldRef): Condition => ({
  op: "or",
  of: [
    { op: ">=", left, right: "" },
    { op: "<=", left, right: Number.MAX_VALUE },
    { op: "json=", left, right: true },
    { op: "json=", left, right: false },
  ],
});
