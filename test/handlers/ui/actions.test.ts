import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../handlers/errors.ts";
import type { DeadLetter } from "../../../handlers/interfaces/queue.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import type { Store } from "../../../handlers/interfaces/store.ts";
import { createTestClock } from "../../support/clock.ts";
import { factsOf, fill, openTestStore, redactorOf, reportOf } from "../../support/estate.ts";
import { adminPassword } from "../../support/management.ts";
import { type Browser, createTestPages } from "../../support/pages.ts";

const clock = createTestClock();
const secret = "a secret of the site";
const letters: DeadLetter[] = [];
const added: [string, string][] = [];
let replayed: string[] = [];
let store: Store;
let pages: Awaited<ReturnType<typeof createTestPages>>;
let browser: Browser;

const letter = (id: string): DeadLetter => ({
  id,
  certname: "a.example",
  command: "replace facts",
  version: 5,
  received_at: "2026-01-01T00:00:00.000Z",
  stage: "store",
  reason: seal(`values.x: expected no "${secret}"`),
  size: 12345,
});

beforeAll(async () => {
  store = await openTestStore(clock);
  pages = await createTestPages({
    store,
    clock,
    redactor: () => redactorOf([secret]),
    letters,
    deps: {
      replay: (id) => {
        if (id === "bad") return Promise.reject(new AppError("bad_request", `values.x: "${secret}" again`));
        if (id === "worse") return Promise.reject(new AppError("internal", `${secret} in our inside`));
        replayed.push(id);
        return Promise.resolve(letters.some((each) => each.id === id));
      },
      secrets: {
        add: (value, by) => {
          if (value.length < 6) {
            return Promise.reject(new AppError("invalid", "The secret has fewer than 6 characters"));
          }
          return Promise.resolve(added.push([value, by]));
        },
        remove: (id) => pages.memory.documents.remove("redactor_secrets", id),
      },
    },
  });
});
afterAll(() => store.close());
beforeEach(async () => {
  letters.splice(0, letters.length, letter("one"), letter("a/b?c"), letter("bad"), letter("worse"));
  replayed = [];
  browser = await pages.loggedIn();
});

describe("dead letters", () => {
  it("are announced on the first page and listed with node and reason", async () => {
    expect((await browser.get("/")).text).toContain("4 commands could not be stored or forwarded");
    const page = await browser.get("/dead-letters");
    expect(page.text).toContain("replace facts version 5 a.example");
    expect(page.text).toContain('values.x: expected no "XXXXX"');
    expect(page.html).not.toContain(secret);
  });

  it("are tried again and dropped, whatever their id is", async () => {
    const forms = (await browser.get("/dead-letters")).elements.filter((each) => each.name === "form");
    const action = (end: string) => forms.map((each) => each.attributes.action!).filter((each) => each.endsWith(end));
    expect(action("/replay")[1]).toBe("/dead-letters/a%2Fb%3Fc/replay");
    const again = await browser.post(action("/replay")[1]!);
    expect([again.status, again.location, replayed]).toEqual([303, "/dead-letters?done=replayed", ["a/b?c"]]);
    expect((await browser.get(again.location!)).text).toContain("It was stored, or put back in line.");
    const dropped = await browser.post(action("/drop")[1]!);
    expect([dropped.status, letters.map((each) => each.id)]).toEqual([303, ["one", "bad", "worse"]]);
    expect((await browser.post(action("/drop")[1]!)).status).toBe(404);
    expect((await browser.post(action("/replay")[1]!)).status).toBe(404);
  });

  it("say why they failed again, without what is secret", async () => {
    const page = await browser.post("/dead-letters/bad/replay");
    expect([page.status, page.faults]).toEqual([400, []]);
    expect(page.text).toContain('It failed again: values.x: "XXXXX" again.');
    const worse = await browser.post("/dead-letters/worse/replay");
    expect([worse.status, worse.faults]).toEqual([500, []]);
    expect(worse.html).not.toContain(secret);
    expect(worse.text).toMatch(/Internal error.*the log has more under request "[0-9a-f-]{36}"/);
  });
});

