import type { Sealed } from "../../interfaces/sealed.ts";
import { nodeLists } from "./list-nodes.ts";
import { nodeCatalogs } from "./node-catalogs.ts";
import { nodeFacts } from "./node-facts.ts";
import { nodeReports } from "./node-reports.ts";
import { defaultOutdatedAfter } from "./node-status.ts";
import type { NodesDeps } from "./nodes-deps.ts";

export type Nodes = ReturnType<typeof createNodes>;

/**
 * What people see of nodes, shared by the API and the pages: plans are built here, and rows redacted by the known secrets
 * and by what Puppet marked for the node. All of it may be shown as it is.
 */
export const createNodes = (deps: Omit<NodesDeps, "outdatedAfter"> & Partial<Pick<NodesDeps, "outdatedAfter">>) => {
  const all = { ...deps, outdatedAfter: deps.outdatedAfter ?? defaultOutdatedAfter };
  return {
    ...nodeLists(all),
    ...nodeFacts(all),
    ...nodeCatalogs(all),
    ...nodeReports(all),
    /** A text about a node, e.g. why its command was refused, without what is secret for this node. */
    redactText: async (certname: string, text: Sealed<string>): Promise<string> =>
      deps.redactor().with(await deps.estate.marks(certname)).redactText(text),
    /** Removes a node and all that is stored of it. False: there was none. */
    remove: (certname: string): Promise<boolean> => deps.estate.deleteNode(certname),
  };
};
