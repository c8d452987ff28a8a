import type { Context } from "hono";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import type { Upstream } from "../interfaces/upstream.ts";

const passed = ["accept", "accept-encoding", "content-type", "content-encoding", "user-agent"];
const notPassed = ["connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-authenticate"];

/** Hands a request to the PuppetDB behind us and its answer back, streaming both ways. */
export const askElsewhere = (upstream: Upstream) => async (c: Context<PortEnv>): Promise<Response> => {
  const url = new URL(c.req.url);
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
  });
  const back = new Headers(response.headers);
  for (const name of notPassed) back.delete(name);
  return new Response(response.body, { status: response.status, headers: back });
};

/** What to say where nobody is behind us. */
export const nobodyElse = (path: string): AppError =>
  new AppError(
    "not_found",
    `"${
      path.slice(0, 200)
    }" is not answered by hoppetdb itself yet; set HOPPETDB_PUPPETDB_URL to have a PuppetDB answer it`,
  );
