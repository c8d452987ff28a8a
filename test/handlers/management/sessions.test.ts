import { describe, expect, it } from "vitest";
import { AppError } from "../../../handlers/errors.ts";
import { adminPassword, createTestManagement } from "../../support/management.ts";

const who = ["GET", "/api/v1/authenticate"] as const;
const minute = 60_000;
const hour = 60 * minute;

describe("a session", () => {
  it("ends after an hour without use", async () => {
    const { clock, loggedIn } = await createTestManagement();
    const call = await loggedIn();
    clock.advance(hour - 1);
    expect((await call(...who)).status).toBe(200);
    clock.advance(hour);
    expect((await call(...who)).status).toBe(401);
  });

  it("ends after twelve hours, however much it is used", async () => {
    const { clock, loggedIn } = await createTestManagement();
    const call = await loggedIn();
    for (let i = 0; i < 23; i++) {
      clock.advance(hour / 2);
      expect((await call(...who)).status).toBe(200);
    }
    clock.advance(hour / 2 - 1);
    expect((await call(...who)).status).toBe(200);
    clock.advance(1);
    expect((await call(...who)).status).toBe(401);
  });

  it("writes that it is in use once a minute at most", async () => {
    const { clock, loggedIn, memory } = await createTestManagement();
    const call = await loggedIn();
    const before = memory.changes.version("sessions");
    for (let i = 0; i < 59; i++) {
      clock.advance(1000);
      await call(...who);
    }
    expect(memory.changes.version("sessions")).toBe(before);
    clock.advance(1000);
    await call(...who);
    await call(...who);
    expect(memory.changes.version("sessions")).toBe(before + 1);
    expect(memory.dump("sessions")[0]!.seen_at).toBe(clock.now());
  });

  it("holds in every process on one store, and ends in all of them", async () => {
    const one = await createTestManagement();
    const other = await createTestManagement({ memory: one.memory, clock: one.clock, seed: 1 });
    const call = await one.loggedIn();
    const there = other.caller();
    there.cookie = call.cookie;
    expect((await there(...who)).status).toBe(200);
    for (let i = 0; i < 3; i++) {
      one.clock.advance(50 * minute);
      expect((await (i % 2 === 0 ? there : call)(...who)).status).toBe(200);
    }
    await there("DELETE", "/api/v1/authenticate");
    expect((await call(...who)).status).toBe(401);
  });

  it("W31: of a user who was removed is 401, not 404", async () => {
    const { loggedIn, memory } = await createTestManagement();
    const call = await loggedIn();
    expect((await call(...who)).status).toBe(200);
    await memory.documents.remove("users", "admin");
    expect((await call(...who)).status).toBe(401);
  });

  it("is not inherited by a later user of the same name", async () => {
    const { loggedIn, memory, access } = await createTestManagement();
    const call = await loggedIn();
    await memory.documents.remove("users", "admin");
    await access.users.createAdmin("another admin's pass phrase");
    expect((await call(...who)).status).toBe(401);
  });

  it("survives a store that can be read only", async () => {
    const { clock, loggedIn, memory } = await createTestManagement();
    const call = await loggedIn();
    const { replace } = memory.documents;
    memory.documents.replace = () => Promise.reject(new AppError("unavailable", "The disk is full"));
    clock.advance(2 * minute);
    expect((await call(...who)).status).toBe(200);
    memory.documents.replace = replace;
  });

  it("shows no one else's token shape as an error: junk in the cookie is just no session", async () => {
    const { caller } = await createTestManagement();
    const call = caller();
    for (const junk of ["", "x", "A".repeat(43), "%00", "A".repeat(5000), "token-1-AAAA; hoppetdb=2"]) {
      call.cookie = `hoppetdb=${junk}`;
      expect((await call(...who)).status).toBe(401);
    }
  });
});

