import { Hono } from "hono";
import { z } from "zod";
import { reportStatuses } from "../core/nodes/node-status.ts";
import type { NodeViews } from "../core/nodes/nodes.ts";
import { AppError } from "../errors.ts";
import { directionOf, envelope, envelopeOf, offsetOf, paging, pattern } from "../http/paging.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { exactAnswer, namesMatching, nodeParam, project, runOptions, time, unknownNode } from "./node-answers.ts";
import { readerFor, unredactedQuery } from "./unredacted.ts";

const run = z.object({
  catalog_uuid: z.string().nullable(),
  status: z.string().nullable(),
  noop: z.boolean().nullable(),
  noop_pending: z.boolean().nullable(),
  corrective_change: z.boolean().nullable(),
  start_time: time(),
  end_time: time(),
  receive_time: time(),
  producer: z.string().nullable(),
  puppet_version: z.string().nullable(),
  report_format: z.number(),
  configuration_version: z.string().nullable(),
  transaction_uuid: z.string().nullable(),
  cached_catalog_status: z.string().nullable(),
  code_id: z.string().nullable(),
  job_id: z.string().nullable(),
});
const listed = z.object({
  id: z.string().meta({ description: "The report's hash" }),
  node_id: z.string(),
  created: time(),
  environment: z.string().nullable(),
  report: run.partial(),
});
const list = (form: string) =>
  z.unknown().meta({ description: `${form}; null once it is no longer kept; secrets are replaced` });
const shown = listed.extend({
  report: run.extend({
    logs: list("`[{file, line, level, message, source, tags, time}]`"),
    metrics: list("`[{category, name, value}]`"),
    resources: list("`[{resource_type, resource_title, skipped, timestamp, …, events}]`"),
  }),
});
type Listed = z.infer<typeof listed>;
type Shown = z.infer<typeof shown>;

const runFields = Object.keys(run.shape).map((name) => `report.${name as keyof typeof run.shape}` as const);
const fields = ["id", "node_id", "created", "environment", "report", ...runFields] as const;
const listQuery = z.strictObject({
  ...paging({ fields, sort: ["id", "created", "report.status"] }),
  sort_order: z.enum(["ascending", "descending"]).default("descending"),
  report_status: pattern().optional().meta({ description: "A regular expression that the status matches" }),
  report_catalog_uuid: z.string().max(200).optional(),
});
const reportParam = z.string().regex(/^([0-9a-f]{40}|latest)$/, 'expected 40 hex digits, or "latest"');
const tags = ["nodes"];

/** `/api/v1/nodes/{node}/reports`: the runs of a node, newest first. */
export const nodeReportsApi = (deps: { readonly nodes: NodeViews }) => {
  return new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "List the reports of a node that are kept",
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
        const { reports, size } = await nodes.reports(node, {
          statuses: query.report_status === undefined ? undefined : namesMatching(reportStatuses, query.report_status),
          catalogUuid: query.report_catalog_uuid,
          sort: query.sort,
          direction: directionOf(query),
          limit: query.limit,
          offset: offsetOf(query),
        }, runOptions(c));
        if (size === 0 && !await nodes.find(node)) throw unknownNode(node);
        return c.json(envelope(reports.map((each) => project<Listed>(each, query.fields)), size));
      },
    )
    .get(
      "/:report",
      describeRoute({
        summary: "Show one of them with its events, logs and metrics",
        description: "`latest` names the last one.",
        tags,
        scope: "nodes",
        responses: { 200: shown },
      }),
      validate("param", z.strictObject({ node: nodeParam, report: reportParam })),
      validate("query", z.strictObject(unredactedQuery)),
      async (c) => {
        const { node, report } = c.req.valid("param");
        const target = `nodes/${node}/reports/${report}`;
        const { nodes } = readerFor(c, deps.nodes, c.req.valid("query").unredacted, target);
        const found = await nodes.report(node, report, runOptions(c));
        if (!found) throw new AppError("not_found", `There is no report "${report}" of a node "${node}"`);
        return exactAnswer<Shown>(c, found);
      },
    );
};
