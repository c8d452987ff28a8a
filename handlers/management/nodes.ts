import { Hono } from "hono";
import { z } from "zod";
import { factFilter } from "../core/nodes/fact-filter.ts";
import { nodeOrder, type NodeSort, nodeSorts } from "../core/nodes/list-nodes.ts";
import { nodeStatuses } from "../core/nodes/node-status.ts";
import type { NodeViews } from "../core/nodes/nodes.ts";
import { shownText } from "../core/nodes/shown-json.ts";
import { readCursor, writeCursor } from "../http/cursor.ts";
import { setEtag } from "../http/etag.ts";
import type { AsOf, KeptAnswers } from "../http/kept-answers.ts";
import { cursor, directionOf, offsetOf, paging, pattern, repeatable, trueOrFalse } from "../http/paging.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { timestamp } from "../interfaces/clock.ts";
import type { Estate } from "../interfaces/estate.ts";
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
import { readerFor, unredactedQuery } from "./unredacted.ts";

const listed = z.object({
  id: z.string().meta({ description: "The certname" }),
  environment: z.string().nullable().meta({ description: "That of the last run" }),
  disabled: z.boolean().meta({ description: "By a person, or deactivated or expired: nobody waits for its reports" }),
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
  facts_inject: z.unknown().meta({ description: "Facts that are added when its catalog is compiled" }),
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
const nodeFields = [
  ...listFields,
  "facts",
  "facts_inject",
  "report.logs",
  "report.metrics",
  "report.resources",
] as const;
const sorts = Object.keys(nodeSorts) as [NodeSort, ...NodeSort[]];

const threshold = z.iso.datetime({ offset: true, error: "expected a time with its zone, e.g. 2026-01-31T12:00:00Z" })
  .transform((text) => timestamp(new Date(text).getTime())).pipe(z.string()).optional()
  .meta({ description: "A node silent since before that is `outdated`; default: two hours ago" });
const listQuery = z.strictObject({
  ...paging({ fields: listFields, sort: sorts }),
  cursor: cursor(),
  node_id: pattern().optional().meta({ description: "A regular expression that the certname matches" }),
  environment: pattern().optional().meta({ description: "A regular expression that the environment matches" }),
  disabled: trueOrFalse().optional(),
  report_status: pattern().optional().meta({
    description: "A regular expression that `report_status_computed` matches",
  }),
  fact: repeatable(z.string().min(1).max(2_000)).optional().meta({
    description:
      "`<fact>:<op>:<type>:<value>`, all of which must hold: op eq, ne, gt, gte, lt, lte, in, nin or regex, " +
      "type str, int, float or bool, e.g. `os.family:eq:str:Debian`",
  }),
  outdated_threshold: threshold,
});
const { fields } = paging({ fields: nodeFields, sort: sorts });
const oneQuery = z.strictObject({ fields, outdated_threshold: threshold, ...unredactedQuery });
const count = z.number().int().min(0);
const listSchema = z.object({
  result: z.array(listed.partial()),
  meta: z.object({
    result_size: count,
    next: z.string().nullable().meta({ description: "The `cursor` of the next page; null at the end" }),
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

/** `GET /api/v1/nodes` and `/api/v1/nodes/{node}`: the nodes that one's teams see, redacted. */
export const nodesApi = ({ nodes: views, estate, answers, asOf }: {
  readonly nodes: NodeViews;
  readonly estate: Pick<Estate, "nodeSettings">;
  readonly answers: KeptAnswers;
  /** Another text after each change of what nodes have sent or of what is hidden. */
  readonly asOf: () => AsOf;
}) =>
  new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "List nodes with the state of their last run",
        description: "`meta` counts the nodes of each status that the rest of the filter finds. Facts, logs, metrics " +
          "and resources stand at the single node. A filter on facts sees what is shown, secrets replaced.",
        tags,
        scope: "nodes",
        responses: { 200: listSchema },
      }),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const direction = directionOf(query);
        const key = `${query.sort ?? "id"} ${direction}`;
        const wants = (name: string) =>
          query.fields?.some((field) => field === name || field.startsWith(`${name}.`)) ?? true;
        const { viewer } = c.var;
        const outdatedBefore = views.outdatedBefore(query.outdated_threshold);
        // others may wait for the same: it goes on when this client goes away
        const list = async () => {
          const found = await views.seenBy(viewer).list({
            name: matching(query.node_id),
            environment: matching(query.environment),
            disabled: query.disabled,
            statuses: query.report_status === undefined ? undefined : namesMatching(nodeStatuses, query.report_status),
            facts: query.fact?.map(factFilter),
            outdatedBefore,
            sort: query.sort,
            direction,
            limit: query.limit,
            offset: offsetOf(query),
            after: query.cursor === undefined
              ? undefined
              : readCursor(query.cursor, key, nodeOrder(query.sort, direction).length),
            with: { catalog: wants("catalog"), report: wants("report") },
          });
          const shown = withStatus(query.fields);
          return JSON.stringify({
            result: found.nodes.map((each) => project<Listed>(each, shown)),
            meta: {
              result_size: found.size,
              next: found.last ? writeCursor(key, found.last) : null,
              ...Object.fromEntries(nodeStatuses.map((status) => [`status_${status}`, found.counts[status]])),
            },
          });
        };
        const asked = JSON.stringify([viewer.sight, query, outdatedBefore]);
        return await answers.json<z.infer<typeof listSchema>>(c, asked, asOf(), list);
      },
    )
    .get(
      "/:node",
      describeRoute({
        summary: "Show a node with its facts and its last report",
        tags,
        scope: "nodes",
        responses: { 200: node.partial() },
      }),
      byId,
      validate("query", oneQuery),
      async (c) => {
        const { node: id } = c.req.valid("param");
        const query = c.req.valid("query");
        const { nodes, redactorFor } = readerFor(c, views, query.unredacted, `nodes/${id}`);
        const wants = (name: string) => query.fields?.some((field) => field === name) ?? true;
        const options = runOptions(c);
        const [found, facts, latest, settings] = await Promise.all([
          nodes.find(id, query.outdated_threshold, options),
          wants("facts") ? nodes.facts(id, options) : undefined,
          ["report", "report.logs", "report.metrics", "report.resources"].some(wants)
            ? nodes.report(id, "latest", options)
            : undefined,
          estate.nodeSettings(id),
        ]);
        if (!found || !settings) throw unknownNode(id);
        const redactor = await redactorFor(id);
        const { logs = null, metrics = null, resources = null } = latest?.report ?? {};
        const whole = {
          ...found,
          facts: facts?.facts ?? null,
          facts_inject: shownText(redactor.redact(settings.facts_inject, "json").text),
          report: found.report && { ...found.report, logs, metrics, resources },
        };
        setEtag(c, settings.version);
        return exactAnswer<Partial<Node>>(c, project(whole, withStatus(query.fields)));
      },
    );

const matching = (text: string | undefined) => text === undefined ? undefined : { matches: text };

/** The status is in every answer, as in pyppetdb's. */
const withStatus = (fields: readonly string[] | undefined) => fields && [...fields, "report_status_computed"];
