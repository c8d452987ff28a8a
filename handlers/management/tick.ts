import { Hono } from "hono";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";

/**
 * `POST /internal/v1/tick` with `Authorization: Bearer <HOPPETDB_TICK_SECRET>`: does the periodic work that is due, for a
 * set-up where no process stays alive. Answers `{"ran": ["prune", …]}`. Without a configured secret the route is not there.
 */
export const tickRoute = (deps: {
  readonly secret: string | undefined;
  readonly runDue: (signal: AbortSignal) => Promise<readonly string[]>;
}) =>
  new Hono<PortEnv>().post("/internal/v1/tick", async (c) => {
    if (deps.secret === undefined) throw new AppError("not_found", "There is nothing here");
    const given = /^Bearer (.+)$/.exec(c.req.header("Authorization") ?? "")?.[1] ?? "";
    if (!await sameText(given, deps.secret)) {
      throw new AppError("unauthenticated", "The credential is missing or wrong");
    }
    return c.json({ ran: await deps.runDue(c.env.signal ?? c.req.raw.signal) });
  });

/** Compares by digests, so that the time tells nothing about where two texts differ. */
const sameText = async (one: string, other: string): Promise<boolean> => {
  const [a, b] = await Promise.all([digest(one), digest(other)]);
  return a.reduce((difference, byte, at) => difference | (byte ^ (b[at] ?? 0)), 0) === 0;
};

const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
