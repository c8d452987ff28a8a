import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../../handlers/interfaces/store.ts";
import { createTestClock } from "../../support/clock.ts";
import { catalogOf, factsOf, fill, openTestStore, redactorOf, reportOf, resourceOf } from "../../support/estate.ts";
import { type Browser, createTestPages } from "../../support/pages.ts";

const clock = createTestClock();
const now = clock.now();
const script = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`;
const names = [
  script,
  "a/b",
  "100%.example",
  "%2e%2e%2f",
  "ünï日本.example",
  "a?b#c&d=e",
  "x y",
  "javascript:alert(1)",
];
const json = JSON.stringify;

let store: Store;
let browser: Browser;

beforeAll(async () => {
  store = await openTestStore(clock);
  for (const name of names) {
    await fill(store.estate, [
      factsOf(name, now - 1000, json({ [script]: { [script]: script }, "a.b": [script, null, {}, []] }), {
        environment: script,
        package_inventory: json([[script, script, script], null, "x"]),
      }),
      catalogOf(name, now - 1000, [
        resourceOf(
          script,
          script,
          json({ [script]: script, list: [script, { [script]: 1 }], lines: `${script}\n<b>` }),
          {
            file: script,
            line: 3,
            tags: [script],
            exported: true,
          },
        ),
        resourceOf("File", "/ünï/%2f日本?#", "null"),
      ], { version: script, environment: script, producer: script, code_id: script }),
      reportOf(name, now - 1000, {
        status: "failed",
        environment: script,
        puppet_version: script,
        configuration_version: script,
        producer: script,
        transaction_uuid: script,
        logs: json([
          { level: script, message: script, source: script, file: script, line: script, time: script, tags: [script] },
          { level: 7, message: { a: script }, time: null },
          null,
          "junk",
        ]),
        metrics: json([{ category: script, name: script, value: script }, {
          category: "time",
          name: "total",
          value: -1,
        }, 5]),
        resources: json([
          {
            resource_type: script,
            resource_title: script,
            file: script,
            line: -1,
            containment_path: [script, null, 7],
            events: [
              {
                status: script,
                property: script,
                name: script,
                old_value: script,
                new_value: { a: script },
                message: script,
              },
              { status: "failure", message: script },
              null,
            ],
          },
          { skipped: true },
          null,
          [],
        ]),
      }),
    ]);
  }
  const test = await createTestPages({ store, clock, redactor: () => redactorOf([]) });
  browser = await test.loggedIn();
});
afterAll(() => store.close());

describe("what nodes send", () => {
  it("is shown as text on every page of every node, whatever it is", async () => {
    const list = await browser.get("/");
    expect(list.faults).toEqual([]);
    expect(list.text).toContain(script);
    for (const name of names) {
      const link = list.links.find((each) => each === `/nodes/${encodeURIComponent(name)}`);
      expect([name, link]).toEqual([name, `/nodes/${encodeURIComponent(name)}`]);
      const paths = ["", "/facts", "/catalog", "/catalogs", "/reports", "/reports/latest", "/remove"];
      for (const path of paths) {
        const page = await browser.get(link! + path);
        expect([name, path, page.status, page.faults]).toEqual([name, path, 200, []]);
        expect(page.elements.filter((each) => each.name === "img" || each.name === "script")).toEqual([]);
        for (const next of page.links.filter((each) => each.startsWith("/nodes/"))) {
          expect(next.startsWith(`/nodes/${encodeURIComponent(name)}`)).toBe(true);
        }
      }
      const facts = await browser.get(`${link}/facts`);
      expect(facts.text).toContain(script);
    }
  });

  it("leads every link of a node with an odd name to that node", async () => {
    for (const name of names) {
      const overview = await browser.get(`/nodes/${encodeURIComponent(name)}`);
      for (const next of new Set(overview.links.filter((each) => each.startsWith("/nodes/")))) {
        const page = await browser.get(next);
        expect([next, page.status]).toEqual([next, 200]);
        expect(page.text).toContain(name);
      }
    }
  });

  it("is not taken for markup where a search repeats it", async () => {
    const q = encodeURIComponent(script);
    for (
      const path of [
        `/?q=${q}`,
        `/?environment=${q}`,
        `/nodes/a%2Fb/facts?q=${q}`,
        `/nodes/a%2Fb/catalog?q=${q}&type=${q}`,
      ]
    ) {
      const page = await browser.get(path);
      expect([path, page.status, page.faults]).toEqual([path, 200, []]);
      expect(page.html).not.toContain("<script");
    }
  });
});

describe("junk in an address", () => {
  it.each([
    "/?page=0",
    "/?page=x",
    "/?sort=password",
    "/?order=up",
    "/?status=fine",
    "/?show=none",
    "/?q=a&q=b",
    `/?q=${"a".repeat(201)}`,
    "/nodes/%00",
    `/nodes/${"a".repeat(256)}`,
    "/nodes/x%20y/reports?show=all",
    "/nodes/x%20y/reports/abc",
    "/nodes/x%20y/catalogs/a%20b",
    "/nodes/x%20y/catalogs?page=-1",
    "/dead-letters?page=",
    "/secrets?done=everything",
    "/account?done=x",
  ])("%s is a page that says so", async (path) => {
    const page = await browser.get(path);
    expect([page.status, page.faults]).toEqual([400, []]);
    expect(page.text).toMatch(/Bad request.*Request [0-9a-f-]{36}/);
  });

  it.each([
    "/nodes/nobody",
    "/nodes/nobody/facts",
    "/nodes/nobody/catalog",
    "/nodes/nobody/catalogs",
    "/nodes/nobody/reports",
    "/nodes/nobody/reports/latest",
    "/nodes/nobody/remove",
    `/nodes/x%20y/reports/${"0".repeat(40)}`,
    "/nodes/x%20y/catalogs/99",
    "/nodes/x%20y/nothing",
    "/nothing",
  ])("%s is a page that says that there is nothing", async (path) => {
    const page = await browser.get(path);
    expect([page.status, page.faults]).toEqual([404, []]);
  });

  it("shows an empty page beyond the last, with the way back", async () => {
    const page = await browser.get("/?page=100");
    expect([page.status, page.faults]).toEqual([200, []]);
    expect(page.links).toContain("/");
  });
});
