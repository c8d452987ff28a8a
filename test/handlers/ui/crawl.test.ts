import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../../handlers/interfaces/store.ts";
import type { DeadLetter } from "../../../handlers/interfaces/queue.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
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
import { type Answer, type Browser, createTestPages } from "../../support/pages.ts";

// What db01 has in its trusted facts: nothing marks it.
const registered = ["psk-should-show-up-nowhere"];
const clock = createTestClock(recordedEnd);
const letters: DeadLetter[] = ["store", "forward"].map((stage, i) => ({
  id: `letter/${i}`,
  certname: "web01.example.test",
  command: "replace facts",
  version: 5,
  received_at: "2026-11-22T22:44:00.000Z",
  stage: stage as "store" | "forward",
  reason: seal("values.site_info: expected no tok-common-0123456789abcdef"),
  size: 1234,
}));

let store: Store;
let browser: Browser;
const pages = new Map<string, Answer>();
let log: () => string;

/** Follows every link of our own pages, API and documentation aside. */
const crawl = async () => {
  const waiting = ["/"];
  const shape = (path: string) => path.replace(/[0-9a-f]{40}/, "HASH");
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (pages.has(path)) continue;
    const page = await browser.get(path);
    pages.set(path, page);
    for (const link of page.links) {
      if (!link.startsWith("/") || link === "/docs" || link.includes("order=") || pages.has(link)) continue;
      // One of each kind of filtered list is enough.
      const kind = shape(link).replace(/=[^&]*/g, "=");
      if (
        link.includes("?") && [...pages.keys(), ...waiting].some((each) => shape(each).replace(/=[^&]*/g, "=") === kind)
      ) {
        continue;
      }
      waiting.push(link);
    }
  }
};

beforeAll(async () => {
  store = await openTestStore(clock);
  await fill(store.estate, await recordedCommands());
  for (const catalog of await recordedCatalogs()) await store.estate.storeCatalog(catalog);
  const test = await createTestPages({ store, clock, redactor: () => redactorOf(registered), letters });
  log = () => test.log.text();
  browser = await test.loggedIn();
  await crawl();
});
afterAll(() => store.close());

describe("every page that can be reached", () => {
  it("is there, for all nodes", () => {
    expect([...pages].filter(([, page]) => page.status !== 200).map(([path, page]) => [path, page.status])).toEqual([]);
    for (const node of ["web01", "db01", "app01", "app02"]) {
      for (const tab of ["", "/facts", "/catalog", "/catalogs", "/reports", "/remove"]) {
        expect([...pages.keys()]).toContain(`/nodes/${node}.example.test${tab}`);
      }
    }
    expect([...pages.keys()].filter((path) => /\/reports\/[0-9a-f]{40}$/.test(path)).length).toBeGreaterThan(8);
    expect([...pages.keys()].filter((path) => /\/catalogs\/\d+$/.test(path)).length).toBeGreaterThan(5);
    for (const path of ["/dead-letters", "/secrets", "/account"]) expect([...pages.keys()]).toContain(path);
  });

  it("is sound HTML with one heading, labels, and nothing inline", () => {
    expect([...pages].filter(([, page]) => page.faults.length > 0).map(([path, page]) => [path, page.faults])).toEqual(
      [],
    );
  });

  it("shows no secret", () => {
    const secrets = [...recordedSecrets, ...registered];
    const shown = [...pages].flatMap(([path, page]) =>
      secrets.filter((each) => page.html.includes(each) || page.text.includes(each)).map((each) => [path, each])
    );
    expect(shown).toEqual([]);
    expect(secrets.filter((each) => log().includes(each))).toEqual([]);
  });

  it("says where a secret was", () => {
    const html = pages.get("/nodes/web01.example.test/catalog")!.html;
    expect(html).toMatch(/<mark class="redacted"/);
    expect(html).toContain("has secrets");
    expect(pages.get("/dead-letters")!.text).toContain("expected no XXXXX");
  });

  it("carries the security headers and is kept by nobody", () => {
    for (const page of pages.values()) {
      expect(page.headers.get("Content-Type")).toBe("text/html; charset=UTF-8");
      expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
      expect(page.headers.get("Cache-Control")).toBe("no-store");
    }
  });
});

describe("the search", () => {
  it("finds nothing that is hidden", async () => {
    for (const secret of recordedSecrets) {
      for (const tab of ["catalog", "facts"]) {
        const page = await browser.get(`/nodes/web01.example.test/${tab}?q=${encodeURIComponent(secret)}`);
        expect(page.text).toMatch(/No (resource|fact) fits/);
      }
    }
  });

  it("finds what is shown, and opens it", async () => {
    const facts = await browser.get("/nodes/web01.example.test/facts?q=site_info.big");
    expect(facts.text).toContain("9007199254740993");
    const catalog = await browser.get("/nodes/web01.example.test/catalog?q=tls.conf");
    expect(catalog.html).toMatch(/<details class="resource" open>/);
    expect(catalog.text).toContain("/nginx/tls.conf");
  });
});
