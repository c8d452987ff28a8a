import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNodes, type Nodes } from "../../../../handlers/core/nodes/nodes.ts";
import { nodeStatuses } from "../../../../handlers/core/nodes/node-status.ts";
import type { Store } from "../../../../handlers/interfaces/store.ts";
import { timestamp } from "../../../../handlers/interfaces/clock.ts";
import { createTestClock } from "../../../support/clock.ts";
import { catalogOf, factsOf, fill, openTestStore, redactorOf, reportOf, resourceOf } from "../../../support/estate.ts";

const hour = 3_600_000;
const clock = createTestClock();
const now = clock.now();
let store: Store;
let nodes: Nodes;

const names = async (query: Partial<Parameters<Nodes["list"]>[0]>) =>
  (await nodes.list({ limit: 100, offset: 0, ...query })).nodes.map((node) => node.id);

beforeAll(async () => {
  store = await openTestStore(clock);
  nodes = createNodes({ estate: store.estate, redactor: () => redactorOf([]), clock }).seenBy({ nodes: undefined });
  await fill(store.estate, [
    factsOf("changed.example", now - hour, '{"a":1}'),
    catalogOf("changed.example", now - hour + 1, [
      resourceOf("File", "/a"),
      resourceOf("File", "/b", "{}", { exported: true }),
    ], {
      catalog_uuid: "uuid-1",
    }),
    reportOf("changed.example", now - hour + 2, { status: "changed", catalog_uuid: "uuid-1", noop_pending: true }),
    reportOf("failed.example", now - hour - 1, { status: "failed" }),
    reportOf("unchanged.example", now - 2 * hour, { environment: "staging" }),
    reportOf("outdated.example", now - 2 * hour - 1, { status: "failed" }),
    reportOf("strange.example", now - hour, { status: null }),
    factsOf("silent.example", now - 5 * hour, '{"a":1}', { environment: "test" }),
    reportOf("gone.example", now - 50 * hour, { status: "failed" }),
    { command: "deactivate node", certname: "gone.example", producer_timestamp: timestamp(now - 40 * hour) },
    factsOf("moved.example", now - 3 * hour, '{"a":1}', { environment: "test" }),
    reportOf("moved.example", now - hour, { environment: "staging", status: "changed" }),
  ]);
});
afterAll(() => store.close());

describe("the status of a node", () => {
  it("is computed from its last report, its age, and whether anyone waits for it", async () => {
    const { nodes: all } = await nodes.list({ limit: 100, offset: 0 });
    expect(Object.fromEntries(all.map((node) => [node.id, node.report_status_computed]))).toEqual({
      "changed.example": "changed",
      "failed.example": "failed",
      "unchanged.example": "unchanged",
      "outdated.example": "outdated",
      "strange.example": "unknown",
      "silent.example": "unreported",
      "gone.example": "failed",
      "moved.example": "changed",
    });
  });

  it("is the same in the filter, in the counts and at the single node", async () => {
    const { counts } = await nodes.list({ limit: 1, offset: 0 });
    for (const status of nodeStatuses) {
      const found = await nodes.list({ limit: 100, offset: 0, statuses: [status] });
      expect([status, found.size, found.nodes.length]).toEqual([status, counts[status], counts[status]]);
      for (const node of found.nodes) {
        expect(node.report_status_computed).toBe(status);
        expect((await nodes.find(node.id))?.report_status_computed).toBe(status);
      }
    }
    expect(counts).toEqual({ failed: 2, changed: 2, unchanged: 1, outdated: 1, unreported: 1, unknown: 1 });
  });

  it("follows another threshold", async () => {
    const found = await nodes.list({ limit: 100, offset: 0, outdatedBefore: timestamp(now), statuses: ["outdated"] });
    expect(found.size).toBe(6);
    expect((await nodes.find("failed.example", timestamp(now)))?.report_status_computed).toBe("outdated");
    expect((await nodes.find("outdated.example", timestamp(0)))?.report_status_computed).toBe("failed");
  });
});

describe("a list of nodes", () => {
  it("is sorted by name unless told", async () => {
    expect(await names({})).toEqual([
      "changed.example",
      "failed.example",
      "gone.example",
      "moved.example",
      "outdated.example",
      "silent.example",
      "strange.example",
      "unchanged.example",
    ]);
    expect((await names({ direction: "desc" }))[0]).toBe("unchanged.example");
  });

  it("is sorted by times and by the report's status, names deciding a tie", async () => {
    expect((await names({ sort: "change_report", direction: "desc" })).slice(0, 4)).toEqual([
      "changed.example",
      "moved.example",
      "strange.example",
      "failed.example",
    ]);
    expect((await names({ sort: "change_facts", direction: "desc" })).slice(0, 3)).toEqual([
      "changed.example",
      "moved.example",
      "silent.example",
    ]);
    expect(await names({ sort: "report.status", statuses: ["failed", "changed"] })).toEqual([
      "changed.example",
      "moved.example",
      "failed.example",
      "gone.example",
    ]);
  });

  it("is paged by the store", async () => {
    const all = await names({});
    const paged = await Promise.all([0, 3, 6, 9].map((offset) => nodes.list({ limit: 3, offset })));
    expect(paged.flatMap((page) => page.nodes.map((node) => node.id))).toEqual(all);
    expect(paged.map((page) => page.size)).toEqual([8, 8, 8, 8]);
  });

  it("is filtered by name, environment and whether nodes are disabled", async () => {
    expect(await names({ name: { matches: "^(un)?changed\\." } })).toEqual(["changed.example", "unchanged.example"]);
    expect(await names({ name: { is: "changed.example" } })).toEqual(["changed.example"]);
    expect(await names({ environment: { is: "staging" } })).toEqual(["moved.example", "unchanged.example"]);
    expect(await names({ environment: { matches: "^te" } })).toEqual(["silent.example"]);
    expect(await names({ disabled: true })).toEqual(["gone.example"]);
    expect((await names({ disabled: false })).includes("gone.example")).toBe(false);
    expect(await names({ statuses: [] })).toEqual([]);
  });

  it("counts what the rest of the filter finds, whatever status is asked for", async () => {
    const found = await nodes.list({ limit: 10, offset: 0, statuses: ["failed"], disabled: false });
    expect(found.size).toBe(1);
    expect(found.counts).toEqual({ failed: 1, changed: 2, unchanged: 1, outdated: 1, unreported: 1, unknown: 1 });
  });

  it("tells what is known of catalog and report", async () => {
    expect(await nodes.find("changed.example")).toEqual({
      id: "changed.example",
      environment: "production",
      disabled: false,
      deactivated: null,
      expired: null,
      change_catalog: timestamp(now - hour + 1),
      change_facts: timestamp(now - hour),
      change_report: timestamp(now - hour + 2),
      change_last: timestamp(now - hour + 2),
      catalog: { catalog_uuid: "uuid-1", num_resources: 2, num_resources_exported: 1 },
      report: {
        hash: expect.stringMatching(/^[0-9a-f]{40}$/),
        catalog_uuid: "uuid-1",
        status: "changed",
        noop: false,
        noop_pending: true,
        corrective_change: false,
      },
      report_status_computed: "changed",
    });
    expect(await nodes.find("silent.example")).toMatchObject({ catalog: null, report: null, change_report: null });
    expect(await nodes.find("gone.example")).toMatchObject({ disabled: true, deactivated: timestamp(now - 40 * hour) });
    expect(await nodes.find("nobody.example")).toBeUndefined();
  });

  it("knows the environments that nodes are in", async () => {
    expect(await nodes.environments()).toEqual(["production", "staging", "test"]);
  });
});
