import { Hono } from "hono";
import { z } from "zod";
import type { EnrolmentToken } from "../../core/ca/records.ts";
import type { Tokens } from "../../core/ca/types.ts";
import { AppError } from "../../errors.ts";
import { envelope, envelopeOf, offsetOf, paging } from "../../http/paging.ts";
import { requires } from "../../http/requires.ts";
import type { SessionEnv } from "../../http/session.ts";
import { describeRoute, validate } from "../../http/validate.ts";
import { timestamp } from "../../interfaces/clock.ts";
import { actorOf } from "./answers.ts";
import { shownTime } from "./shapes.ts";

const token = z.object({
  id: z.string().meta({ description: "The SHA-256 of the token" }),
  certname: z.string().meta({ description: "The certname that it enrols, or a glob" }),
  created_at: z.iso.datetime(),
  created_by: z.string(),
  expires_at: z.iso.datetime(),
  used_at: z.iso.datetime().nullable(),
  used_by: z.string().nullable().meta({ description: "The certname that it enrolled" }),
});
const { page, limit } = paging({ fields: ["id"], sort: ["created_at"] });
const tags = ["ca"];

/** `/api/v1/ca/tokens`: one-time enrolment tokens, which a node sends as challengePassword of its request. */
export const tokensApi = ({ tokens }: { readonly tokens: Tokens }) =>
  new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "List the enrolment tokens, newest first, without what they are",
        tags,
        responses: { 200: envelopeOf(token) },
        problems: [403],
      }),
      requires("CA:TOKENS::GET"),
      validate("query", z.strictObject({ page, limit })),
      async (c) => {
        const query = c.req.valid("query");
        const found = await tokens.list({ limit: query.limit, offset: offsetOf(query) });
        return c.json(envelope(found.map(show), await tokens.count()));
      },
    )
    .post(
      "/",
      describeRoute({
        summary: "Make an enrolment token",
        description: "It is shown this once.",
        tags,
        responses: { 201: token.extend({ token: z.string() }) },
        problems: [403],
      }),
      requires("CA:TOKENS::CREATE"),
      validate(
        "json",
        z.strictObject({
          certname: z.string().max(255),
          ttl: z.number().int().default(3600).meta({ description: "Seconds" }),
        }),
      ),
      async (c) => {
        const made = await tokens.create({ ...c.req.valid("json"), by: actorOf(c) });
        return c.json({ ...show(made.record), token: made.token }, 201);
      },
    )
    .delete(
      "/:token",
      describeRoute({
        summary: "Withdraw an enrolment token",
        tags,
        responses: { 200: z.object({}) },
        problems: [403],
      }),
      requires("CA:TOKENS::DELETE"),
      validate("param", z.strictObject({ token: z.string().regex(/^[0-9a-zA-Z_-]{1,100}$/) })),
      async (c) => {
        const { token: id } = c.req.valid("param");
        if (!await tokens.remove(id)) throw new AppError("not_found", `There is no enrolment token "${id}"`);
        return c.json({});
      },
    );

const show = ({ id, certname, created_at, created_by, expires_at, used_at, used_by }: EnrolmentToken) => ({
  id,
  certname,
  created_at: timestamp(created_at),
  created_by,
  expires_at: timestamp(expires_at),
  used_at: shownTime(used_at),
  used_by,
});
