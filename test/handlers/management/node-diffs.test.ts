import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogDiffs } from "../../../handlers/core/nodes/catalog-diff.ts";
import { reportDiffs } from "../../../handlers/core/nodes/report-diff.ts";
import { timestamp } from "../../../handlers/interfaces/clock.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import type { Store } from "../../../handlers/interfaces/store.ts";
import { createTestClock } from "../../support/clock.ts";
import {
  catalogOf,
  fill,
  hashOf,
  openTestStore,
  recordedCatalogs,
  recordedCommands,
  recordedSecrets,
  redactorOf,
  reportOf,
  resourceOf,
} from "../../support/estate.ts";
import { type Caller, createTestManagement, noRules } from "../../support/management.ts";

const clock = createTestClock();
const now = clock.now();
const minute = 60_000;
const secrets = ["hunter2-before", "hunter2-after"];
const marked = ["marked-before", "marked-after"];
const node = "web.example";
const edge = (from: string, to: string) => ({
  source_type: "Class",
  source_title: from,
  target_type: "File",
  target_title: to,
  relationship: "contains",
});

let store: Store;
let call: Caller;
let ids: readonly string[];
const hashes: string[] = [];

const get = async (path: string, status = 200) => {
  const response = await call("GET", `/api/v1/nodes/${path}`);
  const text = await response.text();
  expect([path, response.status, text.slice(0, 300)]).toEqual([path, status, text.slice(0, 300)]);
  // deno-lint-ignore no-explicit-any -- a JSON answer of any form
  return { text, body: JSON.parse(text) as any };
};
const catalogIds = async (name: string): Promise<readonly string[]> => {
  const { body } = await get(`${name}/catalogs?sort=created&sort_order=ascending&limit=100`);
  return body.result.map((each: { id: string }) => each.id);
};
const event = (status: string, more: Record<string, unknown> = {}) => ({
  status,
  timestamp: timestamp(now),
  name: "changed",
  property: "content",
  new_value: "b",
  old_value: "a",
  message: "from a to b",
  corrective_change: false,
  ...more,
});
const run = (title: string, events: readonly unknown[], more: Record<string, unknown> = {}) => ({
  skipped: false,
  timestamp: timestamp(now),
  resource_type: "File",
  resource_title: title,
  file: null,
  line: null,
  containment_path: [],
  corrective_change: false,
  events,
  ...more,
});

beforeAll(async () => {
  store = await openTestStore(clock);
  const catalog = (
    at: number,
    uuid: string,
    resources: Parameters<typeof catalogOf>[2],
    edges: ReturnType<typeof edge>[],
  ) => catalogOf(node, now - at * minute, resources, { catalog_uuid: uuid, edges, hash: hashOf(uuid) });
  const report = (at: number, resources: readonly unknown[] | null, more: Parameters<typeof reportOf>[2] = {}) => {
    const made = reportOf(node, now - at * minute, {
      ...(resources === null ? {} : { resources: JSON.stringify(resources).replace('"BIG"', "9007199254740993") }),
      ...more,
    });
    hashes.push(made.hash);
    return made;
  };
  await fill(store.estate, [
    catalog(30, "uuid-1", [
      resourceOf("File", "/same", '{"mode":"0644","list":[1,{"a":1,"b":2}]}', { line: 1, tags: ["a", "b"] }),
      resourceOf("File", "/gone"),
      resourceOf("File", "/secret", `{"content":"key=${secrets[0]}","owner":"${marked[0]}"}`),
      resourceOf("File", `/srv/${secrets[0]}`, '{"mode":"0600"}'),
      resourceOf("File", "/numbers", '{"a":1.0,"b":9007199254740993,"gone":null,"c":5e-07}', { tags: ["file", "old"] }),
      resourceOf("Nagios_host", "web", '{"alias":"x"}'),
    ], [edge("Main", "/same"), edge("Main", "/gone")]),
    catalog(20, "uuid-2", [
      resourceOf("Package", "nginx"),
      resourceOf("File", "/same", '{"list":[1,{"b":2,"a":1}],"mode":"0644"}', { line: 99, tags: ["b", "a"] }),
      resourceOf("File", "/secret", `{"content":"key=${secrets[1]}","owner":"${marked[1]}"}`),
      resourceOf("File", `/srv/${secrets[1]}`, '{"mode":"0600"}'),
      resourceOf("File", "/numbers", '{"a":1.0,"b":9007199254740992,"new":{"x":[]},"c":5e-07}', {
        tags: ["file", "new"],
      }),
      resourceOf("Nagios_host", "web", '{"alias":"x"}', { exported: true }),
    ], [edge("Main", "/same"), edge("Main", "/other"), edge("Main", "/third")]),
    catalog(10, "uuid-3", [resourceOf("Package", "nginx")], []),
    report(30, [
      run("/a", [event("success", { new_value: secrets[0] })]),
      run("/b", [event("failure")]),
      run("/c", [], { skipped: true }),
      run("/only-a", [event("noop")]),
      run("/same", [event("success")], { line: 1 }),
    ], { status: "failed" }),
    report(20, [
      run("/a", [event("success", { new_value: secrets[1] })]),
      run("/b", [event("success", { new_value: "BIG" })], { corrective_change: true }),
      run("/c", [event("audit")]),
      run("/only-b", []),
      run("/same", [event("success", { timestamp: timestamp(now + 1000) })], { line: 2 }),
    ], { status: "changed" }),
    report(10, [], { status: "unchanged" }),
    catalogOf("other.example", now, [resourceOf("File", "/other")]),
    reportOf("other.example", now),
  ]);
  const passed = (uuid: string, letter: string, resources: unknown) =>
    store.estate.storeCatalog({
      certname: node,
      catalog_uuid: uuid,
      environment: "production",
      version: "1",
      code_id: null,
      received_at: timestamp(now),
      hash: letter.repeat(64),
      content: seal(JSON.stringify({ name: node, resources, edges: [{ source: letter, target: "x" }] })),
      marks: seal({ values: marked, parameters: {} }),
    });
  const sensitive = (value: string) => ({ __ptype: "Sensitive", __pvalue: value });
  await passed("uuid-2", "a", [
    { type: "Package", title: "nginx", parameters: { token: sensitive(marked[0]!), ensure: "1" } },
  ]);
  await passed("uuid-3", "b", [
    { type: "Package", title: "nginx", parameters: { token: sensitive(marked[1]!), ensure: "2" } },
  ]);
  await fill(store.estate, await recordedCommands());
  for (const whole of await recordedCatalogs()) await store.estate.storeCatalog(whole);
  const management = await createTestManagement({
    clock,
    deps: {
      estate: store.estate,
      secrets: {
        redactor: () => redactorOf(secrets),
        add: () => Promise.reject(new Error("Not used here")),
        remove: () => Promise.resolve(false),
        rules: noRules,
      },
    },
  });
  call = await management.loggedIn();
  ids = await catalogIds(node);
});
afterAll(() => store.close());

