import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sourceFiles } from "./source-files.ts";

describe("test/purity.ts", () => {
  it("imports every handler module", () => {
    const text = readFileSync(new URL("../purity.ts", import.meta.url), "utf8");
    const missing = sourceFiles("handlers").map(({ path }) => path).filter((path) =>
      !text.includes(`import "../${path}";`)
    );
    expect(missing).toEqual([]);
  });
});
