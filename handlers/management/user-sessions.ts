import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Login } from "../core/access/login.ts";
import { longestPassword } from "../core/access/password-rules.ts";
import type { Sessions } from "../core/access/sessions.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { envelope, envelopeOf, offsetOf, paging } from "../http/paging.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import type { SessionCookie } from "../http/session-cookie.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { timestamp } from "../interfaces/clock.ts";
import { userOf, userParam } from "./self.ts";

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

/** `/api/v1/users/_self/password` and `/api/v1/users/{user}/sessions`: one's own password, and logins. */
export const userSessionsApi = (deps: {
  readonly login: Pick<Login, "changePassword">;
  readonly sessions: Pick<Sessions, "list" | "count" | "end" | "endAll">;
  readonly cookie: SessionCookie;
}) => {
  const { login, sessions, cookie } = deps;
  return new Hono<SessionEnv>()
    .put(
      "/_self/password",
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
        assertOwnLogin(c);
        const user = c.var.user.id;
        const { token } = await login.changePassword({ user, ...given, address: c.env.remoteAddress });
        if (c.var.session) cookie.set(c, token);
        noteChange(c, { target: `users/${user}`, after: { password_changed: true } });
        return c.json({});
      },
    )
    .get(
      "/:user/sessions",
      describeRoute({ summary: "List a user's logins", tags, responses: { 200: envelopeOf(session) } }),
      requires("USERS:SESSIONS::GET", { unlessSelf: "user" }),
      validate("param", z.strictObject({ user: userParam })),
      validate("query", z.strictObject({ page, limit })),
      async (c) => {
        const query = c.req.valid("query");
        const user = userOf(c, c.req.valid("param").user);
        const found = await sessions.list(user, { limit: query.limit, offset: offsetOf(query) });
        const shown = found.map((each) => ({
          id: each.id,
          created_at: timestamp(each.created_at),
          seen_at: timestamp(each.seen_at),
          expires_at: timestamp(each.expires_at),
          address: each.address,
          current: each.id === c.var.session?.id,
        }));
        return c.json(envelope(shown, await sessions.count(user)));
      },
    )
    .delete(
      "/:user/sessions",
      describeRoute({ summary: "End all of a user's logins", tags, responses: { 200: z.object({}) } }),
      requires("USERS:SESSIONS::DELETE", { unlessSelf: "user" }),
      validate("param", z.strictObject({ user: userParam })),
      async (c) => {
        const user = userOf(c, c.req.valid("param").user);
        const ended = await sessions.endAll(user);
        noteChange(c, { target: `users/${user}/sessions`, after: { ended } });
        return c.json({});
      },
    )
    .delete(
      "/:user/sessions/:session",
      describeRoute({ summary: "End one of a user's logins", tags, responses: { 200: z.object({}) } }),
      requires("USERS:SESSIONS::DELETE", { unlessSelf: "user" }),
      validate("param", z.strictObject({ user: userParam, session: z.string().min(1).max(100) })),
      async (c) => {
        const { user, session: id } = c.req.valid("param");
        if (!await sessions.end(userOf(c, user), id)) throw new AppError("not_found", `There is no session "${id}"`);
        return c.json({});
      },
    );
};

/** A credential that is limited must not become a login that is not. */
const assertOwnLogin = (c: Context<SessionEnv>): void => {
  if (c.var.scoped) {
    throw new AppError("forbidden", "An API credential that is limited to some permissions cannot do this");
  }
};
