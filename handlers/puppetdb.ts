import { Hono } from "hono";
import { AppError } from "./errors.ts";
import { accessLog } from "./http/access-log.ts";
import type { PortEnv } from "./http/env.ts";
import { healthRoutes } from "./http/health.ts";
import { requestId } from "./http/request-id.ts";
import type { Upstream } from "./interfaces/upstream.ts";
import { type Access, requireRight, rightsOf } from "./puppetdb/access.ts";
import { commandsApi, type CommandsDeps } from "./puppetdb/commands.ts";
import { askElsewhere, isReading, nobodyElse } from "./puppetdb/elsewhere.ts";
import { renderError } from "./puppetdb/errors.ts";
import { metaRoutes, simpleStatus } from "./puppetdb/meta.ts";
import { queriesApi, type QueriesDeps } from "./puppetdb/queries.ts";

export type PuppetdbDeps = Omit<CommandsDeps, "forward" | "queue"> & Pick<QueriesDeps, "estate" | "redactor"> & {
  readonly queue: CommandsDeps["queue"] & Parameters<typeof metaRoutes>[0]["queue"];
  readonly access: Access;
  /** The real PuppetDB behind us. */
  readonly upstream: Upstream | undefined;
  readonly ready: () => Promise<void>;
  readonly started: () => boolean;
};

/** Port 8002: takes what Puppetservers store, and answers what they and others ask. */
export const puppetdbApp = (deps: PuppetdbDeps) => {
  const { access, upstream } = deps;
  const elsewhere = upstream && askElsewhere(upstream);
  const app = new Hono<PortEnv>();
  app.use(requestId(deps), accessLog(deps));
  app.route("/", healthRoutes(deps));
  app.route("/", simpleStatus(deps));

  app.use("/pdb/cmd/*", requireRight(access, "commands"));
  app.use("*", requireRight(access, "queries"));
  app.route("/", commandsApi({ ...deps, forward: upstream !== undefined }));
  app.all("/pdb/cmd/v1", (c) => {
    c.header("Allow", "POST");
    throw new AppError("method_not_allowed", `Commands are sent by POST, not by ${c.req.method}`);
  });
  app.route("/", metaRoutes(deps));
  app.route("/", queriesApi({ ...deps, queryLimit: deps.limits.body, ...(elsewhere ? { elsewhere } : {}) }));
  app.all("*", async (c) => {
    // the PuppetDB behind us redacts nothing
    if (!elsewhere || !isReading(c) || rightsOf(access, c.env.peer).redacted) throw nobodyElse(c.req.path);
    return await elsewhere(c);
  });
  app.onError(renderError(deps.log));
  return app;
};
