import type { Log } from "../handlers/interfaces/log.ts";

/** Does the periodic work each second, one round after the other. Returns what ends it, once the round is over. */
export const startWork = (tick: (signal: AbortSignal) => Promise<readonly string[]>, log: Log): () => Promise<void> => {
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failing = false;
  const round = async (): Promise<void> => {
    try {
      await tick(ended.signal);
      failing = false;
    } catch (error) {
      if (!failing) log.error("Periodic work cannot be done", { error });
      failing = true;
    }
    if (!ended.signal.aborted) timer = setTimeout(() => running = round(), 1000);
  };
  let running = round();
  return async () => {
    ended.abort();
    clearTimeout(timer);
    await running;
  };
};
