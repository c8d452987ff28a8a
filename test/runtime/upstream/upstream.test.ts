import { createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { UpstreamRequest } from "../../../handlers/interfaces/upstream.ts";
import { socketGate } from "../../../runtime/ports/gated-socket.ts";
import { createUpstream, type UpstreamOptions } from "../../../runtime/upstream/create-upstream.ts";
import { type Authority, createAuthority, type Issued } from "../../support/certificates.ts";
import { createTestClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { createRecordingLog } from "../../support/log.ts";
import { startWebServer } from "../../support/web-server.ts";

let root: Authority;
let server: Issued;
let own: Issued;
beforeAll(async () => {
  root = await createAuthority("Test root");
  server = await root.issue("puppet");
  own = await root.issue("hoppetdb");
});

const material = () => ({ cert: own.chain, key: own.key, ca: root.cert });
const upstreamOf = (urls: readonly string[], options: Partial<UpstreamOptions> = {}) => {
  const clock = createTestClock();
  const log = createRecordingLog();
  const upstream = createUpstream({ urls, tls: material, gate: socketGate, clock, log, ...options });
  onTestFinished(() => upstream.close());
  return { upstream, clock, log };
};
const request = (change: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  method: "GET",
  path: "/",
  headers: new Headers(),
  body: null,
  signal: new AbortController().signal,
  ...change,
});
/** A port where nobody listens. */
const deadUrl = async (scheme = "https") => {
  const { port, stop } = await startWebServer();
  await stop();
  return `${scheme}://localhost:${port}`;
};
const bytes = (...values: number[]) => new Uint8Array(values);
const streamOf = (...chunks: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    pull: (controller) => chunks.length > 0 ? controller.enqueue(chunks.shift()!) : controller.close(),
  }, { highWaterMark: 0 });

describe("an upstream", () => {
  it("asks with our certificate and passes path, headers and body as they are", async () => {
    const web = await startWebServer(undefined, { server, ca: root.cert });
    const { upstream } = upstreamOf([web.url]);
    const response = await upstream.fetch(request({
      method: "PUT",
      path: "/a/%2e/b//c?x=%zz&y",
      headers: new Headers({
        "X-Client-DN": "CN=web01",
        "Accept-Encoding": "gzip;q=1.0,deflate;q=0.6",
        "Content-Length": "4",
      }),
      body: streamOf(bytes(1, 2), bytes(3, 4)),
    }));
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
    expect(web.requests[0]).toMatchObject({
      method: "PUT",
      url: "/a/%2e/b//c?x=%zz&y",
      client: "hoppetdb",
      body: Buffer.from([1, 2, 3, 4]),
    });
    expect(web.requests[0]!.headers.filter(([name]) => !["host", "connection"].includes(name)).toSorted()).toEqual([
      ["accept-encoding", "gzip;q=1.0,deflate;q=0.6"],
      ["content-length", "4"],
      ["x-client-dn", "CN=web01"],
    ]);
  });

  it("gives back bytes, Content-Encoding, status and every header unchanged, redirects too", async () => {
    const packed = gzipSync("hello ".repeat(1000));
    const web = await startWebServer((seen, outgoing) => {
      if (seen.url === "/moved") {
        outgoing.writeHead(302, { Location: "/elsewhere", "Set-Cookie": ["a=1", "b=2"] }).end();
      } else if (seen.url === "/none") outgoing.writeHead(204).end();
      else outgoing.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": packed.length }).end(packed);
    }, { server, ca: root.cert });
    const { upstream } = upstreamOf([web.url]);
    for (const accept of ["gzip;q=1.0,deflate;q=0.6,identity;q=0.3", "identity", undefined]) {
      const headers = new Headers(accept ? { "Accept-Encoding": accept } : {});
      const response = await upstream.fetch(request({ headers }));
      expect(response.headers.get("content-encoding")).toBe("gzip");
      expect(response.headers.get("content-length")).toBe(String(packed.length));
      expect(Buffer.from(await response.arrayBuffer()).equals(packed)).toBe(true);
    }
    const moved = await upstream.fetch(request({ path: "/moved" }));
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "/elsewhere"]);
    expect(moved.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    await moved.body?.cancel();
    expect(await upstream.fetch(request({ path: "/none" }))).toMatchObject({ status: 204, body: null });
    const head = await upstream.fetch(request({ method: "HEAD" }));
    expect([head.body, head.headers.get("content-length")]).toEqual([null, String(packed.length)]);
  });

  it("speaks plain HTTP where the URL says so", async () => {
    const web = await startWebServer();
    const response = await upstreamOf([web.url]).upstream.fetch(request({ method: "POST", body: bytes(1, 2, 3) }));
    expect(await response.text()).toBe("ok");
    expect(web.requests[0]!.body).toHaveLength(3);
  });

  it("keeps connections for requests without a body, and opens a new one for each with a body", async () => {
    const web = await startWebServer(undefined, { server, ca: root.cert });
    const { upstream } = upstreamOf([web.url]);
    for (const method of ["GET", "PUT", "GET", "PUT"]) {
      await (await upstream.fetch(request({ method, body: method === "PUT" ? streamOf(bytes(1)) : null }))).text();
    }
    expect(web.requests.map(({ connection }) => connection)).toEqual([1, 2, 1, 3]);
  });

  it("asks once more, on a new connection, when the kept one was just closed", async () => {
    let closing = false;
    const web = await startWebServer(
      undefined,
      { server, ca: root.cert },
      (incoming) => {
        if (!closing) return false;
        closing = false;
        incoming.socket.destroy();
        return true;
      },
    );
    const { upstream } = upstreamOf([web.url]);
    await (await upstream.fetch(request())).text();
    closing = true;
    expect(await (await upstream.fetch(request())).text()).toBe("ok");
    closing = true;
    await expect(upstream.fetch(request({ method: "PUT", body: streamOf(bytes(1)) }))).rejects.toMatchObject({
      code: "upstream_failed",
    });
    expect(web.requests.map(({ method }) => method)).toEqual(["GET", "GET"]);
  });

  it("doesn't ask again when a new connection breaks", async () => {
    let asked = 0;
    const web = await startWebServer(undefined, undefined, (incoming) => {
      asked++;
      incoming.socket.destroy();
      return true;
    });
    const other = await startWebServer();
    await expect(upstreamOf([web.url, other.url]).upstream.fetch(request())).rejects.toMatchObject({
      code: "upstream_failed",
    });
    expect([asked, other.requests.length]).toEqual([1, 0]);
  });
});

