import type { Clock } from "../../interfaces/clock.ts";
import type { Estate } from "../../interfaces/estate.ts";
import type { Redactor } from "../../interfaces/redactor.ts";
import type { Condition } from "../query/plan.ts";

/** What the reads of nodes use. */
export type NodesDeps = {
  readonly estate: Pick<Estate, "run" | "count" | "wholeCatalog" | "marks">;
  /** Asked for at each read, so that a secret added a moment ago is hidden. */
  readonly redactor: () => Redactor;
  readonly clock: Clock;
  /** Milliseconds of silence after which a node counts as outdated. */
  readonly outdatedAfter: number;
  /** The nodes that the reader sees, a condition on the entity `nodes`; undefined: all of them. */
  readonly scope: Condition | undefined;
};