describe("one's own sessions", () => {
  it("are listed and ended one by one", async () => {
    const { loggedIn, clock } = await createTestManagement();
    const first = await loggedIn();
    clock.advance(minute);
    const second = await loggedIn();
    const list = await (await second("GET", "/api/v1/users/_self/sessions")).json();
    expect(list.meta).toEqual({ result_size: 2 });
    expect(list.result.map((each: { current: boolean }) => each.current)).toEqual([true, false]);
    expect(Object.keys(list.result[0]).sort()).toEqual([
      "address",
      "created_at",
      "current",
      "expires_at",
      "id",
      "seen_at",
    ]);
    const page = await (await second("GET", "/api/v1/users/_self/sessions?limit=1&page=1")).json();
    expect(page).toEqual({ result: [list.result[1]], meta: { result_size: 2 } });

    const ended = await second("DELETE", `/api/v1/users/_self/sessions/${list.result[1].id}`);
    expect([ended.status, await ended.json()]).toEqual([200, {}]);
    expect((await first(...who)).status).toBe(401);
    expect((await second(...who)).status).toBe(200);
    expect((await second("DELETE", `/api/v1/users/_self/sessions/${list.result[1].id}`)).status).toBe(404);
  });

  it("are one's own: another user's can't be seen or ended", async () => {
    const { loggedIn, memory } = await createTestManagement();
    const call = await loggedIn();
    const [mine] = memory.dump("sessions");
    const theirs = { ...mine!, id: "f".repeat(64), user: "ad.in" };
    await memory.documents.insert("sessions", theirs);
    const list = await (await call("GET", "/api/v1/users/_self/sessions")).json();
    expect(list.meta.result_size).toBe(1);
    expect((await call("DELETE", `/api/v1/users/_self/sessions/${theirs.id}`)).status).toBe(404);
    expect(memory.dump("sessions")).toHaveLength(2);
  });
});

describe("one's own password", () => {
  const path = "/api/v1/users/_self/password";
  const next = "a much better pass phrase";

  it("W29: is changed with the old one only; other sessions end, this one goes on under a new cookie", async () => {
    const { loggedIn, caller, firstChanges } = await createTestManagement();
    const [here, elsewhere] = [await loggedIn(), await loggedIn()];
    const before = here.cookie;
    const changed = await here("PUT", path, { old: adminPassword, new: next });
    expect([changed.status, await changed.json()]).toEqual([200, {}]);
    expect(here.cookie).not.toBe(before);
    expect((await here(...who)).status).toBe(200);
    expect((await elsewhere(...who)).status).toBe(401);
    const thief = caller();
    thief.cookie = before;
    expect((await thief(...who)).status).toBe(401);
    expect((await caller()("POST", "/api/v1/authenticate", { user: "admin", password: adminPassword })).status)
      .toBe(401);
    expect((await loggedIn(next)).cookie).toBeDefined();
    expect(firstChanges).toEqual(["admin"]);
  });

  it("tells of the first change only", async () => {
    const { loggedIn, firstChanges } = await createTestManagement();
    const call = await loggedIn();
    await call("PUT", path, { old: adminPassword, new: next });
    await call("PUT", path, { old: next, new: `${next} again` });
    expect(firstChanges).toEqual(["admin"]);
  });

  it("ends sessions in other processes", async () => {
    const one = await createTestManagement();
    const other = await createTestManagement({ memory: one.memory, clock: one.clock, seed: 1 });
    const [here, there] = [await one.loggedIn(), await other.loggedIn()];
    expect((await there(...who)).status).toBe(200);
    await here("PUT", path, { old: adminPassword, new: next });
    expect((await there(...who)).status).toBe(401);
  });

  it("is refused when it is weak, the same, or the old one is wrong; the field is named", async () => {
    const { loggedIn, firstChanges } = await createTestManagement();
    const call = await loggedIn();
    const cases: [string, string, string][] = [
      ["wrong wrong wrong", next, "old"],
      [adminPassword, "short", "new"],
      [adminPassword, "aaaaaaaaaaaaaaaaaaaa", "new"],
      [adminPassword, "admin1234567", "new"],
      [adminPassword, adminPassword, "new"],
    ];
    for (const [old, given, field] of cases) {
      const response = await call("PUT", path, { old, new: given });
      const problem = await response.json();
      expect([response.status, problem.field]).toEqual([422, field]);
      expect(JSON.stringify(problem)).not.toContain(given);
    }
    expect(firstChanges).toEqual([]);
    expect((await call(...who)).status).toBe(200);
  });

  it("is not guessed through the change either", async () => {
    const { loggedIn } = await createTestManagement();
    const call = await loggedIn();
    const statuses = [];
    for (let i = 0; i < 6; i++) statuses.push((await call("PUT", path, { old: `wrong${i}`, new: next })).status);
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
  });
});
