import { Hono } from "hono";
import { z } from "zod";
import type { NodeViews } from "../core/nodes/nodes.ts";
import { writeJson } from "../core/nodes/shown-json.ts";
import { AppError } from "../errors.ts";
import type { AsOf, KeptAnswers } from "../http/kept-answers.ts";
import { directionOf, envelope, envelopeOf, offsetOf, paging } from "../http/paging.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { catalogCountsSchema, exactAnswer, nodeParam, project, runOptions, time, unknownNode } from "./node-answers.ts";
import { readerFor, unredactedQuery } from "./unredacted.ts";

const listed = z.object({
  id: z.string(),
  node_id: z.string(),
  created: time(),
  current: z.boolean().meta({ description: "Whether it is the node's present one" }),
  environment: z.string().nullable(),
  version: z.string().nullable(),
  code_id: z.string().nullable(),
  transaction_uuid: z.string().nullable(),
  producer: z.string().nullable(),
  catalog: catalogCountsSchema.partial(),
});
const shown = listed.extend({
  source: z.enum(["agent", "puppetdb"]).meta({
    description:
      "`agent`: the whole catalog as it passed port 8001; `puppetdb`: what the Puppetserver stored, without " +
      "the parameters that are Sensitive",
  }),
  catalog: catalogCountsSchema.extend({
    resources: z.unknown().meta({ description: "`[{type, title, parameters, tags, …}]`; secrets are replaced" }),
    resources_exported: z.unknown(),
    edges: z.unknown(),
  }),
});
type Listed = z.infer<typeof listed>;
type Shown = z.infer<typeof shown>;

const fields = [
  "id",
  "node_id",
  "created",
  "current",
  "environment",
  "version",
  "code_id",
  "transaction_uuid",
  "producer",
  "catalog",
  "catalog.catalog_uuid",
  "catalog.num_resources",
  "catalog.num_resources_exported",
] as const;
const listQuery = z.strictObject({
  ...paging({ fields, sort: ["id", "created"] }),
  sort_order: z.enum(["ascending", "descending"]).default("descending"),
});
const catalogParam = z.string().regex(/^[\w.:-]{1,200}$/, "expected the id of a catalog");
const tags = ["nodes"];

/** `/api/v1/nodes/{node}/catalog`: the current one. */
export const nodeCatalogApi = (
  deps: { readonly nodes: NodeViews; readonly answers: KeptAnswers; readonly asOf: () => AsOf },
) =>
  new Hono<SessionEnv>().get(
    "/",
    describeRoute({ summary: "Show a node's current catalog", tags, scope: "nodes", responses: { 200: shown } }),
    validate("param", z.strictObject({ node: nodeParam })),
    validate("query", z.strictObject(unredactedQuery)),
    async (c) => {
      const { node } = c.req.valid("param");
      const { unredacted } = c.req.valid("query");
      const { nodes } = readerFor(c, deps.nodes, unredacted, `nodes/${node}/catalog`);
      const show = async () => {
        // others may wait for the same: it goes on when this client goes away
        const found = await nodes.catalog(node);
        if (!found) throw new AppError("not_found", `There is no catalog of a node "${node}"`);
        return found;
      };
      if (unredacted) return exactAnswer<Shown>(c, await show());
      const asked = JSON.stringify(["catalog", c.var.viewer.sight, node]);
      return await deps.answers.json<Shown>(c, asked, deps.asOf(), async () => writeJson(await show()));
    },
  );

/** `/api/v1/nodes/{node}/catalogs`: the history, newest first. */
export const nodeCatalogsApi = (deps: { readonly nodes: NodeViews }) => {
  return new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "List the catalogs of a node that are kept",
        tags,
        scope: "nodes",
        responses: { 200: envelopeOf(listed.partial()) },
      }),
      validate("param", z.strictObject({ node: nodeParam })),
      validate("query", listQuery),
      async (c) => {
        const { node } = c.req.valid("param");
        const query = c.req.valid("query");
        const nodes = deps.nodes.seenBy(c.var.viewer);
        const page = { sort: query.sort, direction: directionOf(query), limit: query.limit, offset: offsetOf(query) };
        const { catalogs, size } = await nodes.catalogs(node, page, runOptions(c));
        if (size === 0 && !await nodes.find(node)) throw unknownNode(node);
        return c.json(envelope(catalogs.map((each) => project<Listed>(each, query.fields)), size));
      },
    )
    .get(
      "/:catalog",
      describeRoute({ summary: "Show one of them", tags, scope: "nodes", responses: { 200: shown } }),
      validate("param", z.strictObject({ node: nodeParam, catalog: catalogParam })),
      validate("query", z.strictObject(unredactedQuery)),
      async (c) => {
        const { node, catalog } = c.req.valid("param");
        const target = `nodes/${node}/catalogs/${catalog}`;
        const { nodes } = readerFor(c, deps.nodes, c.req.valid("query").unredacted, target);
        const found = await nodes.catalogById(node, catalog, runOptions(c));
        if (!found) throw new AppError("not_found", `There is no catalog "${catalog}" of a node "${node}"`);
        return exactAnswer<Shown>(c, found);
      },
    );
};
