import { Hono } from "hono";
import { z } from "zod";
import type { NodeSort } from "../core/nodes/list-nodes.ts";
import { nodeSorts } from "../core/nodes/list-nodes.ts";
import { nodeStatuses } from "../core/nodes/node-status.ts";
import { createNodes } from "../core/nodes/nodes.ts";
import { directionOf, offsetOf, paging, pattern, trueOrFalse } from "../http/paging.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { type Clock, timestamp } from "../interfaces/clock.ts";
import type { Estate } from "../interfaces/estate.ts";
import type { Redactor } from "../interfaces/redactor.ts";
import {
  catalogCountsSchema,
  exactAnswer,
  namesMatching,
  nodeParam,
  project,
  runOptions,
  time,
  unknownNode,
} from "./node-answers.ts";
import { nodeCatalogApi, nodeCatalogsApi } from "./node-catalogs.ts";
import { nodeFactsApi } from "./node-facts.ts";
import { nodeReportsApi } from "./node-reports.ts";

const listed = z.object({
  id: z.string().meta({ description: "The certname" }),
  environment: z.string().nullable().meta({ description: "That of the last run" }),
  disabled: z.boolean().meta({ description: "Deactivated or expired" }),
  deactivated: time(),
  expired: time(),
  change_catalog: time(),
  change_facts: time(),
  change_report: time(),
  change_last: time(),
  catalog: catalogCountsSchema.partial().nullable(),
  report: z.object({
    hash: z.string().meta({ description: "Its id under `/nodes/{node}/reports`" }),
    catalog_uuid: z.string().nullable(),
    status: z.string().nullable(),
    noop: z.boolean().nullable(),
    noop_pending: z.boolean().nullable(),
    corrective_change: z.boolean().nullable(),
  }).partial().nullable(),
  report_status_computed: z.enum(nodeStatuses).meta({
    description:
      "`outdated`: an active node's last report is older than `outdated_threshold`. `unreported`: there is none",
  }),
});
const node = listed.extend({
  facts: z.unknown().meta({ description: "Fact name to value; secrets are replaced" }),
  report: listed.shape.report.unwrap().extend({
    logs: z.unknown(),
    metrics: z.unknown(),
    resources: z.unknown(),
  }).partial().nullable(),
});
type Listed = z.infer<typeof listed>;
type Node = z.infer<typeof node>;

const nested = {
  catalog: ["catalog_uuid", "num_resources", "num_resources_exported"],
  report: ["hash", "catalog_uuid", "status", "noop", "noop_pending", "corrective_change"],
} as const;
const listFields = [
  "id",
  "environment",
  "disabled",
  "deactivated",
  "expired",
  "change_catalog",
  "change_facts",
  "change_report",
  "change_last",
  "catalog",
  ...nested.catalog.map((name) => `catalog.${name}` as const),
  "report",
  ...nested.report.map((name) => `report.${name}` as const),
  "report_status_computed",
] as const;
const nodeFields = [...listFields, "facts", "report.logs", "report.metrics", "report.resources"] as const;
const sorts = Object.keys(nodeSorts) as [NodeSort, ...NodeSort[]];

const threshold = z.iso.datetime({ offset: true, error: "expected a time with its zone, e.g. 2026-01-31T12:00:00Z" })
  .transform((text) => timestamp(new Date(text).getTime())).pipe(z.string()).optional()
  .meta({ description: "A node silent since before that is `outdated`; default: two hours ago" });
