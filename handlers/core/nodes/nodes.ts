import { timestamp } from "../../interfaces/clock.ts";
import type { Estate } from "../../interfaces/estate.ts";
import type { Redactor } from "../../interfaces/redactor.ts";
import type { Sealed } from "../../interfaces/sealed.ts";
import type { Viewer } from "../access/viewer.ts";
import { nodeLists } from "./list-nodes.ts";
import { nodeCatalogs } from "./node-catalogs.ts";
import { nodeFacts } from "./node-facts.ts";
import { nodeReports } from "./node-reports.ts";
import { defaultOutdatedAfter } from "./node-status.ts";
import type { NodesDeps } from "./nodes-deps.ts";

const step = 10_000;

export type Nodes = ReturnType<typeof nodesFor>;
export type NodeViews = ReturnType<typeof createNodes>;

/** All reads of nodes, for one reader. */
const nodesFor = (deps: NodesDeps) => ({
  ...nodeLists(deps),
  ...nodeFacts(deps),
  ...nodeCatalogs(deps),
  ...nodeReports(deps),
});

/**
 * What people see of nodes, shared by the API and the pages: plans are built here, cut to the nodes that the reader sees,
 * and rows redacted by the known secrets and by what Puppet marked for the node. All of it may be shown as it is.
 */
export const createNodes = (
  deps: Omit<NodesDeps, "outdatedAfter" | "scope" | "estate"> & {
    readonly estate: Pick<Estate, "run" | "count" | "wholeCatalog" | "marks">;
    readonly outdatedAfter?: number;
  },
) => ({
  /** There is no other way in: whoever reads says for whom. `redactor`: another one, for who may see more. */
  seenBy: ({ nodes: scope }: Pick<Viewer, "nodes">, redactor: () => Redactor = deps.redactor): Nodes =>
    nodesFor({ ...deps, redactor, outdatedAfter: deps.outdatedAfter ?? defaultOutdatedAfter, scope }),
  /** For texts about a node: knows what is secret for this node besides. `redactor`: another one, for who may see more. */
  redactorFor: async (certname: string, redactor: Redactor = deps.redactor()): Promise<Redactor> =>
    redactor.with(await deps.estate.marks(certname)),
  /**
   * Since when (ISO, UTC) a silent node counts as outdated, where nobody says otherwise in steps of ten seconds, so that
   * those who ask one after the other ask the same.
   */
  outdatedBefore: (given: string | undefined): string =>
    given ?? timestamp(Math.floor((deps.clock.now() - (deps.outdatedAfter ?? defaultOutdatedAfter)) / step) * step),
  /** A text about a node, e.g. why its command was refused, without what is secret for this node. */
  redactText: async (certname: string, text: Sealed<string>): Promise<string> =>
    deps.redactor().with(await deps.estate.marks(certname)).redactText(text),
});
