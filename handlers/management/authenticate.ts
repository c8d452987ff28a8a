import { Hono } from "hono";
import { z } from "zod";
import type { Login } from "../core/access/login.ts";
import { longestPassword } from "../core/access/password-rules.ts";
import type { Sessions } from "../core/access/sessions.ts";
import type { Users } from "../core/access/users.ts";
import { noteChange } from "../http/audited.ts";
import { type LoginDeps, requireSession, type SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";

const credentials = z.strictObject({
  user: z.string().min(1, "it is empty").max(256, "expected at most 256 characters"),
  password: z.string().min(1, "it is empty").max(longestPassword, `expected at most ${longestPassword} characters`),
});
const who = z.object({ user: z.string().meta({ description: "The user's id" }) });
const tags = ["authenticate"];

/** `/api/v1/authenticate`: log in, ask who one is, log out. */
export const authenticateApi = (
  deps: Omit<LoginDeps, "sessions"> & {
    readonly login: Pick<Login, "logIn">;
    readonly users: Pick<Users, "find">;
    readonly sessions: Pick<Sessions, "find" | "end">;
  },
) => {
  const { login, sessions, cookie } = deps;
  const endPresent = async (token: string | undefined): Promise<string | undefined> => {
    const found = token === undefined ? undefined : await sessions.find(token);
    if (found) await sessions.end(found.user.id, found.session.id);
    return found?.user.id;
  };
  return new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({ summary: "Tell who is logged in", tags, responses: { 200: who } }),
      requireSession(deps),
      (c) => c.json({ user: c.var.user.id }),
    )
    .post(
      "/",
      describeRoute({
        summary: "Log in",
        description: "Sets the session cookie. After five wrong passwords of a user or an address each further one " +
          "has to wait longer.",
        tags,
        access: "open",
        responses: { 201: who },
        problems: [401, 429],
      }),
      validate("json", credentials),
      async (c) => {
        const given = c.req.valid("json");
        // of a failed login the audit log has the name only if it is one: people type passwords there
        noteChange(c, { target: "authenticate", actor: (await deps.users.find(given.user))?.id });
        const { user, token } = await login.logIn({ ...given, address: c.env.remoteAddress });
        await endPresent(cookie.read(c));
        cookie.set(c, token);
        return c.json({ user: user.id }, 201);
      },
    )
    .delete(
      "/",
      describeRoute({
        summary: "Log out",
        description: "Ends the session in the store too. Not being logged in is no error.",
        tags,
        access: "open",
        responses: { 200: z.object({}) },
      }),
      async (c) => {
        const actor = await endPresent(cookie.read(c));
        if (actor !== undefined) noteChange(c, { target: "authenticate", actor });
        cookie.clear(c);
        return c.json({});
      },
    );
};
