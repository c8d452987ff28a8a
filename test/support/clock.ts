import type { Clock } from "../../handlers/interfaces/clock.ts";

export type TestClock = Clock & {
  /** Goes on by that many milliseconds. */
  advance(ms: number): void;
  set(ms: number): void;
};

/** A clock that stands still until it is told to go on. Begins at 2026-01-01T00:00:00.000Z unless told. */
export const createTestClock = (start = Date.UTC(2026, 0, 1)): TestClock => {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => void (now += ms),
    set: (ms) => void (now = ms),
  };
};
