import { defineConfig } from "vitest/config";

// `forks` and `threads` run on Node and on Deno alike; `vmThreads` does not start on Deno.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "node_modules/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
