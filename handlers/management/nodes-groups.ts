import { type Context, Hono } from "hono";
import { z } from "zod";
import { type NodeGroup, nodeGroupId, rulesSchema } from "../core/node-groups/node-group.ts";
import type { NodeGroupChange, NodeGroups, StoredGroup } from "../core/node-groups/node-groups.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { readCursor, writeCursor } from "../http/cursor.ts";
import { checkIfMatch, setEtag } from "../http/etag.ts";
import { cursor, envelope, envelopeOf, paging, pattern, pick, trueOrFalse } from "../http/paging.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { listDocuments, matching } from "./list-documents.ts";
import { runOptions } from "./node-answers.ts";

const group = z.object({
  id: z.string(),
  description: z.string(),
  filters: rulesSchema.meta({ description: "Rules; a node that meets one of them is in the group" }),
  teams: z.array(z.string()).meta({ description: "Those that see its nodes" }),
  created_at: z.iso.datetime(),
});
const withNodes = group.extend({
  nodes: z.array(z.string()).meta({ description: "The first 1000 of its nodes; all of them at `…/nodes`" }),
  nodes_size: z.number().int(),
});
type Shown = z.infer<typeof group>;
const fields = Object.keys(group.shape) as [keyof Shown, ...(keyof Shown)[]];
const moved = z.object({ nodes: z.array(z.string()), size: z.number().int() });
const dryRun = z.object({
  dry_run: z.literal(true),
  size: z.number().int().meta({ description: "How many nodes it would have" }),
  coming: moved.meta({ description: "The first 1000 nodes that it would get" }),
  going: moved.meta({ description: "The first 1000 nodes that it would lose" }),
});

const listQuery = z.strictObject({
  ...paging({ fields, sort: ["id"] }),
  cursor: cursor(),
  node_group_id: pattern().optional().meta({ description: "A regular expression that the id matches" }),
  teams: pattern().optional().meta({ description: "A regular expression over the list of teams" }),
  nodes: z.string().max(255).optional().meta({ description: "Groups that this node is in, if you see it" }),
});
const said = z.strictObject({
  description: z.string().max(1000).optional(),
  filters: rulesSchema.optional(),
  teams: z.array(z.string().min(1).max(128)).max(1000).optional(),
});
const dry = validate(
  "query",
  z.strictObject({ dry_run: trueOrFalse().optional().meta({ description: "Changes nothing, tells who would move" }) }),
);
const byId = validate("param", z.strictObject({ node_group: nodeGroupId }));
const { limit } = paging({ fields: ["id"], sort: ["id"] });
const tags = ["nodes_groups"];
const most = 1000;

