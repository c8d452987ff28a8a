import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Hono } from "hono";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { PortBindings, PortEnv } from "../../../handlers/http/env.ts";
import { gateSocket } from "../../../runtime/ports/gated-socket.ts";
import { listenPort, type PortOptions } from "../../../runtime/ports/listen-port.ts";
import { eventually } from "../../support/eventually.ts";
import { createRecordingLog } from "../../support/log.ts";
import { ask, createEstate, type Estate, sendRaw, startPuppetPort } from "../../support/puppet-port.ts";
import { temporaryFolder } from "../../support/temporary.ts";

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});

/** A port with a small app on it: plain unless told. */
const start = async (fetch: PortOptions["fetch"], options: Partial<PortOptions> = {}) => {
  const log = createRecordingLog();
  const listener = await listenPort({ listen: { kind: "tcp", host: "127.0.0.1", port: 0 }, fetch, log, ...options });
  onTestFinished(() => listener.close(50));
  return { listener, port: listener.port, log };
};
const showBindings = (_: Request, { remoteAddress, secure, target }: PortBindings) =>
  Response.json({ remoteAddress, secure, target });
const tls = () => ({ tls: { cert: estate.server.chain, key: estate.server.key, ca: estate.bundle } });

describe("bindings", () => {
  it("tell the address, whether it is TLS, and the target as it came", async () => {
    const { port } = await start(showBindings);
    const got = await ask(estate, port, { plain: true, path: "/a/../b?c" });
    expect(JSON.parse(got.text)).toEqual({ remoteAddress: "127.0.0.1", secure: false, target: "/a/../b?c" });
    const secure = await start(showBindings, tls());
    expect(JSON.parse((await ask(estate, secure.port)).text)).toMatchObject({
      remoteAddress: "127.0.0.1",
      secure: true,
    });
  });

  const forwarded = { "X-Forwarded-For": "6.6.6.6, 192.0.2.7, 10.0.0.3", "X-Forwarded-Proto": "https" };
  it.each<[string, readonly string[], Record<string, string>, string, boolean]>([
    ["not from a stranger", ["10.0.0.0/8"], forwarded, "127.0.0.1", false],
    ["not when nobody is trusted", [], forwarded, "127.0.0.1", false],
    ["the nearest untrusted hop", ["127.0.0.1", "10.0.0.0/8"], forwarded, "192.0.2.7", true],
    ["the proxy's word alone", ["127.0.0.1"], forwarded, "10.0.0.3", true],
    ["plain", ["127.0.0.1"], { "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "http" }, "192.0.2.7", false],
    ["IPv6", ["127.0.0.1"], { "X-Forwarded-For": "[2001:db8::1]:4711" }, "2001:db8::1", false],
    ["nonsense", ["127.0.0.1"], { "X-Forwarded-For": "192.0.2.7, hello" }, "127.0.0.1", false],
  ])(
    "X-Forwarded-For and -Proto count only from trusted proxies: %s",
    async (_, trustedProxies, headers, address, secure) => {
      const { port } = await start(showBindings, { trustedProxies });
      const got = await ask(estate, port, { plain: true, headers });
      expect(JSON.parse(got.text)).toMatchObject({ remoteAddress: address, secure });
    },
  );

  it("work over a unix socket, also where a dead process left one", async () => {
    const path = join(temporaryFolder().path, "management.sock");
    const listen = { kind: "unix", path } as const;
    const { listener } = await start(showBindings, { listen, trustedProxies: ["unix"] });
    const direct = await ask(estate, 0, { plain: true, socketPath: path });
    expect(JSON.parse(direct.text)).toMatchObject({ remoteAddress: "unix" });
    const proxied = await ask(estate, 0, {
      plain: true,
      socketPath: path,
      headers: { "X-Forwarded-For": "192.0.2.7" },
    });
    expect(JSON.parse(proxied.text)).toMatchObject({ remoteAddress: "192.0.2.7" });
    await expect(start(showBindings, { listen })).rejects.toThrow(/EADDRINUSE|in use/i);
    await listener.close(0);
    expect((await start(showBindings, { listen })).listener.address).toBe(`unix:${path}`);
  });
});

describe("a response", () => {
  it("goes out as the app made it, several cookies and no body too", async () => {
    const app = new Hono<PortEnv>()
      .get("/cookies", (c) => {
        c.header("Set-Cookie", "a=1");
        c.header("Set-Cookie", "b=2", { append: true });
        return c.json({ ok: true });
      })
      .get("/none", (c) => c.body(null, 204))
      .get(
        "/bare",
        () => new Response(new ReadableStream({ start: (c) => (c.enqueue(new Uint8Array([65])), c.close()) })),
      );
    const { port } = await start((request, bindings) => app.fetch(request, bindings));
    const cookies = await ask(estate, port, { plain: true, path: "/cookies" });
    expect([cookies.headers["set-cookie"], cookies.text]).toEqual([["a=1", "b=2"], '{"ok":true}']);
    expect((await ask(estate, port, { plain: true, path: "/none" })).status).toBe(204);
    const bare = await ask(estate, port, { plain: true, path: "/bare" });
    expect([bare.text, bare.headers["content-type"]]).toEqual(["A", undefined]);
    expect((await ask(estate, port, { plain: true, path: "/cookies", method: "HEAD" })).text).toBe("");
  });

  it("is a plain 500 when the app fails, without the reason", async () => {
    const { port, log } = await start(() => Promise.reject(new Error("inner detail")));
    const got = await ask(estate, port, { plain: true });
    expect([got.status, got.text]).toEqual([500, "Internal server error\n"]);
    expect(log.text()).toContain("inner detail");
  });

  it("is cut, not ended, when its source fails midway", async () => {
    const { port, log } = await start(() => {
      let sent = false;
      return new Response(
        new ReadableStream({
          pull: (controller) => {
            if (sent) controller.error(new Error("source broke"));
            else controller.enqueue(new Uint8Array(10));
            sent = true;
          },
        }),
      );
    }, tls());
    await expect(ask(estate, port)).rejects.toThrow();
    expect(log.text()).toContain("source broke");
  });
});

describe("a client that goes away", () => {
  it("ends the request at the Puppetserver", async () => {
    const events: string[] = [];
    const { port } = await startPuppetPort(estate, {
      answer: (seen, outgoing) => {
        events.push(`asked ${seen.url}`);
        outgoing.once("close", () => events.push("closed"));
        if (seen.url === "/part") outgoing.write("part");
      },
    });
    for (const path of ["/wait", "/part"]) {
      events.length = 0;
      const socket = await rawTls(port);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await eventually(() => expect(events).toEqual([`asked ${path}`]));
      socket.destroy();
      await eventually(() => expect(events).toEqual([`asked ${path}`, "closed"]));
    }
  });

  it("leaves the line of those who wait for a catalog", async () => {
    const held: (() => void)[] = [];
    const { port, web } = await startPuppetPort(estate, {
      answer: (_, outgoing) => void held.push(() => outgoing.end("{}")),
    });
    const path = "/puppet/v3/catalog/web01.example.test";
    const catalog = () => ask(estate, port, { path, as: estate.web01 });
    const first = [catalog(), catalog()];
    await eventually(() => expect(held).toHaveLength(2));
    const leaving = await rawTls(port);
    leaving.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const waiting = catalog();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const refused = await catalog();
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "5"]);
    leaving.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    held.splice(0).forEach((finish) => finish());
    await Promise.all(first);
    await eventually(() => expect(held).toHaveLength(1));
    held.splice(0).forEach((finish) => finish());
    expect((await waiting).status).toBe(200);
    expect(web.requests).toHaveLength(3);
  });
});