const listQuery = z.strictObject({
  ...paging({ fields: listFields, sort: sorts }),
  node_id: pattern().optional().meta({ description: "A regular expression that the certname matches" }),
  environment: pattern().optional().meta({ description: "A regular expression that the environment matches" }),
  disabled: trueOrFalse().optional(),
  report_status: pattern().optional().meta({
    description: "A regular expression that `report_status_computed` matches",
  }),
  outdated_threshold: threshold,
});
const { fields } = paging({ fields: nodeFields, sort: sorts });
const oneQuery = z.strictObject({ fields, outdated_threshold: threshold });
const count = z.number().int().min(0);
const list = z.object({
  result: z.array(listed.partial()),
  meta: z.object({
    result_size: count,
    status_changed: count,
    status_unchanged: count,
    status_failed: count,
    status_unreported: count,
    status_outdated: count,
    status_unknown: count,
  }),
});
const byId = validate("param", z.strictObject({ node: nodeParam }));
const tags = ["nodes"];

/** `/api/v1/nodes`: the nodes, and below each its facts, catalogs and reports, all of it redacted. */
export const nodesApi = (deps: {
  readonly estate: Pick<Estate, "run" | "count" | "wholeCatalog" | "marks" | "deleteNode">;
  readonly redactor: () => Redactor;
  readonly clock: Clock;
}) => {
  const nodes = createNodes(deps);
  return new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "List nodes with the state of their last run",
        description: "`meta` counts the nodes of each status that the rest of the filter finds. Facts, logs, metrics " +
          "and resources stand at the single node.",
        tags,
        responses: { 200: list },
      }),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const found = await nodes.list({
          name: matching(query.node_id),
          environment: matching(query.environment),
          disabled: query.disabled,
          statuses: query.report_status === undefined ? undefined : namesMatching(nodeStatuses, query.report_status),
          outdatedBefore: query.outdated_threshold,
          sort: query.sort,
          direction: directionOf(query),
          limit: query.limit,
          offset: offsetOf(query),
        }, runOptions(c));
        return exactAnswer<z.infer<typeof list>>(c, {
          result: found.nodes.map((each) => project<Listed>(each, withStatus(query.fields))),
          meta: {
            result_size: found.size,
            ...Object.fromEntries(nodeStatuses.map((status) => [`status_${status}`, found.counts[status]])),
          },
        });
      },
    )
    .get(
      "/:node",
      describeRoute({
        summary: "Show a node with its facts and its last report",
        tags,
        responses: { 200: node.partial() },
      }),
      byId,
      validate("query", oneQuery),
      async (c) => {
        const { node: id } = c.req.valid("param");
        const query = c.req.valid("query");
        const wants = (name: string) => query.fields?.some((field) => field === name) ?? true;
        const options = runOptions(c);
        const [found, facts, latest] = await Promise.all([
          nodes.find(id, query.outdated_threshold, options),
          wants("facts") ? nodes.facts(id, options) : undefined,
          ["report", "report.logs", "report.metrics", "report.resources"].some(wants)
            ? nodes.report(id, "latest", options)
            : undefined,
        ]);
        if (!found) throw unknownNode(id);
        const { logs = null, metrics = null, resources = null } = latest?.report ?? {};
        const whole = {
          ...found,
          facts: facts?.facts ?? null,
          report: found.report && { ...found.report, logs, metrics, resources },
        };
        return exactAnswer<Partial<Node>>(c, project(whole, withStatus(query.fields)));
      },
    )
    .delete(
      "/:node",
      describeRoute({
        summary: "Remove a node with its facts, catalogs and reports",
        tags,
        responses: { 200: z.object({}) },
      }),
      byId,
      async (c) => {
        const { node: id } = c.req.valid("param");
        if (!await nodes.remove(id)) throw unknownNode(id);
        return c.json({});
      },
    )
    .route("/:node/facts", nodeFactsApi({ nodes }))
    .route("/:node/catalog", nodeCatalogApi({ nodes }))
    .route("/:node/catalogs", nodeCatalogsApi({ nodes }))
    .route("/:node/reports", nodeReportsApi({ nodes }));
};

const matching = (text: string | undefined) => text === undefined ? undefined : { matches: text };

/** The status is in every answer, as in pyppetdb's. */
const withStatus = (fields: readonly string[] | undefined) => fields && [...fields, "report_status_computed"];
