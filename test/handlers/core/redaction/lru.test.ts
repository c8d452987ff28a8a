import { describe, expect, it } from "vitest";
import { createLru } from "../../../../handlers/core/redaction/lru.ts";

describe("createLru", () => {
  it("drops what was used longest ago", () => {
    const lru = createLru<number>({ entries: 2, weight: 100 });
    lru.set("a", 1, 1);
    lru.set("b", 2, 1);
    expect(lru.get("a")).toBe(1);
    lru.set("c", 3, 1);
    expect([lru.get("a"), lru.get("b"), lru.get("c")]).toEqual([1, undefined, 3]);
  });

  it("is bounded by weight, counted once for each key", () => {
    const lru = createLru<number>({ entries: 10, weight: 10 });
    for (let i = 0; i < 5; i++) lru.set("a", i, 6);
    lru.set("b", 1, 4);
    expect([lru.get("a"), lru.get("b")]).toEqual([4, 1]);
    lru.set("c", 2, 7);
    expect([lru.get("a"), lru.get("b"), lru.get("c")]).toEqual([undefined, undefined, 2]);
    lru.set("d", 3, 11);
    expect([lru.get("c"), lru.get("d")]).toEqual([2, undefined]);
    lru.set("c", 9, 11);
    expect(lru.get("c")).toBeUndefined();
  });
});