/** `/api/v1/nodes_groups`: which nodes a team sees, by rules over what the nodes are. */
export const nodesGroupsApi = ({ groups }: { readonly groups: NodeGroups }) => {
  const known = async (id: string): Promise<StoredGroup> => {
    const found = await groups.get(id);
    if (!found) throw new AppError("not_found", `There is no group of nodes "${id}"`);
    return found;
  };
  const whole = async (c: Context<SessionEnv>, each: NodeGroup) => {
    const { nodes, size } = await groups.nodes(each, c.var.viewer.nodes, { limit: most }, runOptions(c));
    return { ...show(each), nodes: [...nodes], nodes_size: size };
  };
  const rehearse = async (c: Context<SessionEnv>, before: Pick<NodeGroup, "filters">, given: NodeGroupChange) => {
    const after = { filters: given.filters ?? before.filters };
    const { coming, going, size } = await groups.dryRun(before, after, c.var.viewer.nodes, most, runOptions(c));
    const plain = (each: typeof coming) => ({ nodes: [...each.nodes], size: each.size });
    return { dry_run: true as const, size, coming: plain(coming), going: plain(going) };
  };

  return new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({ summary: "List groups of nodes", tags, responses: { 200: envelopeOf(group.partial()) } }),
      requires("NODES:GROUPS::GET"),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const of = query.nodes === undefined ? undefined : await groupsWith(c, groups, query.nodes);
        const { rows, size, next } = await listDocuments(groups, query, [
          matching("id", query.node_group_id),
          matching("teams", query.teams),
          of && { op: "in", left: [{ field: "id" }], values: of.map((id) => [id]) },
        ]);
        return c.json(envelope(rows.map((each) => pick(show(each), query.fields)), size, next));
      },
    )
    .get(
      "/:node_group",
      describeRoute({ summary: "Show a group with its nodes", tags, responses: { 200: withNodes } }),
      requires("NODES:GROUPS::GET"),
      byId,
      async (c) => {
        const found = await known(c.req.valid("param").node_group);
        setEtag(c, found.version);
        return c.json(await whole(c, found));
      },
    )
    .get(
      "/:node_group/nodes",
      describeRoute({
        summary: "List the nodes of a group, by name",
        tags,
        scope: "nodes",
        responses: { 200: envelopeOf(z.object({ id: z.string() })) },
      }),
      requires("NODES:GROUPS::GET"),
      byId,
      validate("query", z.strictObject({ limit, cursor: cursor() })),
      async (c) => {
        const query = c.req.valid("query");
        const found = await known(c.req.valid("param").node_group);
        const [after] = query.cursor === undefined ? [] : readCursor(query.cursor, "id asc", 1);
        const page = { limit: query.limit + 1, after: typeof after === "string" ? after : undefined };
        const { nodes, size } = await groups.nodes(found, c.var.viewer.nodes, page, runOptions(c));
        const shown = nodes.slice(0, query.limit);
        const next = nodes.length > query.limit ? writeCursor("id asc", [shown.at(-1)!]) : null;
        return c.json(envelope(shown.map((id) => ({ id })), size, next));
      },
    )
    .post(
      "/:node_group",
      describeRoute({
        summary: "Make a group of nodes",
        description: "Who doesn't see all nodes can't show the group's to a team.",
        tags,
        responses: { 200: dryRun, 201: withNodes },
        problems: [409],
      }),
      requires("NODES:GROUPS::CREATE"),
      byId,
      dry,
      validate("json", said),
      async (c) => {
        const { node_group: id } = c.req.valid("param");
        const given = defined(c.req.valid("json"));
        if (c.req.valid("query").dry_run) return c.json(await rehearse(c, { filters: [] }, given), 200);
        assertMayShow(c, { filters: [], teams: [] }, given);
        const made = await groups.create(id, given);
        noteChange(c, { after: show(made) });
        setEtag(c, made.version);
        return c.json(await whole(c, made), 201);
      },
    )
    .put(
      "/:node_group",
      describeRoute({
        summary: "Change a group of nodes",
        description:
          "What is absent stays. Who doesn't see all nodes can neither show the group to another team, nor " +
          "change the rules of one that a team sees.",
        tags,
        responses: { 200: z.union([withNodes, dryRun]) },
        problems: [412],
      }),
      requires("NODES:GROUPS::UPDATE"),
      byId,
      dry,
      validate("json", said),
      async (c) => {
        const before = await known(c.req.valid("param").node_group);
        const given = defined(c.req.valid("json"));
        if (c.req.valid("query").dry_run) return c.json(await rehearse(c, before, given));
        checkIfMatch(c, before.version);
        assertMayShow(c, before, given);
        const changed = await groups.update(before, given);
        noteChange(c, { before: show(before), after: show(changed) });
        setEtag(c, changed.version);
        return c.json(await whole(c, changed));
      },
    )
    .delete(
      "/:node_group",
      describeRoute({ summary: "Remove a group of nodes", tags, responses: { 200: z.object({}) }, problems: [412] }),
      requires("NODES:GROUPS::DELETE"),
      byId,
      async (c) => {
        const before = await known(c.req.valid("param").node_group);
        checkIfMatch(c, before.version);
        await groups.remove(before.id);
        noteChange(c, { before: show(before) });
        return c.json({});
      },
    );
};

/** Nobody can let others see what he doesn't see himself, also not by a rule that finds it one day. */
const assertMayShow = (
  c: Context<SessionEnv>,
  before: Pick<NodeGroup, "filters" | "teams">,
  given: NodeGroupChange,
) => {
  if (c.var.viewer.nodes === undefined) return;
  const teams = given.teams ?? before.teams;
  const added = teams.some((each) => !before.teams.includes(each));
  const other = given.filters !== undefined && JSON.stringify(given.filters) !== JSON.stringify(before.filters);
  if (teams.length === 0 || (!added && !other)) return;
  throw new AppError(
    "forbidden",
    'What a team sees can only be widened by who sees all nodes ("NODES:ALL::GET" or an administrator)',
    { field: added ? "teams" : "filters" },
  );
};

/** The groups that a node is in; none where the caller doesn't see the node. */
const groupsWith = async (c: Context<SessionEnv>, groups: NodeGroups, node: string): Promise<readonly string[]> => {
  const all = await groups.list({ limit: 100_000 });
  return (await groups.seenOf(node, all, c.var.viewer.nodes)).map((each) => each.id);
};

const defined = (given: z.infer<typeof said>): NodeGroupChange =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as NodeGroupChange;

const show = ({ id, description, filters, teams, created_at }: NodeGroup): Shown => ({
  id,
  description,
  filters: [...filters],
  teams: [...teams],
  created_at,
});
