import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";

export type SessionCookie = {
  /** The token that the browser sent. */
  read(c: Context): string | undefined;
  set(c: Context, token: string): void;
  clear(c: Context): void;
  /** Whether people reach us over TLS, ours or that of a proxy in front. */
  secure(c: Context): boolean;
};

const plainName = "hoppetdb";
const secureName = "__Host-hoppetdb";

/** Whether a request carries a session cookie of either name. */
export const carriesSessionCookie = (c: Context): boolean => {
  const cookies = getCookie(c);
  return plainName in cookies || secureName in cookies;
};

/**
 * The session cookie: `__Host-hoppetdb` behind TLS, `hoppetdb` without. HttpOnly; SameSite=Lax, so that a link from a
 * chat opens with one's login (what changes something is guarded by `sameOrigin` besides); no Max-Age, so that it goes
 * with the browser, while the server ends the session by its own clock. Behind TLS the plain name is not read: any
 * host of the domain, or a man in the middle, could have planted it.
 */
export const createSessionCookie = (deps: { readonly publicUrl: string }): SessionCookie => {
  const publicTls = deps.publicUrl.startsWith("https:");
  const secure = (c: Context) => publicTls || c.env?.secure === true;
  const name = (c: Context) => secure(c) ? secureName : plainName;
  const attributes = (c: Context) => ({ path: "/", httpOnly: true, sameSite: "Lax", secure: secure(c) }) as const;
  return {
    secure,
    read: (c) => getCookie(c, name(c)),
    set: (c, token) => setCookie(c, name(c), token, attributes(c)),
    clear: (c) => void deleteCookie(c, name(c), attributes(c)),
  };
};
