/** Time, in milliseconds since 1970 UTC. */
export interface Clock {
  now(): number;
}

/** The wire form of PuppetDB's timestamps: UTC with exactly three digits of milliseconds, e.g. `2026-11-22T22:43:03.075Z`. */
export const timestamp = (ms: number): string => new Date(ms).toISOString();
