import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forwardDue } from "../../../../handlers/core/forward/forward-due.ts";
import { AppError } from "../../../../handlers/errors.ts";
import type { Store } from "../../../../handlers/interfaces/store.ts";
import type { UpstreamRequest } from "../../../../handlers/interfaces/upstream.ts";
import { commandRequest } from "../../../../handlers/puppetdb/command-request.ts";
import { openSqliteStore } from "../../../../runtime/storage/sqlite/open.ts";
import { createTestClock, type TestClock } from "../../../support/clock.ts";
import { createRecordingLog, type RecordingLog } from "../../../support/log.ts";
import { createTestVault } from "../../../support/vault.ts";

describe("forwardDue", () => {
  let store: Store;
  let clock: TestClock;
  let log: RecordingLog;
  let sent: UpstreamRequest[];
  let answer: (request: UpstreamRequest) => Response | Promise<Response>;
  beforeEach(async () => {
    clock = createTestClock();
    log = createRecordingLog();
    store = await openSqliteStore({ path: ":memory:", vault: await createTestVault(), clock, log });
    sent = [];
    answer = () => new Response('{"uuid":"x"}');
  });
  afterEach(() => store.close());

  const enqueue = (id: string, certname: string, text = `{"certname":"${certname}","id":"${id}"}`) =>
    store.queue.enqueue(id, {
      command: "replace facts",
      version: 5,
      certname,
      producer_timestamp: "2026-01-01T00:00:00.000Z",
      payload: new TextEncoder().encode(text),
    }, clock.now());
  const round = (signal = new AbortController().signal) =>
    forwardDue({
      queue: store.queue,
      upstream: {
        fetch: async (request) => {
          sent.push(request);
          return await answer(request);
        },
      },
      requestOf: commandRequest,
      clock,
      log,
      random: () => 0.5,
      signal,
    });
  const idOf = (request: UpstreamRequest): string => JSON.parse(gunzipSync(request.body as Uint8Array).toString()).id;
  const depth = async () => (await store.queue.depth()).depth;

  it("sends what a Puppetserver would have sent, byte for byte", async () => {
    await enqueue("1", "web01.test", '{"n": 5e-07, "é": 9007199254740993}');
    expect(await round()).toBe(false);
    const [request] = sent;
    expect(request?.path).toBe(
      "/pdb/cmd/v1?command=replace_facts&version=5&certname=web01.test&producer-timestamp=2026-01-01T00%3A00%3A00.000Z",
    );
    expect(gunzipSync(request?.body as Uint8Array).toString()).toBe('{"n": 5e-07, "é": 9007199254740993}');
    expect(Object.fromEntries(request!.headers)).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "content-encoding": "gzip",
      "x-uncompressed-length": "36",
    });
    expect(await depth()).toBe(0);
  });

  it("keeps the order of each node, never two of one node at once, a few nodes at a time", async () => {
    for (let i = 0; i < 30; i++) await enqueue(String(i), `node${i % 6}.test`);
    let running = 0;
    let most = 0;
    const nodes = new Set<string>();
    answer = async (request) => {
      const node = new URLSearchParams(request.path).get("certname")!;
      expect(nodes.has(node)).toBe(false);
      nodes.add(node);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      nodes.delete(node);
      return new Response("{}");
    };
    expect(await round()).toBe(false);
    expect(sent).toHaveLength(30);
    for (let node = 0; node < 6; node++) {
      const own = sent.map(idOf).filter((id) => Number(id) % 6 === node);
      expect(own).toEqual(own.toSorted((a, b) => Number(a) - Number(b)));
    }
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  it("lets one command probe a PuppetDB that is away, for hours, and delivers everything afterwards", async () => {
    for (let i = 0; i < 20; i++) await enqueue(String(i), `node${i}.test`);
    answer = () => Promise.reject(new AppError("upstream_failed", "refused"));
    for (let second = 0; second < 4 * 3600; second += 60) {
      const before = sent.length;
      await round();
      expect(sent.length - before).toBeLessThanOrEqual(1);
      clock.advance(60_000);
    }
    expect(await depth()).toBe(20);
    expect(await store.queue.deadLetterCount()).toBe(0);
    sent = [];
    answer = () => new Response("{}");
    for (let minute = 0; minute < 8; minute++) {
      await round();
      clock.advance(60_000);
    }
    expect(sent.map(idOf).toSorted()).toHaveLength(20);
    expect(await depth()).toBe(0);
  });

  it("waits longer each time, one second to five minutes", async () => {
    await enqueue("1", "web01.test");
    answer = () => new Response("busy", { status: 503 });
    const waits: number[] = [];
    let last = clock.now();
    for (let tries = 0; tries < 12;) {
      const before = sent.length;
      await round();
      if (sent.length > before) {
        waits.push(clock.now() - last);
        last = clock.now();
        tries++;
      }
      clock.advance(500);
    }
    expect(waits.slice(1, 5)).toEqual([1000, 2000, 4000, 8000]);
    expect(waits.at(-1)).toBe(300_000);
  });

  it("holds a node's later commands back while an earlier one waits, and nobody else's", async () => {
    await enqueue("1", "web01.test");
    await enqueue("2", "web01.test");
    await enqueue("3", "db01.test");
    answer = (request) => new Response("", { status: idOf(request) === "1" ? 500 : 200 });
    await round();
    expect(sent.map(idOf)).toEqual(["1", "3"]);
    answer = () => new Response("{}");
    clock.advance(1000);
    await round();
    expect(sent.map(idOf)).toEqual(["1", "3", "1", "2"]);
  });

  it("makes a dead letter of what is refused, with the reason, and goes on", async () => {
    await enqueue("1", "web01.test");
    await enqueue("2", "web01.test");
    answer = (request) => idOf(request) === "1" ? new Response("no such version", { status: 400 }) : new Response("{}");
    await round();
    expect(await depth()).toBe(0);
    const letter = await store.queue.deadLetter("1");
    expect(letter?.reason.reveal()).toBe("PuppetDB answered 400: no such version");
    expect(log.text()).not.toContain("no such version");
  });

  it("sends again what was delivered but not noted, after a kill between the two", async () => {
    await enqueue("1", "web01.test");
    const { queue } = store;
    const killed = { ...queue, delivered: () => Promise.reject(new AppError("unavailable", "gone")) };
    const upstream = {
      fetch: (request: UpstreamRequest) => {
        sent.push(request);
        return Promise.resolve(new Response("{}"));
      },
    };
    const { signal } = new AbortController();
    await expect(
      forwardDue({ queue: killed, upstream, requestOf: commandRequest, clock, log, random: () => 0, signal }),
    )
      .rejects.toThrow("gone");
    await round();
    expect(sent.map(idOf)).toEqual(["1", "1"]);
    expect(await depth()).toBe(0);
  });

  it("ends when it is told to, leaving the rest in its place", async () => {
    for (let i = 0; i < 20; i++) await enqueue(String(i), `node${i}.test`);
    const ended = new AbortController();
    answer = () => {
      ended.abort();
      return new Response("{}");
    };
    await round(ended.signal);
    expect(sent).toHaveLength(1);
    expect(await depth()).toBe(19);
  });
});
