import type { Condition } from "../query/plan.ts";

/** Someone as handlers see him: what he may do, and which nodes he may see. */
export type Viewer = {
  /** The user's id. */
  readonly user: string;
  readonly admin: boolean;
  /** Whether he may do this, e.g. `NODES::DELETE`. */
  may(permission: string): boolean;
  /** What the nodes meet that he sees, a condition on the entity `nodes`; undefined: he sees all. */
  readonly nodes: Condition | undefined;
  /** Equal for viewers that see the same nodes: part of the key of whatever is kept of an answer. */
  readonly sight: string;
};
