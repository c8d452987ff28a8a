import { AppError } from "../errors.ts";

/** Lets so many through at once; the rest waits in a line of bounded length. */
export type Gate = {
  /**
   * Resolves with what gives the place back (calling it twice is harmless). Throws AppError `unavailable` with a
   * Retry-After when the line is full or the wait too long, or the signal's reason when the client went away.
   */
  enter(signal: AbortSignal): Promise<() => void>;
};

export type GateOptions = {
  readonly concurrency: number;
  /** How many may wait. */
  readonly queue: number;
  readonly maxWaitMs: number;
  /** 0 to 1, as Math.random gives it: spreads the clients that are sent away. */
  readonly random: () => number;
};

/** Seconds: at least, and how much chance adds. */
const retry = { least: 5, spread: 25 } as const;

export const createGate = (options: GateOptions): Gate => {
  const waiting = new Set<() => void>();
  let inside = 0;

  const full = (message: string) =>
    new AppError("unavailable", message, {
      retryAfter: retry.least + Math.floor(options.random() * (retry.spread + 1)),
    });

  const admit = (): () => void => {
    inside++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inside--;
      const [next] = waiting;
      next?.();
    };
  };

  return {
    enter: (signal) => {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (inside < options.concurrency && waiting.size === 0) return Promise.resolve(admit());
      if (waiting.size >= options.queue) return Promise.reject(full("Too many catalogs are waiting to be compiled"));
      return new Promise((resolve, reject) => {
        const leave = (settle: () => void) => {
          waiting.delete(enter);
          clearTimeout(timer);
          signal.removeEventListener("abort", abort);
          settle();
        };
        const enter = () => leave(() => resolve(admit()));
        const abort = () => leave(() => reject(signal.reason));
        const timer = setTimeout(
          () => leave(() => reject(full("The catalog waited too long to be compiled"))),
          options.maxWaitMs,
        );
        signal.addEventListener("abort", abort, { once: true });
        waiting.add(enter);
      });
    },
  };
};
