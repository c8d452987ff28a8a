import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../handlers/errors.ts";
import type { UpstreamRequest } from "../../../handlers/interfaces/upstream.ts";
import { createTestPuppetdb, verified } from "../../support/puppetdb.ts";

const dashboard = verified("dashboard.example.test");

describe("what the PuppetDB behind us answers", () => {
  let puppetdb: Awaited<ReturnType<typeof createTestPuppetdb>>;
  const asked: UpstreamRequest[] = [];
  let answer: () => Promise<Response>;
  beforeEach(async () => {
    asked.length = 0;
    answer = () => Promise.resolve(Response.json([{ a: 1 }], { headers: { "X-Records": "7", Connection: "close" } }));
    const fetch = (request: UpstreamRequest) => {
      asked.push(request);
      return answer();
    };
    puppetdb = await createTestPuppetdb({ upstream: { fetch } });
  });
  afterEach(() => puppetdb.store.close());

  it("goes there as it came and comes back as it is", async () => {
    const path = "/pdb/query/v4/events?query=%5B%22%3D%22%2C%22a%22%2C%22b%22%5D&limit=1";
    const got = await puppetdb.ask(
      path,
      { headers: { Accept: "application/json", Cookie: "no", Authorization: "no" } },
      dashboard,
    );
    expect([got.status, await got.text(), got.headers.get("X-Records"), got.headers.get("Connection")]).toEqual([
      200,
      '[{"a":1}]',
      "7",
      null,
    ]);
    expect(asked).toHaveLength(1);
    expect([asked[0]?.method, asked[0]?.path, [...asked[0]!.headers]]).toEqual(["GET", path, [[
      "accept",
      "application/json",
    ]]]);
  });

  it("goes there whole where we don't understand it, body and all", async () => {
    const body = JSON.stringify({ query: ["extract", [["function", "to_string", "a", "b"]]], limit: 1 });
    const headers = { "Content-Type": "application/json" };
    const got = await puppetdb.ask("/pdb/query/v4/nodes", { method: "POST", headers, body }, dashboard);
    expect(got.status).toBe(200);
    expect(await new Response(asked[0]?.body).text()).toBe(body);
    await puppetdb.ask("/pdb/query/v4", { method: "POST", headers, body: '{"query":"nodes{}"}' }, dashboard);
    expect(await new Response(asked[1]?.body).text()).toBe('{"query":"nodes{}"}');
  });

  it.each([
    ["POST", "/pdb/query/..%2fcmd/v1?command=x"],
    ["POST", "/pdb/query/..;/cmd/v1?command=x"],
    ["POST", "/pdb/query/..;a=b/cmd/v1"],
    ["POST", "/pdb/query/x/..%5c..%5ccmd/v1"],
    ["POST", "/pdb/query/%2e%2e%2fcmd/v1"],
    ["POST", "/pdb/query/../cmd/v1"],
    ["GET", "/pdb/query/..%2fadmin/v1/archive"],
    ["GET", "/pdb/admin/v1/summary-stats"],
    ["GET", "/pdb/ext/v1"],
    ["POST", "/metrics/v2"],
    ["PUT", "/pdb/query/v4/nodes"],
    ["DELETE", "/metrics/v2/read/x"],
    ["GET", "/"],
  ])("only reading goes there, for one who may ask: not %s %s", async (method, path) => {
    const got = await puppetdb.ask(path, { method, ...(method === "POST" ? { body: "{}" } : {}) }, dashboard);
    expect([400, 403, 404, 405]).toContain(got.status);
    expect(asked).toEqual([]);
  });

  it("is 503 while it cannot be reached; our own answers go on", async () => {
    answer = () => Promise.reject(new AppError("upstream_failed", "https://inside.test refused"));
    const got = await puppetdb.ask("/pdb/query/v4/environments", {}, dashboard);
    expect([got.status, got.headers.get("Retry-After")]).toEqual([503, "10"]);
    expect(await got.text()).not.toContain("inside.test");
    expect((await puppetdb.ask("/pdb/query/v4/nodes", {}, dashboard)).status).toBe(200);
  });
});

describe("without a PuppetDB behind us", () => {
  let puppetdb: Awaited<ReturnType<typeof createTestPuppetdb>>;
  beforeEach(async () => void (puppetdb = await createTestPuppetdb()));
  afterEach(() => puppetdb.store.close());

  it("what is not answered here says what to set", async () => {
    for (const path of ["/pdb/query/v4/environments", "/pdb/none", "/metrics/v2/list"]) {
      const got = await puppetdb.ask(path);
      expect([got.status, (await got.json()).error]).toEqual([404, expect.stringContaining("HOPPETDB_PUPPETDB_URL")]);
    }
  });

  it("versions, methods, types and parameters are checked as PuppetDB does", async () => {
    const text = async (path: string, init: RequestInit = {}) => {
      const got = await puppetdb.ask(path, init);
      return [got.status, await got.text()];
    };
    const nodes = "/pdb/query/v4/nodes";
    expect(await text("/pdb/query/v3/nodes")).toEqual([
      404,
      expect.stringContaining("The v3 API has been retired; please use v4"),
    ]);
    expect(await text(nodes, { method: "DELETE" })).toEqual([405, "PuppetDB queries must be made via GET/POST"]);
    expect(await text(nodes, { headers: { Accept: "text/html" } })).toEqual([406, "must accept application/json"]);
    expect(await text(nodes, { method: "POST", body: "a=b" })).toEqual([415, expect.stringMatching(/^content type /)]);
    expect(await text(`${nodes}?colour=red`)).toEqual([400, "Unsupported query parameter 'colour'"]);
    expect(await text(`${nodes}/x?limit=1`)).toEqual([400, "Unsupported query parameter 'limit'"]);
    expect(await text(`${nodes}?limit=-1`)).toEqual([400, expect.stringContaining("positive non-zero")]);
    expect(await text(`${nodes}/none`)).toEqual([
      404,
      expect.stringContaining('"No information is known about node none"'),
    ]);
    expect(await text(nodes, { method: "HEAD" })).toEqual([200, ""]);
  });

  it("meta and status are answered", async () => {
    const json = async (path: string) => await (await puppetdb.ask(path)).json();
    expect((await json("/pdb/meta/v1/version")).version).toMatch(/^8\.\d+\.\d+$/);
    expect((await json("/pdb/meta/v1/version/latest")).newer).toBe(false);
    expect((await json("/pdb/meta/v1/server-time")).server_time).toBe("2026-11-23T00:00:00.000Z");
    const services = await json("/status/v1/services");
    expect(services["puppetdb-status"]).toMatchObject({
      state: "running",
      status: { queue_depth: 0, "write_db_up?": true },
    });
    expect(await json("/status/v1/services/puppetdb-status")).toMatchObject({ service_name: "puppetdb-status" });
  });
});
