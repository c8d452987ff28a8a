import { describe, expect, it } from "vitest";
import type { PassedCatalog } from "../../../handlers/core/commands/whole-catalog.ts";
import { watchCatalogs } from "../../../handlers/puppet/passed-catalog.ts";
import { createRecordingLog } from "../../support/log.ts";
import { createPuppetApp, recordingUpstream, verified } from "../../support/puppet.ts";

const soon = () => new Promise((resolve) => setTimeout(resolve, 10));
const compress = (text: string) => new Response(text).body!.pipeThrough(new CompressionStream("gzip"));
const target = "/puppet/v3/catalog/web01.example.test";
const env = { peer: verified("web01.example.test"), remoteAddress: "127.0.0.1", secure: true, target };

describe("a passing catalog", () => {
  it.each<[string, string, string | null, () => BodyInit]>([
    ["plain", "application/json", null, () => '{"name":"web01"}'],
    [
      "compressed rich data",
      "application/vnd.puppet.rich+json; charset=utf-8",
      "gzip",
      () => compress('{"name":"web01"}'),
    ],
  ])("is kept as the very bytes that the agent got: %s", async (_, type, encoding, body) => {
    const headers = { "Content-Type": type, ...(encoding ? { "Content-Encoding": encoding } : {}) };
    const { upstream } = recordingUpstream(() => new Response(body(), { headers }));
    const { app, kept } = createPuppetApp({ upstream });
    const response = await app.request(target, { method: "POST" }, env);
    const got = new Uint8Array(await response.arrayBuffer());
    expect(response.headers.get("content-encoding")).toBe(encoding);
    expect(kept).toEqual([]);
    await soon();
    expect(kept).toEqual([{
      certname: "web01.example.test",
      contentType: type,
      contentEncoding: encoding,
      bytes: got,
      receivedAt: Date.UTC(2026, 0, 1),
    }]);
  });

  it("is not kept when it is an error or not a catalog", async () => {
    const { upstream } = recordingUpstream(({ path }) => new Response("{}", { status: path === target ? 500 : 200 }));
    const { app, kept } = createPuppetApp({ upstream });
    await (await app.request(target, { method: "POST" }, env)).text();
    const node = "/puppet/v3/node/web01.example.test";
    await (await app.request(node, {}, { ...env, target: node })).text();
    await soon();
    expect(kept).toEqual([]);
  });

  it("passes over the limit, and is noted as not stored", async () => {
    const { upstream } = recordingUpstream(() => new Response("x".repeat(10_001)));
    const { app, kept, log } = createPuppetApp({ upstream });
    const response = await app.request(target, { method: "POST" }, env);
    expect(await response.text()).toHaveLength(10_001);
    await soon();
    expect(kept).toEqual([]);
    expect(log.lines).toContainEqual(expect.objectContaining({ level: "warn", event: "Catalog is not stored" }));
  });

  it("gets to the agent when keeping it fails", async () => {
    const { upstream } = recordingUpstream(() => new Response("{}"));
    const { app, log } = createPuppetApp({
      upstream,
      catalogs: {
        keep: () => {
          throw new Error("full");
        },
      },
    });
    expect(await (await app.request(target, { method: "POST" }, env)).text()).toBe("{}");
    await soon();
    expect(log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  it("is held only up to a total, and what an agent leaves unread is forgotten", async () => {
    const kept: PassedCatalog[] = [];
    const log = createRecordingLog();
    const watch = watchCatalogs({ keep: (seen) => kept.push(seen), limit: 100, total: 150, now: () => 0, log });
    const stream = () => {
      let left = 2;
      return new Response(
        new ReadableStream<Uint8Array>({
          pull: (controller): void => left-- > 0 ? controller.enqueue(new Uint8Array(50)) : controller.close(),
        }, { highWaterMark: 0 }),
      );
    };
    const slow = watch("slow", stream()).body!.getReader();
    await slow.read();
    await slow.read();
    expect(new Uint8Array(await watch("second", stream()).arrayBuffer())).toHaveLength(100);
    await soon();
    expect(kept).toEqual([]);
    expect(log.lines.map(({ fields }) => fields["certname"])).toEqual(["second"]);
    await slow.cancel();
    await watch("third", stream()).arrayBuffer();
    await soon();
    expect(kept.map(({ certname, bytes }) => [certname, bytes.length])).toEqual([["third", 100]]);
  });

  it("is not kept when the Puppetserver breaks off", async () => {
    const kept: PassedCatalog[] = [];
    const watch = watchCatalogs({
      keep: (seen) => kept.push(seen),
      limit: 100,
      total: 100,
      now: () => 0,
      log: createRecordingLog(),
    });
    let first = true;
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (first) controller.enqueue(new Uint8Array(10));
        else controller.error(new Error("broken off"));
        first = false;
      },
    });
    await expect(watch("web01", new Response(broken)).arrayBuffer()).rejects.toThrow("broken off");
    await soon();
    expect(kept).toEqual([]);
    await watch("web02", new Response(new Uint8Array(100))).arrayBuffer();
    await soon();
    expect(kept).toHaveLength(1);
  });
});
