import { type Context, Hono } from "hono";
import type { PortEnv } from "./env.ts";
import { describeRoute } from "./route-facts.ts";

/**
 * `/healthz/live`, `/healthz/ready` and `/healthz/startup`: 200 or 503 and one word, without login and without details.
 * The same on every port. `ready` rejects while the store can't be used.
 */
export const healthRoutes = (deps: { readonly ready: () => Promise<void>; readonly started: () => boolean }) => {
  const about = (summary: string) =>
    describeRoute({ summary, tags: ["health"], access: "open", responses: { 200: "ok", 503: "unavailable" } });
  return new Hono<PortEnv>()
    .get("/healthz/live", about("Tell that the process runs"), (c) => answer(c, true))
    .get(
      "/healthz/ready",
      about("Tell whether requests can be served"),
      async (c) => answer(c, deps.started() && await deps.ready().then(() => true, () => false)),
    )
    .get("/healthz/startup", about("Tell whether the start is over"), (c) => answer(c, deps.started()));
};

const answer = (c: Context, well: boolean): Response => {
  c.header("Cache-Control", "no-store");
  return c.text(well ? "ok" : "unavailable", well ? 200 : 503);
};
