import type { Context, MiddlewareHandler } from "hono";
import { AppError } from "../errors.ts";
import type { Session, Sessions } from "../core/access/sessions.ts";
import type { User } from "../core/access/users.ts";
import type { PortEnv } from "./env.ts";
import type { SessionCookie } from "./session-cookie.ts";

export type SessionEnv = PortEnv & { Variables: { user: User; session: Session } };

/**
 * Lets only logged-in people pass, as `c.var.user` and `c.var.session`. Others get AppError `unauthenticated` (401); a
 * browser that asks for a page is sent to `redirectTo` instead, if given, with the page it wanted as `?next=`.
 */
export const requireSession = (deps: {
  readonly sessions: Pick<Sessions, "find">;
  readonly cookie: SessionCookie;
  readonly redirectTo?: string;
}): MiddlewareHandler<SessionEnv> =>
async (c, next) => {
  const token = deps.cookie.read(c);
  const found = token === undefined ? undefined : await deps.sessions.find(token);
  if (found) {
    c.set("user", found.user);
    c.set("session", found.session);
    await next();
    return;
  }
  if (deps.redirectTo !== undefined && wantsPage(c)) {
    const url = new URL(c.req.url);
    const wanted = c.req.method === "GET" ? `?next=${encodeURIComponent(url.pathname + url.search)}` : "";
    return c.redirect(deps.redirectTo + wanted, 303);
  }
  throw new AppError("unauthenticated", token === undefined ? "Log in first" : "The session has ended; log in again");
};

/** Whether the client is a browser that shows a page. */
export const wantsPage = (c: Context): boolean => /\btext\/html\b/.test(c.req.header("Accept") ?? "");

/**
 * Where to go after the login: a path of our own, never another site. `next` is what stood in the address, so anyone may
 * have written it.
 */
export const safeNext = (next: string | undefined, otherwise = "/"): string => {
  if (next === undefined || !/^\/(?![/\\])[\x21-\x7e]*$/.test(next) || next.includes("\\")) return otherwise;
  return next;
};
