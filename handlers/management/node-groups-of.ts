import { Hono } from "hono";
import { z } from "zod";
import type { NodeGroups } from "../core/node-groups/node-groups.ts";
import type { NodeViews } from "../core/nodes/nodes.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { nodeParam, runOptions, unknownNode } from "./node-answers.ts";

const membership = z.object({
  id: z.string(),
  rules: z.array(z.object({
    index: z.number().int().meta({ description: "Its place in the group's `filters`" }),
    name: z.string().nullable(),
  })),
});

/** `/api/v1/nodes/{node}/groups`: which groups a node is in, and by which rule. */
export const groupsOfNodeApi = (deps: { readonly nodes: NodeViews; readonly groups: NodeGroups }) =>
  new Hono<SessionEnv>().get(
    "/",
    describeRoute({
      summary: "List the groups that a node is in, with the rules that put it there",
      description: "With `NODES:GROUPS::GET` all of them, else those that one's teams see.",
      tags: ["nodes"],
      scope: "nodes",
      responses: { 200: z.object({ result: z.array(membership) }) },
    }),
    validate("param", z.strictObject({ node: nodeParam })),
    async (c) => {
      const { node } = c.req.valid("param");
      const { viewer } = c.var;
      if (!(await deps.nodes.seenBy(viewer).seen([node], runOptions(c))).has(node)) throw unknownNode(node);
      const all = viewer.may("NODES:GROUPS::GET") ? await deps.groups.list({ limit: 100_000 }) : viewer.groups;
      const found = await deps.groups.seenOf(node, all, viewer.nodes);
      return c.json({ result: found.map(({ id, rules }) => ({ id, rules: rules.map((each) => ({ ...each })) })) });
    },
  );
