import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { problemSchema } from "../../../handlers/http/problem.ts";
import type { SessionEnv } from "../../../handlers/http/session.ts";
import { describedRoutes } from "../../../handlers/management/openapi.ts";
import { adminPassword, createTestManagement } from "../../support/management.ts";

describe("port 8000", () => {
  it("answers 404 for unknown paths and 405 with Allow for wrong methods", async () => {
    const { caller, loggedIn } = await createTestManagement();
    const call = caller();
    for (const path of ["/nowhere", "/api", "/api/v2/nodes", "/docs/x", "/healthz"]) {
      const response = await call("GET", path);
      expect([path, response.status]).toEqual([path, 404]);
      expect(problemSchema.parse(await response.json()).type).toBe("urn:hoppetdb:problem:not_found");
    }
    const inside = await loggedIn();
    const wrong: [string, string, string][] = [
      ["PATCH", "/api/v1/authenticate", "GET, HEAD, POST, DELETE"],
      ["PUT", "/api/v1/nodes_secrets_redactor", "GET, HEAD, POST"],
      ["GET", "/api/v1/dead_letters/a/replay", "POST"],
      ["POST", "/openapi.json", "GET, HEAD"],
      ["DELETE", "/healthz/live", "GET, HEAD"],
    ];
    for (const [method, path, allow] of wrong) {
      const response = await inside(method, path);
      expect([path, response.status, response.headers.get("Allow")]).toEqual([path, 405, allow]);
      expect(problemSchema.parse(await response.json()).status).toBe(405);
    }
    expect((await call("PATCH", "/api/v1/authenticate")).status).toBe(405);
  });

  it("W35: names in a 404 what was asked for and nothing of our inside", async () => {
    const { loggedIn } = await createTestManagement();
    const { detail } = await (await (await loggedIn())("DELETE", "/api/v1/nodes_secrets_redactor/abc")).json();
    expect(detail).toBe('There is no secret with the id "abc"');
  });

  it("lets no one in without a login but where the description says open", async () => {
    const { app, caller } = await createTestManagement();
    const call = caller();
    const routes = describedRoutes(app.routes);
    expect(routes.length).toBeGreaterThan(12);
    for (const { method, path, description } of routes) {
      const status = (await call(method, path.replace(/:\w+/g, "x"), method === "GET" ? undefined : {})).status;
      if (description.access === "open") expect([method, path, status]).not.toEqual([method, path, 401]);
      else expect([method, path, status]).toEqual([method, path, 401]);
    }
    expect((await call("GET", "/api/v1/what_comes_next")).status).toBe(401);
  });

  it("refuses a change that another site makes a browser send, with a valid cookie, at every route", async () => {
    const { app, env, loggedIn } = await createTestManagement();
    const { cookie } = await loggedIn();
    for (const { method, path } of describedRoutes(app.routes)) {
      if (method === "GET") continue;
      const foreign: Record<string, string>[] = [
        { Origin: "https://evil.example" },
        { "Sec-Fetch-Site": "cross-site" },
        ...(method === "POST" ? [{ "Content-Type": "text/plain" }] : []),
      ];
      for (const headers of foreign) {
        const init = {
          method,
          headers: { Cookie: cookie!, "Content-Type": "application/json", ...headers },
          body: "{}",
        };
        const response = await app.request(path.replace(/:\w+/g, "x"), init, env());
        expect([method, path, response.status]).toEqual([method, path, 403]);
      }
    }
  });

  it("gives every answer its id, and no answer behind the login to a cache", async () => {
    const { loggedIn } = await createTestManagement();
    const call = await loggedIn();
    for (const path of ["/api/v1/authenticate", "/api/v1/dead_letters", "/nowhere", "/docs", "/healthz/ready"]) {
      const { headers } = await call("GET", path);
      expect(headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    }
  });

  it("logs who did what, without the query", async () => {
    const { loggedIn, log } = await createTestManagement();
    await (await loggedIn())("GET", "/api/v1/dead_letters?certname=private.example.com");
    expect(log.lines.at(-1)).toMatchObject({
      event: "Request",
      fields: { path: "/api/v1/dead_letters", user: "admin", status: 200, address: "192.0.2.1" },
    });
    expect(log.text()).not.toContain("private.example.com");
  });

  it("W26: logs no password, token or secret, whatever is done with them", async () => {
    const failing = () => Promise.reject(new Error("The store is away"));
    const { loggedIn, caller, log, memory } = await createTestManagement();
    const call = await loggedIn();
    const tokens = [call.cookie!.split("=")[1]!];
    await caller()("POST", "/api/v1/authenticate", { user: "guessed-name", password: "guessed-password" });
    await call("PUT", "/api/v1/users/_self/password", { old: adminPassword, new: "a brand new pass phrase" });
    tokens.push(call.cookie!.split("=")[1]!);
    await call("POST", "/api/v1/nodes_secrets_redactor", { value: "s3cr3t-value" });
    memory.documents.insert = failing;
    expect((await call("POST", "/api/v1/nodes_secrets_redactor", { value: "s3cr3t-other" })).status).toBe(500);
    expect(log.lines.some(({ level }) => level === "error")).toBe(true);
    for (const secret of [...tokens, "guessed", adminPassword, "brand new", "s3cr3t"]) {
      expect(log.text()).not.toContain(secret);
    }
  });

  it("cuts off a body that is too large", async () => {
    const { caller } = await createTestManagement({ deps: { bodyLimit: 1000 } });
    const response = await caller()("POST", "/api/v1/authenticate", { user: "u".repeat(2000), password: "x" });
    expect([response.status, (await response.json()).type]).toEqual([413, "urn:hoppetdb:problem:too_large"]);
  });

  it("tells its health by the store's, without a login", async () => {
    const { app, env } = await createTestManagement({ deps: { ready: () => Promise.reject(new Error("No store")) } });
    expect((await app.request("/healthz/ready", {}, env())).status).toBe(503);
    expect((await app.request("/healthz/live", {}, env())).status).toBe(200);
  });

  it("mounts the pages, and shows a browser its errors as pages outside of the API", async () => {
    const ui = new Hono<SessionEnv>().get("/", (c) => c.html("<h1>Nodes</h1>"));
    const { caller } = await createTestManagement({
      deps: { ui, errorPage: (c, error) => c.html(`<h1>${error.status}</h1>`, error.status as 404) },
    });
    const call = caller();
    const html = { Accept: "text/html,*/*" };
    expect(await (await call("GET", "/")).text()).toBe("<h1>Nodes</h1>");
    expect(await (await call("GET", "/nowhere", undefined, html)).text()).toBe("<h1>404</h1>");
    expect((await call("GET", "/nowhere")).headers.get("Content-Type")).toBe("application/problem+json");
    const api = await call("GET", "/api/v1/nowhere", undefined, html);
    expect(api.headers.get("Content-Type")).toBe("application/problem+json");
  });

  it("has no 5xx for junk", async () => {
    const { app, env, loggedIn, log } = await createTestManagement();
    const call = await loggedIn();
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const bodies = [
      "",
      "{",
      "null",
      "[]",
      '"x"',
      "1e999",
      deep,
      '{"__proto__":{"x":1}}',
      "\u0000",
      '{"value":{"a":[]}}',
    ];
    const values = [
      "",
      "%",
      "%00",
      "%ff",
      "..",
      "../../etc/passwd",
      "a/b",
      "a".repeat(5000),
      "💥",
      "{{7*7}}",
      "__proto__",
    ];
    const queries = [
      "limit=NaN",
      "page=1e9",
      "fields=",
      "fields[]=id",
      "secret_id=(",
      "sort=__proto__",
      "%zz=1",
      "=",
      "&&",
    ];
    let asked = 0;
    const ask = async (method: string, path: string, init: RequestInit = {}) => {
      const headers = { Cookie: call.cookie!, Origin: "http://127.0.0.1:8000", ...init.headers };
      const request = new Request(`http://127.0.0.1:8000${path}`, { method, ...init, headers });
      const response = await app.request(request, undefined, env());
      asked++;
      expect([method, path.slice(0, 80), response.status < 500]).toEqual([method, path.slice(0, 80), true]);
      await response.text();
    };
    const json = { "Content-Type": "application/json" };
    for (const { method, path } of describedRoutes(app.routes)) {
      if (method === "DELETE" && path === "/api/v1/authenticate") continue;
      for (const value of values) await ask(method, path.replace(/:\w+/g, encodeURI(value)));
      for (const query of queries) await ask(method, `${path.replace(/:\w+/g, "x")}?${query}`);
      if (method === "GET") continue;
      for (const body of bodies) await ask(method, path.replace(/:\w+/g, "x"), { body, headers: json });
    }
    expect(asked).toBeGreaterThan(300);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
    expect((await call("GET", "/api/v1/authenticate")).status).toBe(200);
  });
});