describe("the server's certificate", () => {
  it("must be of the given authority, and the next server is tried otherwise", async () => {
    const stranger = await (await createAuthority("Another root")).issue("puppet");
    const web = await startWebServer(undefined, { server: stranger, ca: root.cert });
    const good = await startWebServer(undefined, { server, ca: root.cert });
    await expect(upstreamOf([web.url]).upstream.fetch(request())).rejects.toMatchObject({ code: "upstream_failed" });
    expect(await (await upstreamOf([web.url, good.url]).upstream.fetch(request())).text()).toBe("ok");
    expect(web.requests).toEqual([]);
  });

  it("must bear the name of the URL", async () => {
    const other = await root.issue("puppet", { names: ["puppet.example.test"], addresses: [] });
    const web = await startWebServer(undefined, { server: other, ca: root.cert });
    await expect(upstreamOf([web.url]).upstream.fetch(request())).rejects.toMatchObject({ code: "upstream_failed" });
    const byAddress = await startWebServer(undefined, { server, ca: root.cert });
    const address = byAddress.url.replace("localhost", "127.0.0.1");
    expect(await (await upstreamOf([address]).upstream.fetch(request())).text()).toBe("ok");
  });

  it("is verified with new material once there is some", async () => {
    const web = await startWebServer(undefined, { server, ca: root.cert });
    const another = await createAuthority("Another root");
    let ca = another.cert;
    const { upstream } = upstreamOf([web.url], { tls: () => ({ ...material(), ca }) });
    await expect(upstream.fetch(request())).rejects.toMatchObject({ code: "upstream_failed" });
    ca = root.cert;
    expect(await (await upstream.fetch(request())).text()).toBe("ok");
  });
});

