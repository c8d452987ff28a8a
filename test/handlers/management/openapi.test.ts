import { describe, expect, it } from "vitest";
import { factsOf } from "../../../handlers/http/route-facts.ts";
import type { OpenApi, Operation } from "../../../handlers/management/openapi.ts";
import { createTestManagement } from "../../support/management.ts";

const read = async (publicUrl?: string) => {
  const made = await createTestManagement(publicUrl === undefined ? {} : { deps: { publicUrl } });
  const response = await made.app.request("/openapi.json", {}, made.env());
  expect(response.status).toBe(200);
  return { ...made, api: await response.json() as OpenApi };
};
const operationsOf = (api: OpenApi): { path: string; method: string; operation: Operation }[] =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  );

describe("/openapi.json", () => {
  it("is OpenAPI 3.1 as to its structure", async () => {
    const { api } = await read();
    expect(api.openapi).toBe("3.1.0");
    expect(Object.keys(api).sort()).toEqual(["components", "info", "openapi", "paths", "servers"]);
    for (const { path, method, operation } of operationsOf(api)) {
      expect(path).toMatch(/^\/[\w/.{}]*$/);
      expect(["get", "post", "put", "delete"]).toContain(method);
      expect(operation.summary).toMatch(/^[A-Z].*[^.]$/);
      expect(operation.tags).toHaveLength(1);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const named = operation.parameters.filter((each) => each.in === "path").map(({ name }) => name);
      expect(named).toEqual(inPath);
      for (const each of operation.parameters) {
        expect(["query", "path"]).toContain(each.in);
        expect(each.required || each.in === "query").toBe(true);
        expect(Object.keys(each.schema).length).toBeGreaterThan(0);
      }
      const statuses = Object.keys(operation.responses);
      expect(statuses.some((status) => /^2\d\d$/.test(status))).toBe(true);
      expect(statuses).toContain("default");
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^(\d{3}|default)$/);
        if (!("$ref" in response)) expect(response.description).not.toBe("");
      }
    }
  });

  it("has references that lead somewhere, and no other ones", async () => {
    const { api } = await read();
    const text = JSON.stringify(api);
    for (const [, pointer] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const target = pointer!.split("/").reduce<unknown>(
        (at, key) => (at as Record<string, unknown> | undefined)?.[key],
        api,
      );
      expect([pointer, typeof target]).toEqual([pointer, "object"]);
    }
    expect(text).not.toContain("$defs");
    expect(text).not.toMatch(/"\$ref":"(?!#\/)/);
    expect(text).not.toContain("$schema");
    expect(text).not.toMatch(/"pattern":"[^"]*\\p\{/);
  });

  it("has every route of the app under /api, with unique operation ids", async () => {
    const { api, app } = await read();
    const routes = new Set(
      app.routes.filter(({ path, method }) => path.startsWith("/api/") && method !== "ALL")
        .map(({ path, method }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`),
    );
    const described = new Set(operationsOf(api).map(({ path, method }) => `${method.toUpperCase()} ${path}`));
    expect(routes.size).toBeGreaterThan(10);
    expect([...routes].filter((route) => !described.has(route))).toEqual([]);
    const ids = operationsOf(api).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain("getDeadLettersByDeadLetter");
    expect(ids.every((id) => /^[a-zA-Z]\w*$/.test(id))).toBe(true);
  });

  it("says who may come in: a cookie of the right name, or anyone", async () => {
    const { api } = await read();
    expect(api.components.securitySchemes.session).toEqual({ type: "apiKey", in: "cookie", name: "hoppetdb" });
    expect(api.paths["/api/v1/authenticate"]!.post!.security).toEqual([]);
    expect(api.paths["/api/v1/dead_letters"]!.get!.security).toEqual([
      { session: [] },
      { bearer: [] },
      { secret_id: [], secret: [] },
    ]);
    const behindTls = (await read("https://hoppetdb.example.com")).api;
    expect(behindTls.components.securitySchemes.session).toMatchObject({ name: "__Host-hoppetdb" });
    expect(behindTls.servers).toEqual([{ url: "https://hoppetdb.example.com" }]);
  });

  it("describes parameters as they are after reading, bodies as they are sent, problems as problems", async () => {
    const { api } = await read();
    const list = api.paths["/api/v1/nodes_secrets_redactor"]!.get!;
    expect(list.parameters.find(({ name }) => name === "limit")).toEqual({
      name: "limit",
      in: "query",
      required: false,
      description: "Results a page",
      schema: { type: "integer", minimum: 1, maximum: 1000, default: 10 },
    });
    expect(list.parameters.find(({ name }) => name === "fields")!.schema).toMatchObject({ type: "array" });
    const login = api.paths["/api/v1/authenticate"]!.post!;
    expect(login.requestBody!.content["application/json"]!.schema).toMatchObject({
      type: "object",
      required: ["user", "password"],
      additionalProperties: false,
    });
    expect(Object.keys(login.responses).sort()).toEqual([
      "201",
      "400",
      "401",
      "403",
      "413",
      "415",
      "422",
      "429",
      "default",
    ]);
    expect(login.responses["422"]).toEqual({ $ref: "#/components/responses/Problem" });
    expect(api.components.schemas.Problem).toMatchObject({ type: "object" });
  });

  it("is made of what stands at the routes", async () => {
    const { app } = await read();
    const targets = app.routes.map(({ handler }) => factsOf(handler)).filter((facts) => facts?.kind === "input");
    expect(targets.length).toBeGreaterThan(5);
  });
});

describe("/docs", () => {
  it("shows every operation on one page, with nothing from elsewhere and no script", async () => {
    const { app, env, api } = await read();
    const response = await app.request("/docs", {}, env());
    const text = await response.text();
    expect(response.headers.get("Content-Type")).toMatch(/^text\/html/);
    for (const { path, operation } of operationsOf(api)) {
      expect(text).toContain(`id="${operation.operationId}"`);
      expect(text).toContain(path);
    }
    expect(text).not.toMatch(/<script|<style|style=|onclick|src=/);
    expect([...text.matchAll(/<(?:a|link)[^>]*href="([^"]+)"/g)].every(([, to]) => /^[/#]/.test(to!))).toBe(true);
    expect(text).toContain('name="viewport"');
    expect(text).toMatch(/value: string/);
    const style = await app.request("/docs/style.css", {}, env());
    expect(style.headers.get("Content-Type")).toMatch(/^text\/css/);
  });
});