describe("bad input on the wire", () => {
  it.each([
    ["no HTTP", "hello\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["a header that is too large", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      /^HTTP\/1\.1 400 /,
    ],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      /^HTTP\/1\.1 400 /,
    ],
    ["no host", "GET / HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["a host that is none", "GET / HTTP/1.1\r\nHost: a/b@c\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 400 /],
  ])("is answered and closed: %s", async (_, text, answer) => {
    const { port } = await start(() => new Response("ok"), tls());
    expect(await sendRaw(estate, port, text)).toMatch(answer);
    expect((await ask(estate, port)).text).toBe("ok");
  });

  it("that is no TLS is closed and noted at debug", async () => {
    const { port, log } = await start(() => new Response("ok"), tls());
    await sendRaw(estate, port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", undefined, true);
    expect((await ask(estate, port)).text).toBe("ok");
    await eventually(() => expect(log.lines.length).toBeGreaterThan(0));
    expect(log.lines.every(({ level }) => level === "debug")).toBe(true);
  });

  it("a large body that nobody wants is not read whole", async () => {
    let read = 0;
    const { port } = await start((request) => {
      read++;
      return new Response("no", { status: request.method === "PUT" ? 413 : 200 });
    });
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    let got = "";
    socket.on("data", (chunk) => got += chunk);
    const length = 2_000_000_000;
    let sent = 0;
    socket.write(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`);
    const chunk = new Uint8Array(100_000);
    let wake: (value?: unknown) => void = () => {};
    socket.on("drain", () => wake());
    socket.on("close", () => wake());
    while (!socket.destroyed && sent < length) {
      sent += chunk.length;
      if (!socket.write(chunk)) await new Promise((resolve) => wake = resolve);
    }
    expect(got).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent).toBeLessThan(100_000_000);
    expect(read).toBe(1);
  });

  it("a small body that nobody reads doesn't cost the connection", async () => {
    const { port } = await start(() => new Response("no", { status: 403 }));
    const request = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + "x".repeat(1000);
    const answers = await sendRaw(
      estate,
      port,
      request + request.replace("Host", "Connection: close\r\nHost"),
      undefined,
      true,
    );
    expect(answers.match(/HTTP\/1\.1 403/g)).toHaveLength(2);
  });
});

describe("slow clients", () => {
  const limits = { headersMs: 300, stalledMs: 300 };

  it.each([
    ["within the handshake", "", true],
    ["within the headers", "GET / HTTP/1.1\r\nHost", false],
    ["within the body", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab", false],
  ])("are cut: %s", async (_, text, plain) => {
    const { port } = await start(async (request) => new Response(await request.text()), { ...tls(), limits });
    const begin = performance.now();
    expect(await sendRaw(estate, port, text, undefined, plain)).not.toMatch(/ 200 /);
    expect(performance.now() - begin).toBeLessThan(8000);
  });

  it("are cut when they don't take an answer, and not while they wait for one", async () => {
    let cancelled = false;
    const { port } = await start(async (request) => {
      if (request.method === "POST") {
        return await new Promise((resolve) => setTimeout(() => resolve(new Response("late")), 1200));
      }
      return new Response(
        new ReadableStream({
          pull: (c) => c.enqueue(new Uint8Array(1_000_000)),
          cancel: () => void (cancelled = true),
        }),
      );
    }, { ...tls(), limits });
    expect((await ask(estate, port, { method: "POST" })).text).toBe("late");
    const socket = await rawTls(port);
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    socket.pause();
    await eventually(() => expect(cancelled).toBe(true));
  });
});

describe("upgrades", () => {
  const upgrade = "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

  it("are refused where nobody takes them", async () => {
    const { port } = await startPuppetPort(estate);
    expect(await sendRaw(estate, port, upgrade, estate.web01)).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("get the same peer as requests, and may be taken", async () => {
    const seen: unknown[] = [];
    const { port, trust } = await startPuppetPort(estate, {
      port: {
        upgrade: (incoming, socket, _head, bindings) => {
          seen.push(bindings.peer?.kind === "verified" ? bindings.peer.certname : bindings.peer?.reason);
          if (incoming.url !== "/socket" || bindings.peer?.kind !== "verified") return false;
          socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
          return true;
        },
      },
    });
    expect(await sendRaw(estate, port, upgrade, estate.web01)).toMatch(/^HTTP\/1\.1 101 .*hello$/s);
    expect(await sendRaw(estate, port, upgrade)).toMatch(/^HTTP\/1\.1 404 /);
    trust.setCrls("file", await estate.ca.crl([estate.web01.serial]));
    expect(await sendRaw(estate, port, upgrade, estate.web01)).toMatch(/^HTTP\/1\.1 404 /);
    expect(seen).toEqual(["web01.example.test", "no certificate", "revoked"]);
  });
});

describe("closing", () => {
  it("closes idle connections at once and lets what runs end", async () => {
    let finish: () => void = () => {};
    const { listener, port } = await start(
      (request) =>
        request.method === "GET"
          ? new Response("ok")
          : new Promise<Response>((resolve) => finish = () => resolve(new Response("done"))),
      tls(),
    );
    const idle = await rawTls(port);
    idle.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const ended = new Promise((resolve) => idle.once("close", resolve));
    await new Promise((resolve) => idle.once("data", resolve));
    const running = ask(estate, port, { method: "POST" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closed = listener.close(5000);
    await ended;
    await expect(ask(estate, port)).rejects.toThrow();
    finish();
    const got = await running;
    expect([got.text, got.headers.connection]).toEqual(["done", "close"]);
    await closed;
  });

  it("cuts what doesn't end in time", async () => {
    const { listener, port } = await start(() => new Promise<Response>(() => {}), tls());
    const running = ask(estate, port);
    running.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    const begin = performance.now();
    await listener.close(100);
    expect(performance.now() - begin).toBeLessThan(3000);
    await expect(running).rejects.toThrow();
  });
});

/** A client that stops reading when it is told to, on Deno too. */
const rawTls = async (port: number): Promise<TLSSocket> => {
  const gate = gateSocket(connect(port, "127.0.0.1"));
  const socket = connectTls({
    socket: gate.stream as Socket,
    ca: estate.bundle,
    servername: "localhost",
    cert: estate.web01.chain,
    key: estate.web01.key,
  });
  gate.follow(socket);
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  return socket;
};
