import process from "node:process";
import type { Log } from "../handlers/interfaces/log.ts";
import type { CaMode } from "./ca/mode.ts";
import { compose, type Product } from "./compose.ts";
import type { Config } from "./config.ts";
import { openDataDir } from "./data-dir.ts";
import { makeFirstAdmin } from "./first-admin.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { listen } from "./listen.ts";
import { systemClock as clock, systemIds as ids } from "./system.ts";
import { startWork } from "./work.ts";

/** What runs has that long to end after SIGTERM: supervisors give 30 s or less. */
const graceMs = 25_000;

/**
 * Runs the product until SIGTERM or SIGINT: puts it together, opens its ports, does the periodic work, and at the end lets
 * what runs finish. `ready` is told how to log in once the ports are open;
 * `prepare` may fill the store before.
 */
export const serve = async (
  config: Config,
  log: Log,
  ready: (login: string, mode: CaMode) => void,
  prepare: (product: Product) => Promise<void> = async () => {},
): Promise<void> => {
  const dataDir = openDataDir(config.DATA_DIR);
  const product = await compose(config, dataDir, log);
  try {
    await prepare(product);
    const login = await makeFirstAdmin(product, config, dataDir);
    const ports = await listen(config, product, dataDir, log);
    product.started();
    const endWork = config.PARTS.includes("worker") ? startWork(product.tick, log) : async () => {};
    const endHeartbeat = await startHeartbeat({ members: product.members, parts: config.PARTS, ids, clock, log });
    ready(login, product.ca ? "own" : "proxy");
    const signal = await ended();
    log.info("Stopping", { signal });
    await Promise.all([ports.close(graceMs), endWork(), endHeartbeat()]);
  } finally {
    await product.close();
  }
};

/** Resolves with the name of the signal that ends the process. */
const ended = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
