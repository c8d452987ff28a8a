import type { Condition } from "../query/plan.ts";

/**
 * The rows of one node, of any entity that names its certname, if the reader sees that node: what he may not see is not
 * there for him.
 */
export const ofNode = (certname: string, scope: Condition | undefined): Condition => {
  const named: Condition = { op: "=", left: { field: "certname" }, right: certname };
  return scope === undefined ? named : { op: "and", of: [named, inScope(scope)] };
};

/** The rows of all nodes that the reader sees, as a condition on any entity that names a certname. */
export const inScope = (scope: Condition): Condition => ({
  op: "in",
  left: [{ field: "certname" }],
  plan: { entity: "nodes", select: [{ as: "certname", field: "certname" }], where: scope },
});
