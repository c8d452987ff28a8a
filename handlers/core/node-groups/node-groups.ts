import { AppError } from "../../errors.ts";
import { type Clock, timestamp } from "../../interfaces/clock.ts";
import type { Document, Documents, Stored } from "../../interfaces/documents.ts";
import type { Estate, RunOptions } from "../../interfaces/estate.ts";
import { checkRecordId } from "../access/record-id.ts";
import { rowsOf } from "../nodes/redact-row.ts";
import type { Condition, Order } from "../query/plan.ts";
import { validatePlan } from "../query/validate-plan.ts";
import type { NodeGroup } from "./node-group.ts";
import { groupCondition, ruleConditions } from "./rules.ts";

export type NodeGroupChange = Partial<Pick<NodeGroup, "description" | "filters" | "teams">>;
type GroupDocument = Document & NodeGroup;
export type StoredGroup = Stored<GroupDocument>;

/** Why a node is in a group: the rules that it meets. */
export type Membership = {
  readonly id: string;
  readonly rules: readonly { readonly index: number; readonly name: string | null }[];
};

export type NodeGroups = ReturnType<typeof createNodeGroups>;

/** The groups of nodes. Who is in one is asked of the store each time: no membership is kept that could be stale. */
export const createNodeGroups = (deps: {
  readonly documents: Documents;
  readonly estate: Pick<Estate, "run" | "count" | "test">;
  readonly clock: Clock;
}) => {
  const { documents, estate, clock } = deps;

  const checked = async (given: NodeGroupChange): Promise<NodeGroupChange> => {
    if (given.filters) compiled(given.filters);
    if (!given.teams) return given;
    const teams = [...new Set(given.teams)].sort();
    for (const team of teams) {
      if (!await documents.get("teams", team)) {
        throw new AppError("invalid", `There is no team "${team.slice(0, 100)}"`, { field: "teams" });
      }
    }
    return { ...given, teams };
  };
  const plan = (where: Condition) => ({ entity: "nodes", select: [certname], where } as const);
  const names = async (where: Condition, page: { limit: number; after?: string | undefined }, options?: RunOptions) => {
    const after: Condition[] = page.after === undefined
      ? []
      : [{ op: ">", left: { field: "certname" }, right: page.after }];
    const rows = await rowsOf(estate, {
      ...plan({ op: "and", of: [where, ...after] }),
      order: [{ field: "certname" }],
      limit: page.limit,
    }, options);
    return rows.map((row) => String(row["certname"]));
  };

  return {
    get: (id: string): Promise<StoredGroup | undefined> => documents.get<GroupDocument>("node_groups", id),
    list: (page: {
      readonly where?: Condition;
      readonly order?: readonly Order[];
      readonly limit: number;
      readonly offset?: number;
    }): Promise<readonly StoredGroup[]> => documents.find<GroupDocument>("node_groups", page),
    count: (where?: Condition): Promise<number> => documents.count("node_groups", where),

    /** Throws AppError `invalid` with the place for a rule that is empty or can't be compiled, `conflict` for a taken id. */
    async create(id: string, given: NodeGroupChange): Promise<StoredGroup> {
      checkRecordId(id, "group of nodes");
      const said = await checked(given);
      try {
        return await documents.insert<GroupDocument>("node_groups", {
          description: "",
          filters: [],
          teams: [],
          ...said,
          id,
          created_at: timestamp(clock.now()),
        } as unknown as GroupDocument);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "conflict") throw error;
        throw new AppError("conflict", `There is a group of nodes "${id}" already`, { field: "id" });
      }
    },

    /** `group` as it was read: throws AppError `precondition_failed` when it was changed since. */
    async update(group: StoredGroup, given: NodeGroupChange): Promise<StoredGroup> {
      const { version, ...before } = group;
      const next = { ...before, ...await checked(given) } as unknown as GroupDocument;
      return await documents.replace<GroupDocument>("node_groups", next, version);
    },

    remove: (id: string): Promise<boolean> => documents.remove("node_groups", id),

    /** One page of a group's nodes among those that `within` lets see, in the order of their names, and how many there are. */
    async nodes(
      group: Pick<NodeGroup, "filters">,
      within: Condition | undefined,
      page: { readonly limit: number; readonly after?: string | undefined },
      options?: RunOptions,
    ): Promise<{ readonly nodes: readonly string[]; readonly size: number }> {
      const members = groupCondition(group.filters);
      if (!members) return { nodes: [], size: 0 };
      const where = both(members, within);
      const [nodes, size] = await Promise.all([
        names(where, page, options),
        estate.count(plan(where), options),
      ]);
      return { nodes, size };
    },

    /** Who would come and who would go if a group had other rules. `limit` names of each. */
    async dryRun(
      before: Pick<NodeGroup, "filters">,
      after: Pick<NodeGroup, "filters">,
      within: Condition | undefined,
      limit: number,
      options?: RunOptions,
    ) {
      compiled(after.filters);
      const [old = none, next = none] = [groupCondition(before.filters), groupCondition(after.filters)];
      const without = async (some: Condition, others: Condition) => {
        const where = both({ op: "and", of: [some, { op: "not", of: inNodes(others) }] }, within);
        const [nodes, size] = await Promise.all([names(where, { limit }, options), estate.count(plan(where), options)]);
        return { nodes, size };
      };
      const size = await estate.count(plan(both(next, within)), options);
      return { coming: await without(next, old), going: await without(old, next), size };
    },

    /** The groups that a node is in, with the rules that put it there; none where `within` doesn't let see it. */
    async seenOf(
      node: string,
      groups: readonly Pick<NodeGroup, "id" | "filters">[],
      within: Condition | undefined,
    ): Promise<readonly Membership[]> {
      const rules = groups.flatMap(({ id, filters }) =>
        ruleConditions(filters).map((condition, index) => ({
          id,
          index,
          name: filters[index]!.name ?? null,
          condition,
        }))
      );
      const [sees = true, ...meets] = await estate.test(node, [
        within ?? { op: "and", of: [] },
        ...rules.map((each) => each.condition),
      ]);
      if (!sees) return [];
      const found = new Map<string, { index: number; name: string | null }[]>();
      rules.forEach(({ id, index, name }, at) => {
        if (meets[at]) found.set(id, [...found.get(id) ?? [], { index, name }]);
      });
      return [...found].map(([id, matched]) => ({ id, rules: matched }));
    },
  };
};

const certname = { as: "certname", field: "certname" } as const;
const none: Condition = { op: "or", of: [] };
const both = (where: Condition, within: Condition | undefined): Condition =>
  within ? { op: "and", of: [where, within] } : where;

/** Membership is never unknown, whatever the rule leaves open. */
const inNodes = (where: Condition): Condition => ({
  op: "in",
  left: [{ field: "certname" }],
  plan: { entity: "nodes", select: [certname], where },
});

/** Throws AppError `invalid` with what a store would refuse. */
const compiled = (filters: NodeGroup["filters"]): void => {
  const where = groupCondition(filters);
  if (!where) return;
  try {
    validatePlan({ entity: "nodes", select: [certname], where });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError("invalid", error.message, { field: "filters", cause: error });
  }
};
