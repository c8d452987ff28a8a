import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../../handlers/interfaces/store.ts";
import { createTestClock } from "../../support/clock.ts";
import {
  fill,
  openTestStore,
  recordedCatalogs,
  recordedCommands,
  recordedEnd,
  recordedSecrets,
  redactorOf,
} from "../../support/estate.ts";
import { type Caller, createTestManagement, noRules } from "../../support/management.ts";

const registered = "psk-should-show-up-nowhere";
const clock = createTestClock(recordedEnd);
let store: Store;
let call: Caller;
let log: () => string;

const get = async (path: string): Promise<string> => {
  const response = await call("GET", `/api/v1/nodes${path}`);
  expect([path, response.status]).toEqual([path, 200]);
  return await response.text();
};
const ids = (list: string): string[] => JSON.parse(list).result.map((each: { id: string }) => each.id);

beforeAll(async () => {
  store = await openTestStore(clock);
  await fill(store.estate, await recordedCommands());
  for (const catalog of await recordedCatalogs()) await store.estate.storeCatalog(catalog);
  const management = await createTestManagement({
    clock,
    deps: {
      estate: store.estate,
      secrets: {
        redactor: () => redactorOf([registered]),
        add: () => Promise.reject(new Error("Not used here")),
        remove: () => Promise.resolve(false),
        rules: noRules,
      },
    },
  });
  log = () => management.log.text();
  call = await management.loggedIn();
});
afterAll(() => store.close());

describe("what real agents and a real Puppetserver sent", () => {
  it("is listed with the state of the last run", async () => {
    const { result, meta } = JSON.parse(await get("?limit=10&fields=id&fields=environment&fields=disabled"));
    expect(result).toEqual([
      { id: "app01.example.test", environment: "production", disabled: false, report_status_computed: "changed" },
      { id: "app02.example.test", environment: "staging", disabled: false, report_status_computed: "changed" },
      { id: "db01.example.test", environment: "production", disabled: false, report_status_computed: "changed" },
      { id: "legacy01.example.test", environment: "production", disabled: true, report_status_computed: "changed" },
      { id: "web01.example.test", environment: "production", disabled: false, report_status_computed: "changed" },
    ]);
    expect(meta).toMatchObject({ result_size: 5, status_changed: 5, status_failed: 0 });
  });

  it("is shown under every route without any of its secrets", async () => {
    const secrets = [...recordedSecrets, registered];
    const nodes = ids(await get("?limit=100"));
    const found: [string, string][] = [];
    let asked = 0;
    for (const node of nodes) {
      const lists = [`/${node}/catalogs?limit=100`, `/${node}/reports?limit=100`];
      const [catalogs = "", reports = ""] = await Promise.all(lists.map(get));
      const paths = [
        ...lists,
        `/${node}`,
        `/${node}/facts`,
        `/${node}/catalog`,
        ...ids(catalogs).map((id) => `/${node}/catalogs/${id}`),
        ...ids(reports).map((id) => `/${node}/reports/${id}`),
      ];
      for (const path of paths) {
        const text = await get(path);
        asked++;
        for (const secret of secrets) {
          // also as it would stand in JSON
          const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), btoa(secret)];
          if (forms.some((form) => text.includes(form))) found.push([path, secret]);
        }
      }
    }
    expect(found).toEqual([]);
    expect(asked).toBeGreaterThan(40);
    expect(secrets.filter((each) => log().includes(each))).toEqual([]);
  });

  it("says where something was hidden, and hides nothing else", async () => {
    const catalog = JSON.parse(await get("/web01.example.test/catalog"));
    const byTitle = (title: string) =>
      catalog.catalog.resources.find((each: { title: string }) => each.title.endsWith(title));
    expect(catalog.source).toBe("agent");
    expect(byTitle("/etc/token").parameters).toMatchObject({ mode: "0600", content: "XXXXX" });
    expect(byTitle("/nginx/tls.conf").parameters.content).toBe("password=XXXXX\n");
    expect(byTitle("/etc/motd").parameters.content).toContain("Welcome to web01.example.test");
    expect(catalog.catalog.resources_exported.length).toBeGreaterThan(0);
  });

  it("keeps its numbers", async () => {
    const facts = await get("/web01.example.test/facts");
    expect(facts).toContain("9007199254740993");
    expect(facts).toMatch(/\d[eE]-0?\d/);
  });
});
