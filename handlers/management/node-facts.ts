import { Hono } from "hono";
import { z } from "zod";
import type { NodeViews } from "../core/nodes/nodes.ts";
import { AppError } from "../errors.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { exactAnswer, nodeParam, runOptions, time } from "./node-answers.ts";
import { readerFor, unredactedQuery } from "./unredacted.ts";

const shown = z.object({
  id: z.string().meta({ description: "The certname" }),
  environment: z.string().nullable(),
  change_facts: time(),
  producer_timestamp: time(),
  producer: z.string().nullable(),
  facts: z.unknown().meta({ description: "Fact name to value; secrets are replaced" }),
  package_inventory: z.unknown().meta({ description: "`[[name, version, provider], …]` or null" }),
});

/** `/api/v1/nodes/{node}/facts`: what a node last told about itself. */
export const nodeFactsApi = (deps: { readonly nodes: NodeViews }) =>
  new Hono<SessionEnv>().get(
    "/",
    describeRoute({ summary: "Show a node's facts", tags: ["nodes"], scope: "nodes", responses: { 200: shown } }),
    validate("param", z.strictObject({ node: nodeParam })),
    validate("query", z.strictObject(unredactedQuery)),
    async (c) => {
      const { node } = c.req.valid("param");
      const { nodes } = readerFor(c, deps.nodes, c.req.valid("query").unredacted, `nodes/${node}/facts`);
      const found = await nodes.facts(node, runOptions(c));
      if (!found) throw new AppError("not_found", `There are no facts of a node "${node}"`);
      return exactAnswer<z.infer<typeof shown>>(c, found);
    },
  );
