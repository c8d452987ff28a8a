import type { MiddlewareHandler } from "hono";
import type { Ids } from "../interfaces/ids.ts";
import type { PortEnv } from "./env.ts";

/**
 * Gives each request an id of our own making (a client's is not believed: it would stand in our log), as
 * `c.var.requestId` and as X-Request-Id of the answer.
 */
export const requestId = (deps: { readonly ids: Ids }): MiddlewareHandler<PortEnv> => async (c, next) => {
  const id = deps.ids.uuid();
  c.set("requestId", id);
  await next();
  c.header("X-Request-Id", id);
};
