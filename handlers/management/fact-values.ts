import { Hono } from "hono";
import { z } from "zod";
import { factFilter } from "../core/nodes/fact-filter.ts";
import { factPath } from "../core/nodes/fact-test.ts";
import { factValues } from "../core/nodes/fact-values.ts";
import { nodeStatuses } from "../core/nodes/node-status.ts";
import type { NodesDeps } from "../core/nodes/nodes-deps.ts";
import type { NodeViews } from "../core/nodes/nodes.ts";
import { AppError } from "../errors.ts";
import { directionOf, envelope, envelopeOf, offsetOf, paging, pick, repeatable, trueOrFalse } from "../http/paging.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { exactAnswer, runOptions } from "./node-answers.ts";

const names = ["value", "count"] as const;
const row = z.object({
  value: z.unknown().meta({ description: "A text, number or boolean; secrets are replaced" }),
  count: z.number().int().meta({ description: "How many nodes have it" }),
});
const schema = envelopeOf(row.partial());

const listQuery = z.strictObject({
  ...paging({ fields: names, sort: names }),
  fact_id: z.string().max(1000, "expected at most 1000 characters").meta({
    description: 'The name of a fact, e.g. `os.family`, `disks[0].size` or `mountpoints."/run/user.d".size`',
  }),
  environment: z.string().max(255).optional().meta({ description: "Nodes of this environment" }),
  disabled: trueOrFalse().optional(),
  report_status: z.enum(nodeStatuses).optional(),
  fact: repeatable(z.string().min(1).max(10_000)).optional().meta({
    description: "`<fact>:<op>:<type>:<value>`, all of which must hold",
  }),
});

export type FactValuesDeps = Pick<NodesDeps, "estate" | "redactor"> & {
  readonly nodes: Pick<NodeViews, "outdatedBefore">;
};

/** `/api/v1/nodes/_distinct_fact_values`: what there is of a fact, among the nodes that one's teams see. */
export const factValuesApi = (deps: FactValuesDeps) =>
  new Hono<SessionEnv>().get(
    "/",
    describeRoute({
      summary: "List the different values of a fact",
      description:
        "Nodes that lack the fact are not counted. An empty name, or one that ends with a dot, has no values. " +
        "What is shown is grouped and sorted, secrets replaced.",
      tags: ["nodes"],
      scope: "nodes",
      responses: { 200: schema },
    }),
    validate("query", listQuery),
    async (c) => {
      const query = c.req.valid("query");
      // someone is still typing it
      if (query.fact_id === "" || query.fact_id.endsWith(".")) return c.json(envelope([], 0));
      const { values, size } = await factValues({ ...deps, scope: c.var.viewer.nodes }).factValues({
        path: pathOf(query.fact_id),
        environment: query.environment === undefined ? undefined : { is: query.environment },
        disabled: query.disabled,
        statuses: query.report_status && [query.report_status],
        facts: query.fact?.map(factFilter),
        outdatedBefore: deps.nodes.outdatedBefore(undefined),
        sort: query.sort ?? "value",
        direction: directionOf(query),
        limit: query.limit,
        offset: offsetOf(query),
      }, runOptions(c));
      return exactAnswer<z.infer<typeof schema>>(c, envelope(values.map((each) => pick(each, query.fields)), size));
    },
  );

const pathOf = (text: string) => {
  try {
    return factPath(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, error.message, { field: "fact_id" });
  }
};