describe("GET /nodes/{node}/catalogs/{a}/diff/{b}", () => {
  it("tells what was added, removed and changed, numbers as they were sent", async () => {
    const { text, body } = await get(`${node}/catalogs/${ids[0]}/diff/${ids[1]}`);
    expect(body.a).toMatchObject({ id: ids[0], catalog: { catalog_uuid: "uuid-1", num_resources: 6 } });
    expect(body.b).toMatchObject({ id: ids[1], current: false, created: timestamp(now - 20 * minute) });
    expect(body.added).toEqual([{ type: "Package", title: "nginx" }]);
    expect(body.removed).toEqual([{ type: "File", title: "/gone" }]);
    expect(text).toContain(
      '"changed":[{"type":"File","title":"/numbers","tags":{"added":["new"],"removed":["old"]},"parameters":{' +
        '"b":{"from":9007199254740993,"to":9007199254740992},"gone":{"from":null},"new":{"to":{"x":[]}}}},' +
        '{"type":"Nagios_host","title":"web","exported":{"from":false,"to":true},"parameters":{}}]',
    );
    expect(body.edges).toEqual({ added: 2, removed: 1 });
    const back = await get(`${node}/catalogs/${ids[1]}/diff/${ids[0]}`);
    expect([back.body.added, back.body.removed, back.body.edges]).toEqual([
      body.removed,
      body.added,
      { added: 1, removed: 2 },
    ]);
  });

  it("shows no difference where only secrets changed", async () => {
    const { text, body } = await get(`${node}/catalogs/${ids[0]}/diff/${ids[1]}`);
    expect(text).not.toMatch(/hunter2|marked|XXXXX|\/secret|\/srv/);
    expect(body.source).toBe("puppetdb");
    const whole = await get(`${node}/catalogs/${ids[1]}/diff/${ids[2]}`);
    expect(whole.body).toMatchObject({
      source: "agent",
      changed: [{ type: "Package", title: "nginx", parameters: { ensure: { from: "1", to: "2" } } }],
      edges: { added: 1, removed: 1 },
    });
    expect(whole.text).not.toMatch(/token|marked/);
  });

  it("compares what both have where one never passed port 8001", async () => {
    const { body } = await get(`${node}/catalogs/${ids[0]}/diff/${ids[2]}`);
    expect(body).toMatchObject({ source: "puppetdb", added: [{ title: "nginx" }], changed: [] });
    expect(body.removed).toHaveLength(6);
  });

  it("finds nothing between a catalog and itself", async () => {
    for (const id of ids) {
      const { body } = await get(`${node}/catalogs/${id}/diff/${id}`);
      expect(body).toMatchObject({ added: [], removed: [], changed: [], edges: { added: 0, removed: 0 } });
    }
  });

  it("compares what a real Puppetserver compiled", async () => {
    const recorded = await catalogIds("web01.example.test");
    expect(recorded.length).toBeGreaterThan(1);
    const { text, body } = await get(`web01.example.test/catalogs/${recorded[0]}/diff/${recorded.at(-1)}`);
    expect(body.added.length + body.removed.length + body.changed.length).toBeGreaterThan(0);
    for (const secret of recordedSecrets) expect(text).not.toContain(secret);
  });

  it("says which one there is none of", async () => {
    const [foreign] = await catalogIds("other.example");
    for (const [a, b, named] of [["99999", ids[0], "99999"], [ids[0], foreign, foreign], [foreign, ids[0], foreign]]) {
      const { body } = await get(`${node}/catalogs/${a}/diff/${b}`, 404);
      expect(body.detail).toBe(`There is no catalog "${named}" of a node "${node}"`);
    }
    await get(`nobody.example/catalogs/${ids[0]}/diff/${ids[1]}`, 404);
    await get(`${node}/catalogs/${ids[0]}/diff/%00`, 400);
  });
});

