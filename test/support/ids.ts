import type { Ids } from "../../handlers/interfaces/ids.ts";

/**
 * Identities that are the same in every run: `00000000-0000-4000-8000-000000000001`, …2, …3; tokens have the length and
 * the alphabet of real ones. Two makers with different seeds never give the same.
 */
export const createTestIds = (seed = 0): Ids => {
  let count = 0;
  const next = () => (seed * 1_000_000 + ++count).toString(16);
  return {
    uuid: () => `00000000-0000-4000-8000-${next().padStart(12, "0")}`,
    token: () => `token-${next()}-`.padEnd(43, "A"),
  };
};
