import { hostname } from "node:os";
import { heartbeatEvery, type Members } from "../handlers/core/members.ts";
import type { Clock } from "../handlers/interfaces/clock.ts";
import type { Ids } from "../handlers/interfaces/ids.ts";
import type { Log } from "../handlers/interfaces/log.ts";
import { version } from "./version.ts";

/** Tells the other processes on the store that this one lives, until it is ended. */
export const startHeartbeat = async (deps: {
  readonly members: Pick<Members, "beat" | "remove">;
  readonly parts: readonly string[];
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<() => Promise<void>> => {
  const { members, ids, clock, log } = deps;
  const me = { id: ids.uuid(), host: hostname(), release: version, parts: deps.parts, online_since: clock.now() };
  const beat = () => members.beat(me).catch((error) => log.warn("Heartbeat is not stored", { error }));
  await beat();
  const timer = setInterval(() => void beat(), heartbeatEvery);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await members.remove(me.id).catch((error) => log.warn("Heartbeat is not taken back", { error }));
  };
};