describe("GET /nodes/{node}/reports/{a}/diff/{b}", () => {
  it("tells which resources came to something else", async () => {
    const { text, body } = await get(`${node}/reports/${hashes[0]}/diff/${hashes[1]}`);
    expect([body.a.status, body.b.status]).toEqual(["failed", "changed"]);
    expect(body.added).toEqual([
      { type: "File", title: "/only-b", outcome: "unchanged", corrective_change: false, events: [] },
    ]);
    expect(body.removed).toMatchObject([{ title: "/only-a", outcome: "noop", events: [{ status: "noop" }] }]);
    expect(
      body.changed.map((each: { title: string; from: { outcome: string }; to: { outcome: string } }) =>
        `${each.title} ${each.from.outcome} ${each.to.outcome}`
      ),
    ).toEqual(["/b failed changed", "/c skipped audit"]);
    expect(body.changed[0].to).toMatchObject({ corrective_change: true, events: [{ property: "content" }] });
    expect(text).toContain('"new_value":9007199254740993');
    expect(text).not.toMatch(/hunter2|timestamp/);
  });

  it("takes the latest one by that name", async () => {
    const { body } = await get(`${node}/reports/${hashes[0]}/diff/latest`);
    expect(body.b).toMatchObject({ id: hashes[2], status: "unchanged" });
    expect(body.removed).toHaveLength(5);
    expect((await get(`${node}/reports/latest/diff/latest`)).body).toMatchObject({
      added: [],
      removed: [],
      changed: [],
    });
  });

  it("says which one there is none of", async () => {
    const { body } = await get(`${node}/reports/${hashes[0]}/diff/${"0".repeat(40)}`, 404);
    expect(body.detail).toContain(`"${"0".repeat(40)}"`);
    await get(`other.example/reports/${hashes[0]}/diff/latest`, 404);
    await get(`nobody.example/reports/latest/diff/latest`, 404);
    await get(`${node}/reports/x/diff/latest`, 400);
  });

  it("says when what a run did is not kept any more", async () => {
    const later = await openTestStore(clock);
    await fill(later.estate, [reportOf(node, now - 48 * 60 * minute), reportOf(node, now, { status: "changed" })]);
    const ttl = {
      reportTtl: 0,
      unchangedReportTtl: 60 * minute,
      catalogTtl: 0,
      catalogsPerNode: 20,
      nodeTtl: 0,
      nodePurgeTtl: 0,
    };
    await later.estate.prune(ttl, now);
    const management = await createTestManagement({ clock, deps: { estate: later.estate } });
    const asked = await management.loggedIn();
    const old = reportOf(node, now - 48 * 60 * minute).hash;
    const response = await asked("GET", `/api/v1/nodes/${node}/reports/${old}/diff/latest`);
    expect([response.status, (await response.json()).detail]).toEqual([
      404,
      `What the run of report "${old}" did is not kept any more`,
    ]);
    await later.close();
  });
});

describe("a reader who doesn't see the node", () => {
  it("gets neither", async () => {
    const scope = { op: "=", left: { field: "certname" }, right: "other.example" } as const;
    const deps = { estate: store.estate, redactor: () => redactorOf(secrets), clock, outdatedAfter: 1, scope };
    expect(await catalogDiffs(deps).catalogDiff(node, ids[0]!, ids[1]!)).toBe(ids[0]);
    expect(await reportDiffs(deps).reportDiff(node, hashes[0]!, "latest")).toBe(hashes[0]);
    const [foreign] = await catalogIds("other.example");
    expect(await catalogDiffs(deps).catalogDiff("other.example", foreign!, foreign!)).toMatchObject({ changed: [] });
  });
});
