import { defineConfig } from "vitest/config";

/** The real Puppet parts: one file after the other, minutes each. */
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 600_000,
    bail: 1,
  },
});
