import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { timestamp } from "../../../handlers/interfaces/clock.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import type { Store } from "../../../handlers/interfaces/store.ts";
import { createTestClock } from "../../support/clock.ts";
import { catalogOf, factsOf, fill, openTestStore, redactorOf, reportOf, resourceOf } from "../../support/estate.ts";
import { type Caller, createTestManagement, noRules } from "../../support/management.ts";

const hour = 3_600_000;
const clock = createTestClock();
const now = clock.now();
const odd = '{"big":9007199254740993,"small":5e-07,"one":1.0,"neg":-0}';
const secret = "a secret of the site";
const marked = "a value that Puppet marked";
const webFacts = `{"numbers":${odd},"leak":"password=${secret}","other":"<${marked}>"}`;

let store: Store;
let call: Caller;

const get = async (path: string, status = 200) => {
  const response = await call("GET", `/api/v1/nodes${path}`);
  const text = await response.text();
  expect([path, response.status, text.slice(0, 300)]).toEqual([path, status, text.slice(0, 300)]);
  // deno-lint-ignore no-explicit-any -- a JSON answer of any form
  return { text, body: JSON.parse(text) as any, response };
};

beforeAll(async () => {
  store = await openTestStore(clock);
  await fill(store.estate, [
    factsOf("web.example", now - hour, webFacts),
    catalogOf("web.example", now - 2 * hour, [resourceOf("File", "/old", `{"content":"${secret}"}`)], {
      catalog_uuid: "uuid-old",
      version: `v ${secret}`,
    }),
    catalogOf("web.example", now - hour, [
      resourceOf("File", "/new", `{"mode":"0644","size":${odd}}`),
      resourceOf("Nagios_host", "web", `{"alias":"${secret}"}`, { exported: true }),
    ], { catalog_uuid: "uuid-new" }),
    reportOf("web.example", now - 2 * hour, { status: "failed", catalog_uuid: "uuid-old" }),
    reportOf("web.example", now - hour, {
      status: "changed",
      catalog_uuid: "uuid-new",
      logs:
        `[{"file":null,"line":null,"level":"notice","message":"is ${secret}","source":"Puppet","tags":["notice"],"time":"${
          timestamp(now)
        }"}]`,
      metrics: '[{"category":"time","name":"total","value":1.0}]',
      resources: `[{"skipped":false,"timestamp":"${
        timestamp(now)
      }","resource_type":"File","resource_title":"/new","file":null,"line":null,"containment_path":[],"corrective_change":false,"events":[{"status":"success","timestamp":"${
        timestamp(now)
      }","name":"x","property":"content","new_value":"${secret}","old_value":"${marked}","message":"${marked}","corrective_change":false}]}]`,
    }),
    factsOf("db.example", now - hour, `{"other":"${marked}"}`, { environment: "staging" }),
    ...Array.from({ length: 12 }, (_, i) => reportOf(`app${i}.example`, now - i * 1000, { status: "changed" })),
  ]);
  await store.estate.storeCatalog({
    certname: "web.example",
    catalog_uuid: "uuid-new",
    environment: "production",
    version: "1",
    code_id: null,
    received_at: timestamp(now - hour),
    hash: "f".repeat(64),
    content: seal(
      `{"name":"web.example","resources":[{"type":"File","title":"/new","parameters":{"mode":"0644","size":${odd},"content":{"__ptype":"Sensitive","__pvalue":"${marked}"}},"sensitive_parameters":["content"]}],"edges":[{"source":"Stage[main]","target":"File[/new]"}]}`,
    ),
    marks: seal({ values: [marked], parameters: { "File[/new]": ["content"] } }),
  });
  const management = await createTestManagement({
    clock,
    deps: {
      estate: store.estate,
      secrets: {
        redactor: () => redactorOf([secret]),
        add: () => Promise.reject(new Error("Not used here")),
        remove: () => Promise.resolve(false),
        rules: noRules,
      },
    },
  });
  call = await management.loggedIn();
});
afterAll(() => store.close());

