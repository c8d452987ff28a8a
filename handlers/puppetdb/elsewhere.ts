import type { Context } from "hono";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import type { Upstream } from "../interfaces/upstream.ts";

const passed = ["accept", "accept-encoding", "content-type", "content-encoding", "user-agent"];
const notPassed = ["connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-authenticate"];

/** What of PuppetDB's API only reads: its commands and its administration are not for who may ask. */
const reading = /^\/(pdb\/(query|meta)|metrics|status)\//;

/** Whether a request is one that the PuppetDB behind us may answer. */
export const isReading = (c: Context<PortEnv>): boolean =>
  reading.test(`${c.req.path}/`) &&
  (["GET", "HEAD"].includes(c.req.method) || (c.req.method === "POST" && c.req.path.startsWith("/pdb/query/")));

/**
 * Hands a request to the PuppetDB behind us and its answer back, streaming both ways. Throws AppError `unavailable` while
 * it can't be reached, `bad_request` for a path that it might read otherwise than we did.
 */
export const askElsewhere = (upstream: Upstream) => async (c: Context<PortEnv>): Promise<Response> => {
  const url = new URL(c.req.url);
  assertPlainPath(url.pathname);
  const headers = new Headers();
  for (const name of passed) {
    const value = c.req.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  const response = await upstream.fetch({
    method: c.req.method,
    path: url.pathname + url.search,
    headers,
    body: c.req.raw.body,
    signal: c.env.signal ?? c.req.raw.signal,
  }).catch((cause: unknown) => {
    if (!(cause instanceof AppError) || cause.code !== "upstream_failed") throw cause;
    throw new AppError("unavailable", "hoppetdb does not answer this itself, and its PuppetDB cannot be reached", {
      cause,
      retryAfter: 10,
    });
  });
  const back = new Headers(response.headers);
  for (const name of notPassed) back.delete(name);
  return new Response(response.body, { status: response.status, headers: back });
};

/** Once decoded, a segment `..` (also as `..;x`, which Java servers cut) could lead out of what may be asked. */
const assertPlainPath = (path: string): void => {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw new AppError("bad_request", "The path is not UTF-8");
  }
  const leads = decoded.split(/[/\\]/).some((segment) => /^\.{1,2}$/.test(segment.replace(/;.*$/s, "")));
  if (leads || decoded.includes("\0")) throw new AppError("bad_request", "The path must not have dot segments or NUL");
};

/** What to say where nobody is behind us. */
export const nobodyElse = (path: string): AppError =>
  new AppError(
    "not_found",
    `"${
      path.slice(0, 200)
    }" is not answered by hoppetdb itself yet; set HOPPETDB_PUPPETDB_URL to have a PuppetDB answer it`,
  );
