import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { accessLog } from "../../../handlers/http/access-log.ts";
import { bodyLimit } from "../../../handlers/http/body-limit.ts";
import type { PortEnv } from "../../../handlers/http/env.ts";
import { healthRoutes } from "../../../handlers/http/health.ts";
import { onProblem } from "../../../handlers/http/problem.ts";
import { requestId } from "../../../handlers/http/request-id.ts";
import { securityHeaders } from "../../../handlers/http/security-headers.ts";
import { safeNext } from "../../../handlers/http/session.ts";
import { createSessionCookie } from "../../../handlers/http/session-cookie.ts";
import { createTestClock } from "../../support/clock.ts";
import { createTestIds } from "../../support/ids.ts";
import { createRecordingLog } from "../../support/log.ts";

describe("bodyLimit", () => {
  const log = createRecordingLog();
  const app = new Hono().use(bodyLimit(1000)).post("/", async (c) => c.text(String((await c.req.text()).length)));
  app.onError(onProblem({ log }));

  it("lets a body of the limit pass and refuses a larger one", async () => {
    expect(await (await app.request("/", { method: "POST", body: "x".repeat(1000) })).text()).toBe("1000");
    expect((await app.request("/", { method: "POST", body: "x".repeat(1001) })).status).toBe(413);
  });

  it("goes by the Content-Length before it reads", async () => {
    const body = new ReadableStream({
      pull: () => {
        throw new Error("It was read");
      },
    }, { highWaterMark: 0 });
    const headers = { "Content-Length": "1001" };
    const request = new Request("http://localhost/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
    expect((await app.request(request)).status).toBe(413);
  });

  it("stops reading a body without length as soon as it is too long", async () => {
    let pulled = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(400));
      },
    }, { highWaterMark: 0 });
    const request = new Request("http://localhost/", { method: "POST", body, duplex: "half" } as RequestInit);
    expect((await app.request(request)).status).toBe(413);
    expect(pulled).toBeLessThan(6);
  });
});

describe("healthRoutes", () => {
  const ask = async (ready: () => Promise<void>, started: boolean) => {
    const app = healthRoutes({ ready, started: () => started });
    const answers = [];
    for (const path of ["live", "ready", "startup"]) {
      const response = await app.request(`/healthz/${path}`);
      answers.push(`${path} ${response.status} ${await response.text()}`);
    }
    return answers;
  };
  const well = () => Promise.resolve();

  it("says ok or unavailable and nothing else", async () => {
    expect(await ask(well, true)).toEqual(["live 200 ok", "ready 200 ok", "startup 200 ok"]);
    expect(await ask(well, false)).toEqual(["live 200 ok", "ready 503 unavailable", "startup 503 unavailable"]);
    expect(await ask(() => Promise.reject(new Error("mongodb://user:pass@db")), true)).toEqual([
      "live 200 ok",
      "ready 503 unavailable",
      "startup 200 ok",
    ]);
  });
});

describe("accessLog", () => {
  it("names who was verified, and nobody else", async () => {
    const log = createRecordingLog();
    const app = new Hono<PortEnv>().use(
      requestId({ ids: createTestIds() }),
      accessLog({ log, clock: createTestClock() }),
    );
    app.get("/", (c) => c.text("ok"));
    const env = { remoteAddress: "192.0.2.1", secure: true };
    const peer = { kind: "verified", certname: "web01", serial: "1", issuer: "CN=CA", pem: "" } as const;
    await app.request("/", {}, { ...env, peer });
    await app.request("/", {}, { ...env, peer: { kind: "anonymous", reason: "revoked" } });
    expect(log.lines.map(({ fields }) => fields.certname)).toEqual(["web01", undefined]);
  });

  it("writes one line a request, without the query", async () => {
    const log = createRecordingLog();
    const clock = createTestClock();
    const app = new Hono<PortEnv>().use(requestId({ ids: createTestIds() }), accessLog({ log, clock }));
    app.get("/slow/:x", (c) => {
      clock.advance(12);
      return c.text("done", 201);
    });
    app.get("/fails", () => {
      throw new Error("No");
    });
    app.onError((_error, c) => c.text("failed", 500));
    app.get("/healthz/live", (c) => c.text("ok"));
    const env = { remoteAddress: "192.0.2.1", secure: false };
    const response = await app.request("/slow/a%0Ab?fact=password:eq:str:hunter2", {}, env);
    await app.request("/fails", {}, env);
    await app.request("/healthz/live", {}, env);
    expect(log.lines[0]).toEqual({
      level: "info",
      event: "Request",
      fields: {
        method: "GET",
        path: "/slow/a%0Ab",
        status: 201,
        ms: 12,
        request_id: response.headers.get("X-Request-Id"),
        address: "192.0.2.1",
      },
    });
    expect(log.lines.map(({ level, fields }) => [level, fields.status])).toEqual([
      ["info", 201],
      ["info", 500],
      ["debug", 200],
    ]);
    expect(log.text()).not.toContain("hunter2");
  });
});

describe("requestId", () => {
  it("is ours, also when the client brings one", async () => {
    const app = new Hono<PortEnv>().use(requestId({ ids: createTestIds() })).get("/", (c) => c.text(c.var.requestId));
    const response = await app.request("/", { headers: { "X-Request-Id": "forged\tline" } });
    expect(await response.text()).toBe(response.headers.get("X-Request-Id"));
    expect(response.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("securityHeaders", () => {
  const cookie = createSessionCookie({ publicUrl: "https://hoppetdb.example.com" });
  const app = new Hono<PortEnv>().use(securityHeaders({ cookie }));
  app.get("/page", (c) => c.html("<p>page"));
  app.get("/raw", () => new Response("raw"));
  app.get("/file.css", (c) => c.body("p{}", 200, { "Cache-Control": "max-age=60" }));
  app.get("/fails", () => {
    throw new Error("No");
  });
  app.onError((_error, c) => c.text("failed", 500));

  it("stand on every answer, errors and unknown paths too", async () => {
    for (const path of ["/page", "/raw", "/fails", "/nowhere"]) {
      const { headers } = await app.request(path);
      const policy = headers.get("Content-Security-Policy")!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|http:/);
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(headers.get("Referrer-Policy")).toBe("same-origin");
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("Strict-Transport-Security")).toContain("max-age=");
    }
  });

  it("leave a file its own caching", async () => {
    expect((await app.request("/file.css")).headers.get("Cache-Control")).toBe("max-age=60");
  });
});

describe("safeNext", () => {
  it("stays on our own pages", () => {
    for (const path of ["/", "/nodes/web01?x=1#y", "/a//b"]) expect(safeNext(path)).toBe(path);
    const others = [
      undefined,
      "",
      "nodes",
      "//evil.example",
      "/\\evil.example",
      "https://evil.example",
      "/a\\b",
      "/a\n",
    ];
    for (const path of others) expect(safeNext(path, "/home")).toBe("/home");
    expect(safeNext("javascript:alert(1)")).toBe("/");
  });
});