describe("GET /nodes", () => {
  it("lists nodes in pyppetdb's form with counts of each status", async () => {
    const { body } = await get("?limit=1&node_id=web");
    expect(body).toEqual({
      result: [{
        id: "web.example",
        environment: "production",
        disabled: false,
        deactivated: null,
        expired: null,
        change_catalog: timestamp(now - hour),
        change_facts: timestamp(now - hour),
        change_report: timestamp(now - hour),
        change_last: timestamp(now - hour),
        catalog: { catalog_uuid: "uuid-new", num_resources: 2, num_resources_exported: 1 },
        report: {
          hash: expect.stringMatching(/^[0-9a-f]{40}$/),
          catalog_uuid: "uuid-new",
          status: "changed",
          noop: false,
          noop_pending: false,
          corrective_change: false,
        },
        report_status_computed: "changed",
      }],
      meta: {
        result_size: 1,
        next: null,
        status_changed: 1,
        status_unchanged: 0,
        status_failed: 0,
        status_unreported: 0,
        status_outdated: 0,
        status_unknown: 0,
      },
    });
  });

  it("filters by regular expressions, sorts and pages", async () => {
    const { body } = await get("?report_status=^unrep&fields=id");
    expect(body.result).toEqual([{ id: "db.example", report_status_computed: "unreported" }]);
    expect(body.meta).toMatchObject({ result_size: 1, status_changed: 13, status_unreported: 1 });
    const page = await get("?node_id=^app&sort=change_report&sort_order=descending&limit=5&page=2&fields=id");
    expect(page.body.result.map((node: { id: string }) => node.id)).toEqual(["app10.example", "app11.example"]);
    expect(page.body.meta.result_size).toBe(12);
    expect((await get("?environment=stag")).body.result.map((node: { id: string }) => node.id)).toEqual(["db.example"]);
    expect((await get("?disabled=true")).body.result).toEqual([]);
    expect(
      (await get(`?outdated_threshold=${encodeURIComponent("2026-01-01T01:00:00+01:00")}&report_status=outdated`))
        .body.meta.result_size,
    ).toBe(12);
  });

  it("gives the fields that are asked for", async () => {
    const { body } = await get("?node_id=web&fields=environment&fields=report.status&fields=catalog.num_resources");
    expect(body.result).toEqual([{
      environment: "production",
      report: { status: "changed" },
      catalog: { num_resources: 2 },
      report_status_computed: "changed",
    }]);
  });
});

describe("GET /nodes/{node} and what is below", () => {
  it("shows facts and the last report with exact numbers", async () => {
    const { text, body, response } = await get("/web.example");
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(text).toContain(`"numbers":${odd}`);
    expect(body.facts.leak).toBe("password=XXXXX");
    expect(body.report).toMatchObject({ status: "changed", logs: [{ message: "is XXXXX" }] });
    expect((await get("/web.example?fields=id&fields=report.metrics")).text).toBe(
      '{"id":"web.example","report":{"metrics":[{"category":"time","name":"total","value":1.0}]},"report_status_computed":"changed"}',
    );
    expect((await get("/db.example")).body).toMatchObject({ report: null, catalog: null, facts: {} });
  });

  it("shows facts alone", async () => {
    const { text, body } = await get("/web.example/facts");
    expect(text).toContain(odd);
    expect(body).toMatchObject({ id: "web.example", environment: "production", package_inventory: null });
    await get("/app1.example/facts", 404);
  });

  it("shows the whole catalog where it passed port 8001, what it exports beside it", async () => {
    const { text, body } = await get("/web.example/catalog");
    expect(text).toContain(odd);
    expect(body).toMatchObject({
      node_id: "web.example",
      source: "agent",
      current: true,
      catalog: {
        catalog_uuid: "uuid-new",
        resources: [{ title: "/new" }],
        resources_exported: [{ title: "web", parameters: { alias: "XXXXX" } }],
        edges: [{ target: "File[/new]" }],
      },
    });
    await get("/app1.example/catalog", 404);
  });

  it("shows earlier catalogs", async () => {
    const { body } = await get("/web.example/catalogs");
    expect(body.meta).toEqual({ result_size: 2 });
    expect(body.result.map((each: { catalog: { catalog_uuid: string } }) => each.catalog.catalog_uuid)).toEqual([
      "uuid-new",
      "uuid-old",
    ]);
    const old = await get(`/web.example/catalogs/${body.result[1].id}`);
    expect(old.body).toMatchObject({
      source: "puppetdb",
      current: false,
      version: "v XXXXX",
      catalog: { resources: [{ type: "File", title: "/old", parameters: { content: "XXXXX" } }] },
    });
    expect((await get("/web.example/catalogs?sort=created&sort_order=ascending&limit=1&fields=created")).body.result)
      .toEqual([{ created: timestamp(now - 2 * hour) }]);
    await get("/web.example/catalogs/99999", 404);
    await get(`/db.example/catalogs/${body.result[1].id}`, 404);
    await get("/nobody.example/catalogs", 404);
    expect((await get("/db.example/catalogs")).body.result).toEqual([]);
  });

  it("shows reports", async () => {
    const { body } = await get("/web.example/reports");
    expect(body.result.map((each: { report: { status: string } }) => each.report.status)).toEqual([
      "changed",
      "failed",
    ]);
    expect(body.result[0].report).not.toHaveProperty("logs");
    expect((await get("/web.example/reports?report_status=^f")).body.meta.result_size).toBe(1);
    expect((await get("/web.example/reports?report_status=nothing")).body.result).toEqual([]);
    expect((await get("/web.example/reports?report_catalog_uuid=uuid-old")).body.meta.result_size).toBe(1);
    expect((await get("/web.example/reports?fields=report.status&limit=1")).body.result).toEqual([
      { report: { status: "changed" } },
    ]);
    const one = await get(`/web.example/reports/${body.result[0].id}`);
    expect(one.body.report.resources[0].events[0]).toMatchObject({ new_value: "XXXXX", old_value: "XXXXX" });
    expect((await get("/web.example/reports/latest")).text).toBe(one.text);
    await get(`/db.example/reports/${body.result[0].id}`, 404);
    await get("/db.example/reports/latest", 404);
    await get("/nobody.example/reports", 404);
  });

  it("hides secrets and marked values of the node under every route", async () => {
    const catalogs = await get("/web.example/catalogs");
    const reports = await get("/web.example/reports");
    const ids = (list: { body: { result: { id: string }[] } }) => list.body.result.map((each) => each.id);
    const paths = [
      "",
      "/web.example",
      "/web.example/facts",
      "/web.example/catalog",
      "/web.example/catalogs",
      "/web.example/reports",
      ...ids(catalogs).map((id) => `/web.example/catalogs/${id}`),
      ...ids(reports).map((id) => `/web.example/reports/${id}`),
    ];
    for (const path of paths) {
      const { text } = await get(path);
      expect([path, text.includes(secret), text.includes(marked), text.includes("[sealed]")])
        .toEqual([path, false, false, false]);
    }
    expect((await get("/db.example/facts")).text).toContain(marked);
  });
});

