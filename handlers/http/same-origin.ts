import type { Context, MiddlewareHandler } from "hono";
import { AppError } from "../errors.ts";
import type { PortEnv } from "./env.ts";
import { carriesSessionCookie } from "./session-cookie.ts";

const safeMethods = ["GET", "HEAD", "OPTIONS"];
const loopback = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Guards what changes something, and every upgrade to a WebSocket, against requests that another site makes a browser
 * send (CSRF). A browser says where a request comes from: Origin must be that of HOPPETDB_PUBLIC_URL (or another name of
 * this machine, where that is one too), and Sec-Fetch-Site, where sent, `same-origin` or `none` (the person himself).
 * A request with neither header comes from no present browser: a script. It passes, unless it carries a session cookie
 * and is of the kind that a form of a foreign site could make an old browser send. Throws AppError `forbidden`.
 */
export const sameOrigin = (deps: { readonly publicUrl: string }): MiddlewareHandler<PortEnv> => {
  const ours = new URL(deps.publicUrl);
  return async (c, next) => {
    if (!safeMethods.includes(c.req.method) || c.req.header("Upgrade") !== undefined) check(c, ours);
    await next();
  };
};

const check = (c: Context, ours: URL): void => {
  const origin = c.req.header("Origin");
  const site = c.req.header("Sec-Fetch-Site")?.toLowerCase();
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    throw new AppError("forbidden", "The request was sent by another site", { field: "Sec-Fetch-Site" });
  }
  if (origin !== undefined) {
    if (origin === ours.origin || isOtherNameOfThisMachine(origin, c.req.header("Host"), ours)) return;
    const detail = `The request comes from "${short(origin)}", but this is "${ours.origin}" (HOPPETDB_PUBLIC_URL)`;
    throw new AppError("forbidden", detail, { field: "Origin" });
  }
  if (site !== undefined) return;
  if (carriesSessionCookie(c) && aFormCouldSend(c)) {
    const detail = `A request with a session cookie that changes something must say where it comes from: send ` +
      `"Origin: ${ours.origin}"`;
    throw new AppError("forbidden", detail, { field: "Origin" });
  }
};

/** Whether it is a request that needs no consent of ours (CORS preflight): a POST that is not JSON, or an upgrade. */
const aFormCouldSend = (c: Context): boolean =>
  c.req.header("Upgrade") !== undefined ||
  (c.req.method === "POST" && !/^application\/json\b/i.test(c.req.header("Content-Type") ?? ""));

/**
 * Whoever starts the product on his own machine may type `localhost` or `127.0.0.1`. The page must then be the one that
 * the request goes to, so that no other program on another loopback address is trusted.
 */
const isOtherNameOfThisMachine = (origin: string, host: string | undefined, ours: URL): boolean => {
  if (!loopback.includes(ours.hostname) || !URL.canParse(origin)) return false;
  const theirs = new URL(origin);
  return loopback.includes(theirs.hostname) && theirs.protocol === ours.protocol && theirs.port === ours.port &&
    theirs.host === host;
};

const short = (text: string): string => text.slice(0, 200);
