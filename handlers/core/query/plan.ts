import type { EntityName } from "./entities.ts";

/**
 * The one query algebra: PQL, PuppetDB's AST and the management API's filters become a `Plan`; each store compiles it
 * its own way. A plan is plain frozen data and names no column of any store.
 */
export type Plan = {
  readonly entity: EntityName;
  /** What each row has. Empty: every output field of the entity. */
  readonly select: readonly Projection[];
  readonly where?: Condition;
  readonly groupBy?: readonly FieldRef[];
  /** Of groups: first by how many rows each has, then in their order. */
  readonly byCount?: "asc" | "desc";
  readonly order?: readonly Order[];
  readonly limit?: number;
  readonly offset?: number;
};

/** A field of the entity, or a place inside a JSON field (`facts.os.family` is `{ field: "facts", path: ["os", "family"] }`). */
export type FieldRef = {
  readonly field: string;
  readonly path?: readonly (string | number)[];
  /**
   * Of the facts of `nodes`, of title and tags of `resources`: the value as people see it, known secrets and what Puppet
   * marked as sensitive replaced. All that people ask on port 8000 asks this value, or a secret could be found letter by
   * letter.
   */
  readonly shown?: true;
};

export type AggregateName = "count" | "sum" | "avg" | "min" | "max";
export type Projection =
  & { readonly as: string }
  & (
    | FieldRef
    | { readonly aggregate: AggregateName; readonly of?: FieldRef }
    /** The first class whose condition holds, else null. A row beside aggregates has one of each: it is grouped by. */
    | { readonly classes: readonly { readonly name: string; readonly when: Condition }[] }
  );

/** What is missing comes first, or last where it descends. */
export type Order = FieldRef & { readonly direction?: "asc" | "desc" };

export type Scalar = string | number | boolean;
export type Compare = "=" | ">" | ">=" | "<" | "<=";

/**
 * Three-valued as in SQL: a comparison with a missing value is unknown, and `not` of unknown is unknown. A value of another
 * type inside of JSON is not equal and not greater: false.
 */
export type Condition =
  | { readonly op: "and" | "or"; readonly of: readonly Condition[] }
  | { readonly op: "not"; readonly of: Condition }
  | { readonly op: Compare; readonly left: FieldRef; readonly right: Scalar }
  /** Some element of an array field (tags) equals the value. */
  | { readonly op: "has"; readonly left: FieldRef; readonly right: Scalar }
  /**
   * Unanchored, RE2 syntax, linear time. On an array field: some element matches. In JSON: a text, or the JSON of anything
   * else; never unknown, what is missing doesn't match.
   */
  | { readonly op: "matches"; readonly left: FieldRef; readonly pattern: string }
  /** In JSON: missing or null. */
  | { readonly op: "null"; readonly left: FieldRef; readonly is: boolean }
  | { readonly op: "in"; readonly left: readonly FieldRef[]; readonly values: readonly (readonly Scalar[])[] }
  | { readonly op: "in"; readonly left: readonly FieldRef[]; readonly plan: Plan }
  /**
   * JSON equality of a field or of a place in it (`["=", ["parameter", "port"], 80]`): 80 is not "80". Never unknown: what
   * is missing equals nothing, so that `not` finds it, as PuppetDB's collectors do.
   */
  | { readonly op: "json="; readonly left: FieldRef; readonly right: unknown };
