import { AppError } from "../../errors.ts";
import type { Condition, FieldRef, Scalar } from "../query/plan.ts";
import { checkPattern } from "../query/validate-plan.ts";

/** How a fact is compared. `in` and `nin` take several values. */
export const factOps = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "regex"] as const;
export type FactOp = (typeof factOps)[number];

/** What a fact is compared with; a fact of another type is neither equal nor greater. */
export const factTypes = ["str", "int", "float", "bool"] as const;
export type FactType = (typeof factTypes)[number];

export type FactPath = readonly (string | number)[];

const longestPath = 1000;
const mostSegments = 40;
const mostValues = 1000;
/** Each segment of digits doubles the places that are looked at. */
const mostAmbiguous = 3;

/**
 * A fact's name as a path: names with dots between them, those that hold a dot in quotes
 * (`mountpoints."/run/user.d".size`), indexes of lists in brackets (`disks[0].size`). A segment of digits is read as a
 * name, see `factPlaces`. Throws AppError `bad_request`, field `fact`.
 */
export const factPath = (text: string): FactPath => {
  const path = text.length > longestPath ? undefined : segmentsOf(text);
  if (path && path.length <= mostSegments) return path;
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  throw bad(
    `Cannot read "${shown}" as the name of a fact, expected one such as os.family or mountpoints."/tmp.d".size`,
  );
};

const segmentsOf = (text: string): FactPath | undefined => {
  const path: (string | number)[] = [];
  const segment = /(?:"([^"]+)"|([^."[\]]+))((?:\[\d{1,9}\])*)(\.|$)/y;
  for (;;) {
    const found = segment.exec(text);
    if (!found) return undefined;
    const [, quoted, bare = "", indexes = "", end] = found;
    path.push(quoted ?? bare, ...Array.from(indexes.matchAll(/\d+/g), ([digits]) => Number(digits)));
    if (end === "") return path;
  }
};

/**
 * The places in a node's facts that a path may mean: a name of digits may be a key, or, as pyppetdb's clients write it,
 * the index of a list (`processors.models.0`). No node has more than one of them. Throws AppError `bad_request`.
 */
export const factPlaces = (path: FactPath): readonly FieldRef[] => {
  const isIndex = (segment: string | number) => typeof segment === "string" && /^(0|[1-9]\d{0,8})$/.test(segment);
  const ambiguous = path.filter((segment, at) => at > 0 && isIndex(segment)).length;
  if (ambiguous > mostAmbiguous) {
    throw bad(`The name of a fact may have ${mostAmbiguous} segments of digits; write indexes of lists in brackets`);
  }
  const paths = path.reduce<readonly FactPath[]>(
    (before, segment, at) =>
      before.flatMap((each) =>
        at > 0 && isIndex(segment) ? [[...each, segment], [...each, Number(segment)]] : [[...each, segment]]
      ),
    [[]],
  );
  return paths.map((each) => ({ field: "facts", path: each, shown: true }));
};

/**
 * A test of one place in the facts, as a condition on the entity `nodes` that is true or false, never unknown. What is
 * shown is tested, secrets replaced. `ne` and `nin` are the opposite of `eq` and `in`, so that they hold for a node
 * that lacks the fact, as in pyppetdb. Numbers are equal whether they are written as whole ones or not; texts are
 * ordered by their code points; `regex` (RE2, unanchored) also finds numbers, booleans, lists and objects, by their
 * JSON. Throws AppError `bad_request`, field `fact`.
 */
export const factTest = (test: {
  readonly path: FactPath;
  readonly op: FactOp;
  readonly type: FactType;
  readonly values: readonly Scalar[];
}): Condition => {
  const { path, op, type } = test;
  const values = [...new Set(test.values)];
  const [first] = values;
  if (first === undefined) throw bad(`"${op}" needs a value to compare the fact with`);
  if (values.length > mostValues) throw bad(`"${op}" takes ${mostValues} values at most`);
  if (op !== "in" && op !== "nin" && values.length > 1) throw bad(`"${op}" takes one value`);
  if (type === "int") values.forEach(checkWhole);
  const places = factPlaces(path);
  const anywhere = (leaf: (left: FieldRef) => Condition): Condition =>
    places.length === 1 ? leaf(places[0]!) : { op: "or", of: places.map(leaf) };
  const among = (): Condition => {
    const of = values.flatMap((right) => places.map((left): Condition => ({ op: "json=", left, right })));
    return of.length === 1 ? of[0]! : { op: "or", of };
  };
  switch (op) {
    case "eq":
    case "in":
      return among();
    case "ne":
    case "nin":
      return { op: "not", of: among() };
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      if (type === "bool") throw bad(`"${op}" does not work with bool, which has no order`);
      return anywhere((left) => ({
        op: "and",
        of: [{ op: "null", left, is: false }, { op: orders[op], left, right: first }],
      }));
    case "regex": {
      if (type !== "str") throw bad('"regex" works with str only');
      const pattern = String(first);
      checkPattern(pattern, "fact");
      return anywhere((left) => ({ op: "matches", left, pattern }));
    }
    default:
      throw op satisfies never;
  }
};

const orders = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

const checkWhole = (value: Scalar): void => {
  if (!Number.isSafeInteger(value)) throw bad(`"${value}" is no whole number between -2^53 and 2^53`);
};

const bad = (message: string): AppError => new AppError("bad_request", message, { field: "fact" });
