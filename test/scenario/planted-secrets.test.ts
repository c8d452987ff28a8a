import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCatalogContent, sealCatalog } from "../../handlers/core/commands/whole-catalog.ts";
import type { OpenApi } from "../../handlers/management/openapi.ts";
import { catalogOf, factsOf, fill, reportOf, resourceOf } from "../support/estate.ts";
import { type Asks, openProduct, type WholeProduct } from "../support/whole-product.ts";

const node = "secret.example.test";
const key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIPlantedKeyOfTheTest\n-----END EC PRIVATE KEY-----";
const token = `${btoa('{"alg":"HS256"}').replaceAll("=", "")}.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlLW9mLXRlc3Q`;
/** Each with the piece that nobody may find anywhere. */
const planted = {
  registered: "registered-Pl4nted",
  marked: "marked-Pl4nted",
  place: "placed-Pl4nted",
  parameter: "parameter-Pl4nted",
  key: "MHcCAQEEIPlantedKeyOfTheTest",
  token: "c2lnbmF0dXJlLW9mLXRlc3Q",
};

describe("secrets that are planted everywhere", () => {
  let product: WholeProduct;
  let admin: Asks;
  const everything = `${planted.registered} ${planted.marked} ${key} ${token}`;
  const now = Date.now();

  beforeAll(async () => {
    product = await openProduct();
    admin = await product.administrator();
    const { estate, queue } = product.store;
    await admin("POST", "/api/v1/nodes_secrets_redactor", { value: planted.registered });
    await admin("POST", "/api/v1/nodes_secrets_rules", { kind: "fact", fact: "by.place" });
    await admin("POST", "/api/v1/nodes_secrets_rules", { kind: "parameter", type: "notify", parameter: "hidden" });
    const parameters = { message: everything, hidden: planted.parameter, nested: { deep: [everything] } };
    const catalog = {
      name: node,
      version: 1,
      environment: "production",
      catalog_uuid: "11111111-1111-4111-8111-111111111111",
      resources: [
        { type: "Notify", title: "n", parameters, sensitive_parameters: ["withheld"], tags: ["a"] },
        {
          type: "File",
          title: "/f",
          parameters: { content: { __ptype: "Sensitive", __pvalue: planted.marked } },
          tags: [],
        },
      ],
      edges: [],
    };
    const content = await readCatalogContent({
      certname: node,
      contentType: "application/json",
      contentEncoding: null,
      bytes: new TextEncoder().encode(JSON.stringify(catalog)),
      receivedAt: now,
    });
    await estate.storeCatalog(sealCatalog(content));
    await fill(estate, [
      factsOf(
        node,
        now - 5000,
        JSON.stringify({
          fact: everything,
          by: { place: planted.place },
          list: [everything],
          os: { family: "Debian" },
        }),
      ),
      catalogOf(node, now - 4000, [
        resourceOf("Notify", "n", JSON.stringify(parameters), { exported: true, tags: ["notify"] }),
        resourceOf("Notify", `title ${planted.registered}`, "{}", { exported: true }),
      ], { catalog_uuid: catalog.catalog_uuid }),
      catalogOf(node, now - 3000, [
        resourceOf("Notify", "n", JSON.stringify({ ...parameters, message: `other ${everything}` }), {
          exported: true,
        }),
      ], {
        catalog_uuid: "22222222-2222-4222-8222-222222222222",
      }),
      reportOf(node, now - 4000, { status: "failed" }),
      reportOf(node, now - 2000, {
        status: "changed",
        logs: JSON.stringify([{
          message: everything,
          source: "Puppet",
          level: "err",
          tags: [],
          time: new Date(now).toISOString(),
          file: null,
          line: null,
        }]),
        resources: JSON.stringify([{
          resource_type: "Notify",
          resource_title: "n",
          skipped: false,
          timestamp: new Date(now).toISOString(),
          containment_path: [everything],
          events: [
            {
              property: "message",
              new_value: everything,
              old_value: everything,
              message: everything,
              status: "success",
              name: null,
              timestamp: new Date(now).toISOString(),
            },
            {
              property: "hidden",
              new_value: planted.parameter,
              old_value: null,
              message: planted.parameter,
              status: "success",
              name: null,
              timestamp: new Date(now).toISOString(),
            },
          ],
        }]),
      }),
    ]);
    await admin("PUT", `/api/v1/nodes/${node}`, { facts_inject: { injected: everything } });
    const received = {
      command: "replace facts",
      version: 5,
      certname: node,
      producer_timestamp: null,
      payload: new Uint8Array(),
    };
    await queue.reject("letter", received, `cannot read ${everything}`, now);
    await admin("POST", "/api/v1/teams/team", {});
  });
  afterAll(() => product.close());

  /** All that is found of them in a text, in any of the forms that writers choose. */
  const found = (text: string) =>
    Object.values(planted).filter((each) =>
      [each, btoa(each).slice(0, -4), encodeURIComponent(each), JSON.stringify(each).slice(1, -1)].some((form) =>
        text.includes(form)
      )
    );

  it("stand in no answer of any GET, and on no page", async () => {
    const document: OpenApi = await (await admin("GET", "/openapi.json")).json();
    const ids = async (path: string) =>
      (await (await admin("GET", `/api/v1${path}`)).json()).result.map((each: { id: string }) => each.id);
    const [catalogs, reports] = [await ids(`/nodes/${node}/catalogs`), await ids(`/nodes/${node}/reports`)];
    expect([catalogs.length, reports.length]).toEqual([2, 2]);
    const audits = await ids("/audit?limit=1000");
    const values: Record<string, readonly string[]> = {
      node: [node],
      user: ["admin"],
      team: ["team"],
      dead_letter: ["letter"],
      catalog: catalogs,
      report: [...reports, "latest"],
      other: [...catalogs, ...reports],
      audit: audits,
    };
    const queries: Record<string, string> = {
      "/api/v1/nodes/_distinct_fact_values": "?fact_id=fact",
      "/api/v1/nodes/_exported_resources": "?resource_type=Notify",
      "/api/v1/access/explain": `?node=${node}`,
    };
    let asked = 0;
    const leaks: string[] = [];
    const look = async (path: string) => {
      const answer = await admin("GET", path);
      const text = await answer.text();
      if (answer.ok) asked++;
      leaks.push(...found(text).map((each) => `${path}: ${each}`));
    };
    for (const [pattern, methods] of Object.entries(document.paths)) {
      if (!methods["get"]) continue;
      let paths = [pattern];
      for (const [, name = ""] of pattern.matchAll(/\{(\w+)\}/g)) {
        paths = paths.flatMap((path) =>
          (values[name] ?? []).map((each) => path.replace(`{${name}}`, encodeURIComponent(each)))
        );
      }
      for (const path of paths) await look(path + (queries[pattern] ?? ""));
    }
    const pages = [
      "",
      "/facts",
      "/catalog",
      "/catalogs",
      "/reports",
      ...reports.map((each: string) => `/reports/${each}`),
    ];
    for (
      const page of [
        "/",
        "/dead-letters",
        "/secrets",
        "/account",
        ...pages.map((each) => `/nodes/${node}${each}`),
      ]
    ) await look(page);
    expect(leaks).toEqual([]);
    expect(asked).toBeGreaterThan(60);
    const log = product.log.text();
    expect(found(log)).toEqual([]);
  });

  it("are seen unredacted only by who may, and that he looked is recorded", async () => {
    const paths = ["/facts", "/catalog", "/reports/latest", ""];
    for (const path of paths) {
      const asked = `/api/v1/nodes/${node}${path}?unredacted=true`;
      const seer = await product.someone(`seer${paths.indexOf(path)}`, { permissions: ["NODES:ALL::GET"] });
      expect([path, (await seer("GET", asked)).status]).toEqual([path, 403]);
      expect([path, found(await (await admin("GET", asked)).text()).includes(planted.registered)]).toEqual([
        path,
        true,
      ]);
    }
    const { result } = await (await admin("GET", "/api/v1/audit?action=look%20*&target=nodes%2F*&limit=100")).json();
    expect(result.map((each: { target: string }) => each.target).sort()).toEqual(
      paths.map((path) => `nodes/${node}${path}`).sort(),
    );
    expect(found(JSON.stringify(result))).toEqual([]);
  });

  it("can't be found letter by letter, by filters, ranges, rules of groups, dry runs, distinct values or counts", async () => {
    const size = async (fact: string) =>
      (await (await admin("GET", `/api/v1/nodes?fact=${encodeURIComponent(fact)}`)).json()).meta.result_size;
    for (const value of [planted.registered, planted.marked]) {
      for (const length of [1, 5, value.length]) {
        expect(await size(`fact:regex:str:${value.slice(0, length)}`)).toBe(0);
        expect(await size(`list:regex:str:${value.slice(0, length)}`)).toBe(0);
      }
    }
    expect(await size(`by.place:regex:str:^pl`)).toBe(0);
    expect(await size(`by.place:eq:str:${planted.place}`)).toBe(0);
    expect(await size(`by.place:gte:str:p`)).toBe(0);
    expect(await size(`by.place:eq:str:XXXXX`)).toBe(1);
    expect(await size(`fact:regex:str:BEGIN EC`)).toBe(0);
    const rule = (part: unknown) => ({ filters: [{ part: [part] }] });
    const dry = async (part: unknown) =>
      (await (await admin("POST", "/api/v1/nodes_groups/g?dry_run=true", rule(part))).json()).size;
    expect(await dry({ fact: "by.place", op: "regex", value: "^pla" })).toBe(0);
    expect(await dry({ fact: "by.place", value: "XXXXX" })).toBe(1);
    const values = await (await admin("GET", "/api/v1/nodes/_distinct_fact_values?fact_id=by.place")).json();
    expect(values.result).toEqual([{ value: "XXXXX", count: 1 }]);
    const exported = async (query: string) =>
      (await (await admin("GET", `/api/v1/nodes/_exported_resources?resource_type=Notify${query}`)).json()).meta
        .result_size;
    expect(await exported(`&resource_title=${encodeURIComponent(`title ${planted.registered}`)}`)).toBe(0);
    expect(await exported("")).toBeGreaterThan(0);
  });
});
