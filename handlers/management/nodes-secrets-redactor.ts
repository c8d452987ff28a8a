import { Hono } from "hono";
import { z } from "zod";
import type { Condition } from "../core/query/plan.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { directionOf, envelope, envelopeOf, offsetOf, paging, pattern, pick } from "../http/paging.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import type { Document, Documents } from "../interfaces/documents.ts";
import { eachOf, outcomesSchema } from "./each-of.ts";

/** What this API needs of the registry of known secrets. */
export type KnownSecrets = {
  /**
   * Throws AppError `invalid` with the reason why a value can't be hidden, and `conflict` when it is known already; the
   * value is in neither.
   */
  add(value: string, by: string): Promise<{ readonly id: string; readonly created_at: string }>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
};

const secret = z.object({
  id: z.string().meta({ description: "Random: tells nothing about the value" }),
  created_at: z.iso.datetime(),
  created_by: z.string(),
});
type Secret = z.infer<typeof secret>;

const names = ["id", "created_at", "created_by"] as const;
const listQuery = z.strictObject({
  ...paging({ fields: names, sort: names }),
  secret_id: pattern().optional().meta({ description: "A regular expression that the id matches" }),
  created_by: z.string().max(256).optional().meta({ description: "The id of a user" }),
});
const tags = ["nodes_secrets_redactor"];

const value = z.string().max(65_536, "expected at most 65536 characters");

/** `/api/v1/nodes_secrets_redactor`: the values that are hidden everywhere. They go in; they never come out. */
export const secretsRedactorApi = (deps: { readonly secrets: KnownSecrets; readonly documents: Documents }) => {
  const { secrets, documents } = deps;
  return new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "List the known secrets, without their values",
        tags,
        responses: { 200: envelopeOf(secret.partial()) },
      }),
      requires("NODES:SECRETS_REDACTOR::GET"),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const where = conditionOf(query);
        const found = await documents.find<Document & Secret>("redactor_secrets", {
          ...where,
          order: [{ field: query.sort ?? "created_at", direction: directionOf(query) }, { field: "id" }],
          limit: query.limit,
          offset: offsetOf(query),
        });
        const shown = found.map(({ id, created_at, created_by }) => pick({ id, created_at, created_by }, query.fields));
        return c.json(envelope(shown, await documents.count("redactor_secrets", where.where)));
      },
    )
    .post(
      "/",
      describeRoute({
        summary: "Hide a value everywhere, also in what is stored already",
        description: "Refused are values shorter than 6 characters and those equal to a name of our own. The value " +
          "can't be read back.",
        tags,
        responses: { 201: secret.pick({ id: true, created_at: true }) },
        problems: [409],
      }),
      requires("NODES:SECRETS_REDACTOR::CREATE"),
      validate("json", z.strictObject({ value })),
      async (c) => {
        const { id, created_at } = await secrets.add(c.req.valid("json").value, c.var.user.id);
        noteChange(c, { target: `nodes_secrets_redactor/${id}`, after: { id } });
        return c.json({ id, created_at }, 201);
      },
    )
    .post(
      "/_bulk",
      describeRoute({
        summary: "Hide many values",
        description:
          "Each is judged by itself: `name` is its place in the list, `done` and `detail` say what came of it.",
        tags,
        responses: { 200: outcomesSchema },
      }),
      requires("NODES:SECRETS_REDACTOR::CREATE"),
      validate("json", z.strictObject({ values: z.array(value).min(1).max(100, "expected at most 100") })),
      async (c) => {
        const { values } = c.req.valid("json");
        const places = values.map((_, at) => String(at));
        const answer = await eachOf(places, (at) => secrets.add(values[Number(at)]!, c.var.user.id));
        noteChange(c, { after: answer });
        return c.json(answer);
      },
    )
    .delete(
      "/:secret",
      describeRoute({ summary: "Forget a secret: its value is shown again", tags, responses: { 200: z.object({}) } }),
      requires("NODES:SECRETS_REDACTOR::DELETE"),
      validate("param", z.strictObject({ secret: z.string().min(1).max(100) })),
      async (c) => {
        const { secret: id } = c.req.valid("param");
        if (!await secrets.remove(id)) throw new AppError("not_found", `There is no secret with the id "${id}"`);
        return c.json({});
      },
    );
};

const conditionOf = (query: z.output<typeof listQuery>): { where?: Condition } => {
  const of: Condition[] = [];
  if (query.secret_id !== undefined) of.push({ op: "matches", left: { field: "id" }, pattern: query.secret_id });
  if (query.created_by !== undefined) of.push({ op: "=", left: { field: "created_by" }, right: query.created_by });
  return of.length === 0 ? {} : { where: { op: "and", of } };
};
