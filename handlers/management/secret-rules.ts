import { Hono } from "hono";
import { z } from "zod";
import type { SecretRule } from "../core/redaction/secret-rules.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";

/** What this API needs of the registry of known secrets. */
export type SecretRules = {
  list(): Promise<readonly SecretRule[]>;
  /** Throws AppError `invalid` or `conflict`. */
  add(rule: z.infer<typeof given>, by: string): Promise<SecretRule>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
};

const place = z.string().min(1).max(1000);
const given = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("fact"),
    fact: place.meta({ description: "A place in the facts, e.g. `ssh.private_key`; `*` stands for any one name" }),
  }),
  z.strictObject({
    kind: z.literal("parameter"),
    type: place.meta({ description: "A resource type, e.g. `Mysql_user`; `*`: any" }),
    parameter: place.meta({ description: "A parameter of it, e.g. `password_hash`" }),
  }),
]);
const rule = z.object({
  id: z.string(),
  kind: z.enum(["fact", "parameter"]),
  fact: z.string().optional(),
  type: z.string().optional(),
  parameter: z.string().optional(),
  created_at: z.iso.datetime(),
  created_by: z.string(),
});
const tags = ["nodes"];

/** `/api/v1/nodes_secrets_rules`: what is hidden by its place, whatever its value. */
export const secretRulesApi = ({ rules }: { readonly rules: SecretRules }) =>
  new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "List the rules by which values are hidden",
        description: "Private keys in PEM and JWTs are hidden without a rule.",
        tags,
        responses: { 200: z.object({ result: z.array(rule) }) },
      }),
      requires("NODES:SECRETS_REDACTOR::GET"),
      async (c) => c.json({ result: (await rules.list()).map(show) }),
    )
    .post(
      "/",
      describeRoute({
        summary: "Hide what stands at a place, also in what is stored already",
        tags,
        responses: { 201: rule },
        problems: [409],
      }),
      requires("NODES:SECRETS_REDACTOR::CREATE"),
      validate("json", given),
      async (c) => {
        const made = await rules.add(c.req.valid("json"), c.var.user.id);
        noteChange(c, { target: `nodes_secrets_rules/${made.id}`, after: show(made) });
        return c.json(show(made), 201);
      },
    )
    .delete(
      "/:rule",
      describeRoute({ summary: "Remove a rule: what it hid is shown again", tags, responses: { 200: z.object({}) } }),
      requires("NODES:SECRETS_REDACTOR::DELETE"),
      validate("param", z.strictObject({ rule: z.string().min(1).max(100) })),
      async (c) => {
        const { rule: id } = c.req.valid("param");
        if (!await rules.remove(id)) throw new AppError("not_found", `There is no rule with the id "${id}"`);
        return c.json({});
      },
    );

const show = (each: SecretRule): z.infer<typeof rule> => ({ ...each });