describe("several servers", () => {
  it("the next one is asked only where no connection was made, and the body is whole there", async () => {
    const web = await startWebServer(undefined, { server, ca: root.cert });
    const { upstream, log } = upstreamOf([await deadUrl(), web.url]);
    const body = streamOf(bytes(1, 2), bytes(3));
    await (await upstream.fetch(request({ method: "PUT", body }))).text();
    expect(web.requests[0]!.body).toEqual(Buffer.from([1, 2, 3]));
    expect(log.lines.map(({ level }) => level)).toEqual(["warn"]);
  });

  it("one that failed rests for 10 s", async () => {
    const first = await startWebServer();
    const second = await startWebServer();
    const { port } = first;
    await first.stop();
    const { upstream, clock, log } = upstreamOf([first.url, second.url]);
    await (await upstream.fetch(request())).text();
    const again = createServer((socket: Socket) =>
      socket.resume().end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst")
    );
    await new Promise<void>((resolve) => again.listen(port, "127.0.0.1", resolve));
    onTestFinished(() => new Promise<void>((resolve) => void again.close(() => resolve())));
    clock.advance(9_000);
    expect(await (await upstream.fetch(request())).text()).toBe("ok");
    clock.advance(1_000);
    expect(await (await upstream.fetch(request())).text()).toBe("first");
    expect(log.lines).toHaveLength(1);
  });

  it("with all of them away the error names them, and no one has to wait for the rest to end", async () => {
    const [one, two] = [await deadUrl(), await deadUrl("http")];
    const { upstream } = upstreamOf([one, two]);
    await expect(upstream.fetch(request())).rejects.toMatchObject({
      code: "upstream_failed",
      message: `Cannot reach "${one}" or "${two}"`,
    });
    await expect(upstream.fetch(request())).rejects.toMatchObject({ code: "upstream_failed" });
    const { upstream: single } = upstreamOf([one]);
    await expect(single.fetch(request())).rejects.toMatchObject({ code: "upstream_failed" });
    await expect(single.fetch(request())).rejects.toMatchObject({ code: "upstream_failed" });
  });

  it("the one with the least to do is asked", async () => {
    const held: (() => void)[] = [];
    const hold = () => startWebServer((_, outgoing) => void held.push(() => outgoing.end("ok")));
    const [first, second] = [await hold(), await hold()];
    const { upstream } = upstreamOf([first.url, second.url]);
    const asked = [upstream.fetch(request()), upstream.fetch(request())];
    await eventually(() => expect(held).toHaveLength(2));
    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
    held.forEach((finish) => finish());
    await Promise.all(asked.map(async (each) => (await each).text()));
  });
});

describe("time and abort", () => {
  it("gives up on a connection that doesn't come, TLS included", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const { upstream } = upstreamOf([`https://localhost:${port}`], { connectTimeoutMs: 100 });
    await expect(upstream.fetch(request())).rejects.toMatchObject({ code: "upstream_failed" });
  });

  it("gives up on a server that is silent, before and within the answer", async () => {
    const web = await startWebServer((seen, outgoing) => {
      if (seen.url === "/part") outgoing.write("part");
    });
    const { upstream } = upstreamOf([web.url], { idleTimeoutMs: 150 });
    await expect(upstream.fetch(request())).rejects.toMatchObject({ code: "upstream_timeout" });
    const response = await upstream.fetch(request({ path: "/part" }));
    await expect(response.text()).rejects.toMatchObject({ code: "upstream_timeout" });
  });

  it("never takes a part of an answer for the whole", async () => {
    const web = await startWebServer((_, outgoing) => {
      outgoing.writeHead(200, { "Content-Length": "10" });
      outgoing.write("part", () => outgoing.destroy());
    });
    const response = await upstreamOf([web.url]).upstream.fetch(request());
    await expect(response.text()).rejects.toMatchObject({ code: "upstream_failed" });
  });

  it("an abort ends the request at the server: while waiting, and within the answer", async () => {
    const closed: string[] = [];
    const web = await startWebServer((seen, outgoing) => {
      outgoing.once("close", () => closed.push(seen.url));
      if (seen.url === "/part") outgoing.write("part");
    }, { server, ca: root.cert });
    const { upstream } = upstreamOf([web.url]);
    const waiting = new AbortController();
    const asked = upstream.fetch(request({ path: "/wait", signal: waiting.signal }));
    asked.catch(() => {});
    await eventually(() => expect(web.requests).toHaveLength(1));
    waiting.abort(new Error("client gone"));
    await expect(asked).rejects.toThrow("client gone");

    const reading = new AbortController();
    const response = await upstream.fetch(request({ path: "/part", signal: reading.signal }));
    reading.abort(new Error("client gone too"));
    await expect(response.text()).rejects.toThrow("client gone too");
    const left = await upstream.fetch(request({ path: "/part" }));
    await left.body!.cancel();
    await eventually(() => expect(closed).toEqual(["/wait", "/part", "/part"]));
    await expect(upstream.fetch(request({ signal: AbortSignal.abort(new Error("gone before")) }))).rejects.toThrow(
      "gone before",
    );
  });

  it("a body that fails ends the request, and its own reason is told", async () => {
    const web = await startWebServer();
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("body broke")),
    }, { highWaterMark: 0 });
    await expect(upstreamOf([web.url]).upstream.fetch(request({ method: "PUT", body }))).rejects.toThrow("body broke");
    expect(web.requests).toEqual([]);
  });

  it("an early answer, such as 413, is given back though the body isn't through", async () => {
    const web = await startWebServer(undefined, undefined, (_, outgoing) => {
      outgoing.writeHead(413, { Connection: "close" }).end("too large");
      return true;
    });
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (!cancelled) controller.enqueue(new Uint8Array(1000));
      },
      cancel: () => void (cancelled = true),
    }, { highWaterMark: 0 });
    const response = await upstreamOf([web.url]).upstream.fetch(request({ method: "PUT", body }));
    expect([response.status, await response.text()]).toEqual([413, "too large"]);
    await eventually(() => expect(cancelled).toBe(true));
  });
});
