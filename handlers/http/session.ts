import type { Context, MiddlewareHandler } from "hono";
import type { Credentials } from "../core/access/credentials.ts";
import type { Session, Sessions } from "../core/access/sessions.ts";
import type { User } from "../core/access/users.ts";
import type { Known, Viewers } from "../core/access/viewers.ts";
import { AppError } from "../errors.ts";
import type { PortEnv } from "./env.ts";
import type { SessionCookie } from "./session-cookie.ts";
import { givenCredential } from "./given-credential.ts";

export type SessionEnv = PortEnv & {
  Variables: {
    user: User;
    /** What the user may do and see, with this login. */
    viewer: Known;
    via: "session" | "credential";
    /** Missing where an API credential was sent. */
    session?: Session;
    /** Of an API credential that is limited to some permissions. */
    scoped?: boolean;
  };
};

export type LoginDeps = {
  readonly sessions: Pick<Sessions, "find">;
  readonly credentials: Pick<Credentials, "find">;
  readonly viewers: Pick<Viewers, "of">;
  /** Counts credentials that are wrong; throws AppError `too_many_requests` when there were too many. */
  readonly onWrongCredential: (address: string) => Promise<void>;
  readonly cookie: SessionCookie;
};

/**
 * Lets pass who is logged in, by a session's cookie or an API credential, as `c.var.user` and `c.var.viewer`. Others get
 * AppError `unauthenticated` (401); a browser that asks for a page is sent to `redirectTo` instead, if given, with the
 * page it wanted as `?next=`.
 */
export const requireSession = (
  deps: LoginDeps & { readonly redirectTo?: string },
): MiddlewareHandler<SessionEnv> =>
async (c, next) => {
  const given = givenCredential(c);
  if (given) {
    const { remoteAddress } = c.env;
    const found = await deps.credentials.find(given.secret, given.id, remoteAddress);
    if (!found) {
      await deps.onWrongCredential(remoteAddress);
      throw new AppError("unauthenticated", "The API credential is unknown, wrong or has expired");
    }
    const scope = found.credential.permissions ?? undefined;
    c.set("user", found.user);
    c.set("viewer", await deps.viewers.of(found.user, scope));
    c.set("via", "credential");
    c.set("scoped", scope !== undefined);
    return await next();
  }
  const token = deps.cookie.read(c);
  const found = token === undefined ? undefined : await deps.sessions.find(token);
  if (found) {
    c.set("user", found.user);
    c.set("session", found.session);
    c.set("viewer", await deps.viewers.of(found.user));
    c.set("via", "session");
    return await next();
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
