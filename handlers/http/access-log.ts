import type { MiddlewareHandler } from "hono";
import type { Clock } from "../interfaces/clock.ts";
import type { Log } from "../interfaces/log.ts";
import type { PortEnv } from "./env.ts";

/**
 * One line a request: method, path, status, milliseconds, request id, address and who it was. The query is left out, for
 * filters may hold values that are no log's business. Health checks are logged at `debug`.
 */
export const accessLog = (deps: { readonly log: Log; readonly clock: Clock }): MiddlewareHandler<PortEnv> => {
  return async (c, next) => {
    const start = deps.clock.now();
    await next();
    const user = (c.var as { user?: { id: string } }).user?.id;
    const certname = c.env?.peer?.kind === "verified" ? c.env.peer.certname : undefined;
    const line = {
      method: c.req.method.slice(0, 20),
      path: new URL(c.req.url).pathname.slice(0, 500),
      status: c.res.status,
      ms: deps.clock.now() - start,
      request_id: c.get("requestId"),
      address: c.env?.remoteAddress,
      ...(user === undefined ? {} : { user }),
      ...(certname === undefined ? {} : { certname }),
    };
    if (c.req.path.startsWith("/healthz/")) deps.log.debug("Request", line);
    else deps.log.info("Request", line);
  };
};
