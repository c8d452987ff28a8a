import { Hono } from "hono";
import { z } from "zod";
import type { Login } from "../core/access/login.ts";
import { longestPassword } from "../core/access/password-rules.ts";
import type { Sessions } from "../core/access/sessions.ts";
import { AppError } from "../errors.ts";
import { envelope, envelopeOf, offsetOf, paging } from "../http/paging.ts";
import type { SessionEnv } from "../http/session.ts";
import type { SessionCookie } from "../http/session-cookie.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { timestamp } from "../interfaces/clock.ts";

const { page, limit } = paging({ fields: ["id"], sort: ["id"] });
const session = z.object({
  id: z.string(),
  created_at: z.iso.datetime(),
  seen_at: z.iso.datetime().meta({ description: "Up to a minute late" }),
  expires_at: z.iso.datetime().meta({ description: "When it ends unless it is used before" }),
  address: z.string().meta({ description: "From where the login came" }),
  current: z.boolean().meta({ description: "Whether this very request came in it" }),
});
const password = z.string().min(1, "it is empty").max(
  longestPassword,
  `expected at most ${longestPassword} characters`,
);
const tags = ["users"];

/** `/api/v1/users/_self`: one's own password and logins. */
export const ownAccountApi = (deps: {
  readonly login: Pick<Login, "changePassword">;
  readonly sessions: Pick<Sessions, "list" | "count" | "end">;
  readonly cookie: SessionCookie;
}) => {
  const { login, sessions, cookie } = deps;
  return new Hono<SessionEnv>()
    .put(
      "/password",
      describeRoute({
        summary: "Change one's own password",
        description: "At least 12 characters. All other sessions of the user end; this one goes on under a new cookie.",
        tags,
        responses: { 200: z.object({}) },
        problems: [412, 429],
      }),
      validate("json", z.strictObject({ old: password, new: password })),
      async (c) => {
        const given = c.req.valid("json");
        const user = c.var.user.id;
        const { token } = await login.changePassword({ user, ...given, address: c.env.remoteAddress });
        cookie.set(c, token);
        return c.json({});
      },
    )
    .get(
      "/sessions",
      describeRoute({ summary: "List one's own logins", tags, responses: { 200: envelopeOf(session) } }),
      validate("query", z.strictObject({ page, limit })),
      async (c) => {
        const query = c.req.valid("query");
        const user = c.var.user.id;
        const found = await sessions.list(user, { limit: query.limit, offset: offsetOf(query) });
        const shown = found.map((each) => ({
          id: each.id,
          created_at: timestamp(each.created_at),
          seen_at: timestamp(each.seen_at),
          expires_at: timestamp(each.expires_at),
          address: each.address,
          current: each.id === c.var.session.id,
        }));
        return c.json(envelope(shown, await sessions.count(user)));
      },
    )
    .delete(
      "/sessions/:session",
      describeRoute({ summary: "End one of one's own logins", tags, responses: { 200: z.object({}) } }),
      validate("param", z.strictObject({ session: z.string().min(1).max(100) })),
      async (c) => {
        const { session: id } = c.req.valid("param");
        if (!await sessions.end(c.var.user.id, id)) throw new AppError("not_found", `There is no session "${id}"`);
        return c.json({});
      },
    );
};
