import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../handlers/interfaces/clock.ts";
import type { Ids } from "../handlers/interfaces/ids.ts";

/** The machine's clock and random numbers. */
export const systemClock: Clock = { now: () => Date.now() };

export const systemIds: Ids = {
  uuid: () => randomUUID(),
  token: () => randomBytes(32).toString("base64url"),
};
