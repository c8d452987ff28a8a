import { type Context, Hono } from "hono";
import { z } from "zod";
import { catalogDiffs } from "../core/nodes/catalog-diff.ts";
import { defaultOutdatedAfter } from "../core/nodes/node-status.ts";
import type { NodesDeps } from "../core/nodes/nodes-deps.ts";
import { reportDiffs } from "../core/nodes/report-diff.ts";
import { AppError } from "../errors.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { catalogCountsSchema, exactAnswer, nodeParam, runOptions, time } from "./node-answers.ts";

const name = { type: z.string(), title: z.string() };
const value = () => z.unknown().meta({ description: "Missing where there is none; secrets are replaced" });
const difference = z.object({ from: value(), to: value() }).partial();
const catalog = z.object({
  id: z.string(),
  created: time(),
  current: z.boolean(),
  environment: z.string().nullable(),
  version: z.string().nullable(),
  code_id: z.string().nullable(),
  transaction_uuid: z.string().nullable(),
  producer: z.string().nullable(),
  catalog: catalogCountsSchema,
});
const count = z.number().int().min(0);
const catalogDiff = z.object({
  a: catalog,
  b: catalog,
  source: z.enum(["agent", "puppetdb"]).meta({
    description:
      "What was compared: both whole catalogs as the agent got them, or, where one of them never passed port " +
      "8001, what PuppetDB was told of both",
  }),
  added: z.array(z.object(name)),
  removed: z.array(z.object(name)),
  changed: z.array(z.object({
    ...name,
    exported: difference.optional(),
    tags: z.object({ added: z.array(z.string()), removed: z.array(z.string()) }).optional(),
    parameters: z.record(z.string(), difference),
  })),
  edges: z.object({ added: count, removed: count }),
});
type CatalogDiff = z.infer<typeof catalogDiff>;

const report = z.object({
  id: z.string(),
  created: time(),
  environment: z.string().nullable(),
  status: z.string().nullable(),
  noop: z.boolean().nullable(),
  catalog_uuid: z.string().nullable(),
});
const run = z.object({
  outcome: z.enum(["failed", "skipped", "changed", "noop", "audit", "unchanged"]),
  corrective_change: z.boolean(),
  events: z.array(z.unknown()).meta({ description: "The resource's events without their times; secrets are replaced" }),
});
const reportDiff = z.object({
  a: report,
  b: report,
  added: z.array(run.extend(name)).meta({ description: "Resources that only report `b` names" }),
  removed: z.array(run.extend(name)),
  changed: z.array(z.object({ ...name, from: run, to: run })),
});
type ReportDiff = z.infer<typeof reportDiff>;

const catalogId = z.string().regex(/^[\w.:-]{1,200}$/, "expected the id of a catalog");
const reportId = z.string().regex(/^([0-9a-f]{40}|latest)$/, 'expected the hash of a report, or "latest"');
const tags = ["nodes"];

export type NodeDiffsDeps = Omit<NodesDeps, "outdatedAfter" | "scope">;

/** `/api/v1/nodes/{node}/catalogs/{a}/diff/{b}` */
export const catalogDiffApi = (deps: NodeDiffsDeps) =>
  new Hono<SessionEnv>().get(
    "/:catalog/diff/:other",
    describeRoute({
      summary: "Show what differs between two catalogs of a node",
      description:
        "From the first one to the second. What is shown is compared: a secret that changed is no difference.",
      tags,
      scope: "nodes",
      responses: { 200: catalogDiff },
    }),
    validate("param", z.strictObject({ node: nodeParam, catalog: catalogId, other: catalogId })),
    async (c) => {
      const { node, catalog, other } = c.req.valid("param");
      const found = await catalogDiffs(seenIn(c, deps)).catalogDiff(node, catalog, other, runOptions(c));
      if (typeof found === "string") throw missing("catalog", found, node);
      return exactAnswer<CatalogDiff>(c, found);
    },
  );

/** `/api/v1/nodes/{node}/reports/{a}/diff/{b}` */
export const reportDiffApi = (deps: NodeDiffsDeps) =>
  new Hono<SessionEnv>().get(
    "/:report/diff/:other",
    describeRoute({
      summary: "Show what differs between two runs of a node",
      description: "From the first one to the second; `latest` names the last one. What is shown is compared.",
      tags,
      scope: "nodes",
      responses: { 200: reportDiff },
    }),
    validate("param", z.strictObject({ node: nodeParam, report: reportId, other: reportId })),
    async (c) => {
      const { node, report, other } = c.req.valid("param");
      const found = await reportDiffs(seenIn(c, deps)).reportDiff(node, report, other, runOptions(c));
      if (typeof found === "string") throw missing("report", found, node);
      return exactAnswer<ReportDiff>(c, found);
    },
  );

const seenIn = (c: Context<SessionEnv>, deps: NodeDiffsDeps): NodesDeps => ({
  ...deps,
  outdatedAfter: defaultOutdatedAfter,
  scope: c.var.viewer.nodes,
});

const missing = (what: string, id: string, node: string): AppError =>
  new AppError("not_found", `There is no ${what} "${id}" of a node "${node}"`);
