import { Hono } from "hono";
import { z } from "zod";
import { type ExportedPlace, exportedResources } from "../core/nodes/exported-resources.ts";
import { factFilter } from "../core/nodes/fact-filter.ts";
import type { NodesDeps } from "../core/nodes/nodes-deps.ts";
import { AppError } from "../errors.ts";
import { readCursor, writeCursor } from "../http/cursor.ts";
import {
  cursor,
  directionOf,
  envelope,
  envelopeOf,
  offsetOf,
  paging,
  pick,
  repeatable,
  trueOrFalse,
} from "../http/paging.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { exactAnswer, runOptions } from "./node-answers.ts";

const names = ["node_id", "type", "title", "exported", "tags", "parameters", "file", "line"] as const;
const row = z.object({
  node_id: z.string().meta({ description: "The node that exports it" }),
  type: z.string(),
  title: z.string(),
  exported: z.literal(true),
  tags: z.array(z.string()),
  parameters: z.record(z.string(), z.unknown()).meta({ description: "Secrets are replaced" }),
  file: z.string().nullable(),
  line: z.number().nullable(),
});
const schema = envelopeOf(row.partial());
const text = z.string().min(1).max(10_000);

const listQuery = z.strictObject({
  ...paging({ fields: names, sort: ["type", "title", "node_id"] }),
  cursor: cursor(),
  resource_type: z.string().regex(/^[A-Za-z][A-Za-z0-9_]*(::[A-Za-z][A-Za-z0-9_]*)*$/, "expected a resource type").max(
    255,
  )
    .meta({ description: "In any case, e.g. `nagios_host`" }),
  resource_title: text.optional(),
  resource_tags: repeatable(text).optional().meta({ description: "Tags, all of which it must have" }),
  environment: z.string().max(255).optional().meta({ description: "Of nodes of this environment" }),
  disabled: trueOrFalse().optional().meta({ description: "Of nodes that are disabled, or of those that are not" }),
  fact: repeatable(text).optional().meta({
    description: "Of nodes with these facts: `<fact>:<op>:<type>:<value>`, all of which must hold",
  }),
});

export type ExportedResourcesDeps = Pick<NodesDeps, "estate" | "redactor">;

/** `/api/v1/nodes/_exported_resources`: what nodes export for others, of the nodes that one's teams see. */
export const exportedResourcesApi = (deps: ExportedResourcesDeps) =>
  new Hono<SessionEnv>().get(
    "/",
    describeRoute({
      summary: "List the exported resources of a type",
      description:
        "From the present catalogs. Titles and tags are compared and sorted as they are shown, secrets replaced.",
      tags: ["nodes"],
      scope: "nodes",
      responses: { 200: schema },
    }),
    validate("query", listQuery),
    async (c) => {
      const query = c.req.valid("query");
      // all have one type
      const sort = query.sort === "node_id" ? "node_id" : "title";
      const direction = directionOf(query);
      const key = `${sort} ${direction}`;
      const found = await exportedResources({ ...deps, scope: c.var.viewer.nodes }).exportedResources({
        type: query.resource_type,
        title: query.resource_title,
        tags: query.resource_tags,
        nodes: {
          environment: query.environment === undefined ? undefined : { is: query.environment },
          disabled: query.disabled,
          facts: query.fact?.map(factFilter),
        },
        sort,
        direction,
        limit: query.limit,
        offset: offsetOf(query),
        after: query.cursor === undefined ? undefined : placeOf(query.cursor, key),
      }, runOptions(c));
      return exactAnswer<z.infer<typeof schema>>(
        c,
        envelope(
          found.resources.map((each) => pick(each, query.fields)),
          found.size,
          found.next ? writeCursor(key, found.next) : null,
        ),
      );
    },
  );

const placeOf = (text: string, key: string): ExportedPlace => {
  const [first, second, equal] = readCursor(text, key, 3);
  if (typeof first === "string" && typeof second === "string" && typeof equal === "number") {
    if (Number.isInteger(equal) && equal >= 0 && equal <= 1_000_000) return [first, second, equal];
  }
  throw new AppError("bad_request", 'The "cursor" is none of this list', { field: "cursor" });
};