describe("secrets", () => {
  it("go in and never come out", async () => {
    const answer = await browser.post("/secrets", { value: "one line\r\nand another" });
    expect([answer.status, answer.location]).toEqual([303, "/secrets?done=added"]);
    expect(added).toEqual([["one line\nand another", "admin"]]);
    expect((await browser.get(answer.location!)).text).toContain("The value is hidden from now on");
  });

  it("that can't be hidden are refused without being repeated", async () => {
    const page = await browser.post("/secrets", { value: "short" });
    expect([page.status, page.faults]).toEqual([422, []]);
    expect(page.text).toContain("The secret has fewer than 6 characters.");
    expect(page.html).not.toContain("short<");
    expect((await browser.post("/secrets")).status).toBe(400);
  });

  it("are listed by id and forgotten", async () => {
    await pages.memory.documents.insert("redactor_secrets", {
      id: "id-1",
      created_at: "2026-01-01T00:00:00.000Z",
      created_by: "admin",
      fingerprint: "f",
    });
    const page = await browser.get("/secrets");
    expect(page.faults).toEqual([]);
    expect(page.text).toContain("id-1");
    expect((await browser.post("/secrets/id-1/remove")).location).toBe("/secrets?done=removed");
    expect((await browser.post("/secrets/id-1/remove")).status).toBe(404);
  });
});

describe("a node", () => {
  it("is removed after a second question", async () => {
    await fill(store.estate, [factsOf("old.example", clock.now(), "{}"), reportOf("old.example", clock.now())]);
    const question = await browser.get("/nodes/old.example/remove");
    expect([question.status, question.faults]).toEqual([200, []]);
    const answer = await browser.post("/nodes/old.example/remove");
    expect([answer.status, answer.location]).toEqual([303, "/"]);
    expect((await browser.get("/nodes/old.example")).status).toBe(404);
    expect((await browser.post("/nodes/old.example/remove")).status).toBe(404);
  });

  it("is not removed by another site", async () => {
    await fill(store.estate, [factsOf("kept.example", clock.now(), "{}")]);
    const answer = await browser.post("/nodes/kept.example/remove", {}, { Origin: "https://evil.example" });
    expect(answer.status).toBe(403);
    expect((await browser.get("/nodes/kept.example")).status).toBe(200);
  });
});

describe("one's account", () => {
  const given = { old: adminPassword, new: "another long password", again: "another long password" };

  it("says what is wrong with a new password", async () => {
    const differ = await browser.post("/account/password", { ...given, again: "something else" });
    expect([differ.status, differ.faults]).toEqual([422, []]);
    expect(differ.text).toContain("The two new passwords differ.");
    expect((await browser.post("/account/password", { ...given, old: "wrong" })).text).toContain(
      "old password is wrong",
    );
    expect((await browser.post("/account/password", { old: adminPassword, new: "short", again: "short" })).status).toBe(
      422,
    );
  });

  it("lists logins and ends them", async () => {
    const other = await pages.loggedIn();
    const page = await browser.get("/account");
    const ends = page.elements.filter((each) => each.attributes.action?.startsWith("/account/sessions/"));
    expect(ends.length).toBeGreaterThan(0);
    for (const each of ends) expect((await browser.post(each.attributes.action!)).status).toBe(303);
    expect((await other.get("/")).status).toBe(303);
    expect((await browser.get("/")).status).toBe(200);
    expect((await browser.post(ends[0]!.attributes.action!)).status).toBe(404);
  });

  it("takes a new password and goes on under a new cookie", async () => {
    const before = browser.cookie;
    const answer = await browser.post("/account/password", given);
    expect([answer.status, answer.location]).toEqual([303, "/account?done=password"]);
    expect(browser.cookie).not.toBe(before);
    expect((await browser.get(answer.location!)).text).toContain("The password is changed.");
    await browser.post("/account/password", { old: given.new, new: adminPassword, again: adminPassword });
  });
});
