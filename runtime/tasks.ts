import { forwardDue } from "../handlers/core/forward/forward-due.ts";
import type { Task } from "../handlers/core/periodic/run-due.ts";
import type { Clock } from "../handlers/interfaces/clock.ts";
import type { Estate } from "../handlers/interfaces/estate.ts";
import type { Log } from "../handlers/interfaces/log.ts";
import type { CommandQueue } from "../handlers/interfaces/queue.ts";
import type { Upstream } from "../handlers/interfaces/upstream.ts";
import { commandRequest } from "../handlers/puppetdb/command-request.ts";
import type { Config } from "./config.ts";
import { diskSpace } from "./storage/sqlite/open.ts";

const day = 86_400_000;
/** Below this share of free disk the oldest goes first. */
const scarce = 0.05;

/** The periodic work: what has outlived its time goes, what waits for PuppetDB is forwarded. */
export const tasksOf = (deps: {
  readonly config: Config;
  readonly estate: Estate;
  readonly queue: CommandQueue;
  readonly forwardTo: Upstream | undefined;
  readonly clock: Clock;
  readonly log: Log;
}): readonly Task[] => {
  const { config, estate, queue, forwardTo, clock, log } = deps;
  const retention = {
    reportTtl: config.REPORT_TTL,
    unchangedReportTtl: config.UNCHANGED_REPORT_TTL,
    catalogTtl: config.CATALOG_TTL,
    catalogsPerNode: config.CATALOGS_PER_NODE,
    nodeTtl: config.NODE_TTL,
    nodePurgeTtl: config.NODE_PURGE_TTL,
  };
  const prune: Task = {
    name: "prune",
    every: 600_000,
    run: async () => {
      const { removed, more } = await estate.prune(retention, clock.now());
      if (removed > 0) log.info("Old records were removed", { removed, more });
      return more;
    },
  };
  const relieve: Task = {
    name: "relieve",
    every: 60_000,
    run: async () => {
      if (config.store.kind !== "sqlite" || config.store.path === ":memory:") return;
      const { free, total } = await diskSpace(config.store.path);
      if (free / total >= scarce) return;
      log.warn("The store's disk is nearly full: the oldest reports and catalogs go", { free, total });
      const shorter = (ttl: number) => Math.min(ttl || day, Math.max(day, Math.floor(ttl / 4)));
      const { more } = await estate.prune({
        ...retention,
        reportTtl: shorter(retention.reportTtl),
        unchangedReportTtl: Math.min(retention.unchangedReportTtl || day, day / 24),
        catalogTtl: shorter(retention.catalogTtl),
        catalogsPerNode: Math.min(retention.catalogsPerNode, 3),
      }, clock.now());
      return more;
    },
  };
  if (!forwardTo) return [prune, relieve];
  const forward: Task = {
    name: "forward",
    every: 1000,
    run: (signal) =>
      forwardDue({ queue, upstream: forwardTo, requestOf: commandRequest, clock, log, random: Math.random, signal }),
  };
  return [forward, prune, relieve];
};
