import type { Condition } from "../query/plan.ts";
import type { NodeGroup } from "./node-group.ts";
import { groupCondition } from "./rules.ts";

/** The nodes of some groups, as a condition on the entity `nodes`. No group, or none with a rule: no node. */
export const sightOf = (groups: readonly Pick<NodeGroup, "filters">[]): Condition => ({
  op: "or",
  of: groups.map(({ filters }) => groupCondition(filters)).filter((each) => each !== undefined),
});
