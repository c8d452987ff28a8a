import { Hono } from "hono";
import type { PortEnv } from "../http/env.ts";
import { type Clock, timestamp } from "../interfaces/clock.ts";
import type { CommandQueue } from "../interfaces/queue.ts";
import { pretty } from "./errors.ts";

/** The version of PuppetDB whose API is spoken; Puppetboard asks for it and wants at least 5.2.0. */
export const apiVersion = "8.8.1";

/** `/pdb/meta/v1` and `/status/v1`, in PuppetDB's form. `/status/v1/simple` is open to everyone and mounted apart. */
export const metaRoutes = (deps: {
  readonly clock: Clock;
  readonly queue: Pick<CommandQueue, "depth">;
  readonly ready: () => Promise<void>;
}) => {
  const status = async () => {
    const up = await deps.ready().then(() => true, () => false);
    const { depth } = up ? await deps.queue.depth() : { depth: 0 };
    return {
      service_version: apiVersion,
      service_status_version: 1,
      detail_level: "info",
      state: up ? "running" : "error",
      status: {
        "maintenance_mode?": false,
        queue_depth: depth,
        "read_db_up?": up,
        "write_db_up?": up,
        "write_dbs_up?": up,
        write_db: { default: { "up?": up } },
      },
      active_alerts: [],
    };
  };
  return new Hono<PortEnv>()
    .get("/pdb/meta/v1/version", () => pretty({ version: apiVersion }))
    // asked by PuppetDB's own tools: whether there is a newer one to install
    .get("/pdb/meta/v1/version/latest", () => pretty({ newer: false, version: apiVersion, link: null }))
    .get("/pdb/meta/v1/server-time", () => pretty({ server_time: timestamp(deps.clock.now()) }))
    .get("/status/v1/services", async () => pretty({ "puppetdb-status": await status() }))
    .get(
      "/status/v1/services/puppetdb-status",
      async () => pretty({ ...await status(), service_name: "puppetdb-status" }),
    );
};

/** `running` as soon as the store answers. */
export const simpleStatus = (deps: { readonly ready: () => Promise<void> }) =>
  new Hono<PortEnv>().get("/status/v1/simple", async (c) => {
    const up = await deps.ready().then(() => true, () => false);
    return up ? c.text("running") : c.text("error", 503);
  });