describe("DELETE /nodes/{node}", () => {
  it("removes it with all that hangs on it", async () => {
    expect((await call("DELETE", "/api/v1/nodes/app11.example")).status).toBe(200);
    await get("/app11.example", 404);
    await get("/app11.example/reports", 404);
    expect((await call("DELETE", "/api/v1/nodes/app11.example")).status).toBe(404);
  });
});

describe("junk", () => {
  it.each([
    ["?limit=0", "limit"],
    ["?limit=1001", "limit"],
    ["?limit=ten", "limit"],
    ["?page=-1", "page"],
    ["?sort=password", "sort"],
    ["?sort_order=down", "sort_order"],
    ["?fields=facts", "fields[0]"],
    ["?node_id=(", "node_id"],
    ["?node_id=(?=a)", "node_id"],
    ["?environment=" + "a".repeat(501), "environment"],
    ["?disabled=1", "disabled"],
    ["?report_status=[", "report_status"],
    ["?outdated_threshold=yesterday", "outdated_threshold"],
    ["?outdated_threshold=2026-01-01T00:00:00", "outdated_threshold"],
    ["?nonsense=1", undefined],
    ["?page=1&page=2", "page"],
    ["/%00", "node"],
    ["/a%0Ab", "node"],
    ["/" + "a".repeat(256), "node"],
    ["/web.example/reports/abc", "report"],
    ["/web.example/reports/" + "A".repeat(40), "report"],
    ["/web.example/catalogs/a%20b", "catalog"],
    ["/web.example/catalogs?sort=version", "sort"],
  ])("%s is 400", async (path, field) => {
    const { body } = await get(path, 400);
    expect(body.field).toBe(field);
  });

  it.each([
    "/nobody.example",
    "/nobody.example/facts",
    "/nobody.example/catalog",
    "/..%2f..%2fetc%2fpasswd",
    "/%25",
    "/ü.example",
    "/web.example/nothing",
    "/web.example'%20OR%201=1",
  ])("%s is 404", async (path) => {
    const { text } = await get(path, 404);
    expect(text).not.toMatch(/sqlite|SELECT|nodes_|collection/i);
  });
});
