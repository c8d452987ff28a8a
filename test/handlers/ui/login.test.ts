import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../../handlers/interfaces/store.ts";
import { createTestClock } from "../../support/clock.ts";
import { openTestStore, redactorOf } from "../../support/estate.ts";
import { adminPassword } from "../../support/management.ts";
import { createTestPages } from "../../support/pages.ts";

const clock = createTestClock();
let store: Store;
let pages: Awaited<ReturnType<typeof createTestPages>>;

beforeAll(async () => {
  store = await openTestStore(clock);
  pages = await createTestPages({ store, clock, redactor: () => redactorOf([]) });
});
afterAll(() => store.close());

describe("without a login", () => {
  it.each(["/", "/nodes/a", "/nodes/a/facts?q=x", "/dead-letters", "/secrets", "/account"])(
    "%s leads to the login page and back",
    async (path) => {
      const browser = pages.browser();
      const refused = await browser.get(path);
      expect([refused.status, refused.location]).toEqual([303, `/login?next=${encodeURIComponent(path)}`]);
      const page = await browser.get(refused.location!);
      expect([page.status, page.faults]).toEqual([200, []]);
      const next = page.elements.find((each) => each.attributes.name === "next")?.attributes.value;
      expect(next).toBe(path);
      const entered = await browser.post("/login", { user: "admin", password: adminPassword, next: next! });
      expect([entered.status, entered.location]).toEqual([303, path]);
      expect([200, 404]).toContain((await browser.get(path)).status);
    },
  );

  it("changes nothing", async () => {
    for (const path of ["/nodes/a/remove", "/dead-letters/x/drop", "/secrets", "/account/password"]) {
      const answer = await pages.browser().post(path, { value: "something" });
      expect([path, answer.status, answer.location]).toEqual([path, 303, "/login"]);
    }
  });

  it("is told nothing by what doesn't exist", async () => {
    expect((await pages.browser().get("/nothing")).status).toBe(404);
  });
});

describe("the login page", () => {
  it.each(["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x"])(
    "leads only to pages of ours, not to %s",
    async (next) => {
      const browser = pages.browser();
      const page = await browser.get(`/login?next=${encodeURIComponent(next)}`);
      expect(page.elements.find((each) => each.attributes.name === "next")?.attributes.value).toBe("/");
      const entered = await browser.post("/login", { user: "admin", password: adminPassword, next });
      expect([entered.status, entered.location]).toEqual([303, "/"]);
    },
  );

  it("says that the name or the password is wrong, and keeps the name only", async () => {
    const browser = pages.browser();
    const page = await browser.post("/login", { user: `ad"min<b>`, password: "not the password", next: "/secrets" });
    expect([page.status, page.faults]).toEqual([401, []]);
    expect(page.text).toContain("The user name or the password is wrong.");
    const value = (name: string) => page.elements.find((each) => each.attributes.name === name)?.attributes.value;
    expect([value("user"), value("password"), value("next")]).toEqual([`ad"min<b>`, undefined, "/secrets"]);
    expect(page.html).not.toContain("not the password");
    expect(browser.cookie).toBeUndefined();
    expect((await pages.browser().post("/login", {})).status).toBe(401);
  });

  it("makes one wait after too many wrong passwords", async () => {
    const browser = pages.browser();
    let last = await browser.post("/login", { user: "nobody", password: "x" });
    for (let i = 0; i < 12 && last.status !== 429; i++) {
      last = await browser.post("/login", { user: "nobody", password: "x" });
    }
    expect([last.status, last.faults]).toEqual([429, []]);
    expect(Number(last.headers.get("Retry-After"))).toBeGreaterThan(0);
    clock.advance(24 * 3_600_000);
  });

  it("takes no form of another site", async () => {
    const answer = await pages.browser().post("/login", { user: "admin", password: adminPassword }, {
      Origin: "https://evil.example",
    });
    expect([answer.status, answer.faults]).toEqual([403, []]);
    expect(answer.text).toContain("Forbidden");
  });

  it("sends on whoever is logged in, and begins another session at a new login", async () => {
    const browser = await pages.loggedIn();
    expect((await browser.get("/login?next=%2Fsecrets")).location).toBe("/secrets");
    const before = browser.cookie;
    await browser.post("/login", { user: "admin", password: adminPassword });
    expect(browser.cookie).not.toBe(before);
    const old = pages.browser();
    old.cookie = before;
    expect((await old.get("/")).status).toBe(303);
  });
});

describe("logging out", () => {
  it("ends the session in the store too", async () => {
    const browser = await pages.loggedIn();
    const cookie = browser.cookie;
    const answer = await browser.post("/logout");
    expect([answer.status, answer.location, browser.cookie]).toEqual([303, "/login", undefined]);
    browser.cookie = cookie;
    expect((await browser.get("/")).status).toBe(303);
  });
});

describe("the files of the pages", () => {
  it("may be kept for ever under the address that names their content", async () => {
    const page = await pages.browser().get("/login");
    const sheet = page.elements.find((each) => each.attributes.rel === "stylesheet")?.attributes.href;
    expect(sheet).toMatch(/^\/assets\/app\.css\?v=[0-9a-f]{8}$/);
    const file = await pages.browser().get(sheet!);
    expect(file.status).toBe(200);
    expect(file.headers.get("Content-Type")).toBe("text/css; charset=utf-8");
    expect(file.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
    const again = await pages.browser().get("/assets/app.css", { "If-None-Match": file.headers.get("ETag")! });
    expect([again.status, again.html]).toEqual([304, ""]);
    expect(again.headers.get("Cache-Control")).not.toContain("immutable");
    expect((await pages.browser().get("/assets/icon.svg")).headers.get("Content-Type")).toBe("image/svg+xml");
  });

  it("have balanced braces, and use what is defined", async () => {
    const { html: css } = await pages.browser().get("/assets/app.css");
    expect(css.split("{").length).toBe(css.split("}").length);
    const defined = new Set([...css.matchAll(/(--[a-z-]+):/g)].map(([, name]) => name));
    const used = [...css.matchAll(/var\((--[a-z-]+)\)/g)].map(([, name]) => name);
    expect(used.filter((name) => !defined.has(name))).toEqual([]);
  });
});
