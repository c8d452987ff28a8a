import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { gunzip, readBody } from "../../../handlers/http/read-body.ts";

const streamed = (chunks: number, size: number) => {
  const seen = { pulled: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (seen.pulled++ < chunks) controller.enqueue(new Uint8Array(size));
      else controller.close();
    },
    cancel: () => void (seen.cancelled = true),
  }, { highWaterMark: 0 });
  const init = { method: "POST", body, duplex: "half" } as RequestInit;
  return { seen, request: (headers = {}) => new Request("http://test/", { ...init, headers }) };
};

describe("readBody", () => {
  it("gives the bytes, also where there are none", async () => {
    expect(await readBody(streamed(3, 10).request(), 30)).toHaveLength(30);
    expect(await readBody(new Request("http://test/"), 1)).toHaveLength(0);
  });

  it("reads no more than it must to see that it is too much, and cuts no client off", async () => {
    const { seen, request } = streamed(1_000_000, 1000);
    await expect(readBody(request(), 2500)).rejects.toMatchObject({ code: "too_large" });
    expect(seen.pulled).toBeLessThan(6);
    expect(seen.cancelled).toBe(false);
  });

  it("reads nothing of what says itself to be too much", async () => {
    const { seen, request } = streamed(9, 1000);
    await expect(readBody(request({ "Content-Length": "9000" }), 2500)).rejects.toMatchObject({ code: "too_large" });
    expect(seen.pulled).toBeLessThan(2);
  });
});

describe("gunzip", () => {
  const packed = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
  it("unpacks up to the limit", async () => {
    expect(await gunzip(packed(new Uint8Array(1000)), 1000)).toHaveLength(1000);
    await expect(gunzip(packed(new Uint8Array(1001)), 1000)).rejects.toMatchObject({ code: "too_large" });
  });

  it("cuts a bomb off long before its end", async () => {
    const bomb = packed(new Uint8Array(200_000_000));
    const start = performance.now();
    await expect(gunzip(bomb, 1_000_000)).rejects.toMatchObject({ code: "too_large" });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("refuses what is damaged", async () => {
    const good = packed(new TextEncoder().encode("x".repeat(5000)));
    for (const bad of [good.slice(0, 20), new Uint8Array([1, 2, 3]), new Uint8Array(0)]) {
      await expect(gunzip(bad, 10_000)).rejects.toMatchObject({ code: "bad_request" });
    }
  });
});
