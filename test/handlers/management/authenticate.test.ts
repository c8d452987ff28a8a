import { describe, expect, it } from "vitest";
import { adminPassword, createTestManagement, publicUrl } from "../../support/management.ts";

const path = "/api/v1/authenticate";
const right = { user: "admin", password: adminPassword };

describe("authenticate", () => {
  it("logs in, tells who it is, and logs out", async () => {
    const { caller, memory } = await createTestManagement();
    const call = caller();
    const login = await call("POST", path, right);
    expect(login.status).toBe(201);
    expect(await login.json()).toEqual({ user: "admin" });
    expect(await (await call("GET", path)).json()).toEqual({ user: "admin" });
    expect(memory.dump("sessions")).toHaveLength(1);

    const logout = await call("DELETE", path);
    expect([logout.status, await logout.json()]).toEqual([200, {}]);
    expect(memory.dump("sessions")).toEqual([]);
    expect((await call("GET", path)).status).toBe(401);
  });

  it("W31: ends the session in the store, so that a kept cookie opens nothing", async () => {
    const { caller, loggedIn } = await createTestManagement();
    const call = await loggedIn();
    const kept = call.cookie;
    await call("DELETE", path);
    const thief = caller();
    thief.cookie = kept;
    expect((await thief("GET", path)).status).toBe(401);
  });

  it("answers a wrong password and an unknown user alike", async () => {
    const { caller, passwords } = await createTestManagement();
    const call = caller();
    await call("POST", path, { user: "admin", password: "wrong" });
    const answers = [];
    const costs = [];
    for (const user of ["admin", "nobody", "<script>", "_self"]) {
      const before = passwords.computed;
      const response = await call("POST", path, { user, password: "wrong" });
      const { status, title, detail } = await response.json();
      answers.push({ status, title, detail });
      costs.push(passwords.computed - before);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(answers[0]!.status).toBe(401);
    expect(costs).toEqual([1, 1, 1, 1]);
  });

  it("finds a user whichever way the name was typed, and by the whole name only (W19)", async () => {
    const { caller } = await createTestManagement();
    for (const [user, status] of [["Admin ", 201], ["ＡＤＭＩＮ", 201], ["a.min", 401], ["adm.*", 401]] as const) {
      const call = caller();
      call.address = `198.51.100.${status}${user.length}`;
      expect([user, (await call("POST", path, { ...right, user })).status]).toEqual([user, status]);
    }
  });

  it("gives a new session at each login and ends the one before", async () => {
    const { memory, loggedIn } = await createTestManagement();
    const call = await loggedIn();
    const first = call.cookie;
    await call("POST", path, right);
    expect(call.cookie).not.toBe(first);
    expect(memory.dump("sessions")).toHaveLength(1);
  });

  it("never takes a session id that the browser brought along", async () => {
    const { caller, memory } = await createTestManagement();
    const call = caller();
    call.cookie = `hoppetdb=${"A".repeat(43)}`;
    await call("POST", path, right);
    expect(call.cookie).not.toContain("A".repeat(43));
    expect(memory.dump("sessions")).toHaveLength(1);
  });

  it("keeps the token out of the store and the log", async () => {
    const { memory, log, loggedIn } = await createTestManagement();
    const call = await loggedIn();
    const token = call.cookie!.split("=")[1]!;
    expect(token).toHaveLength(43);
    const stored = JSON.stringify(memory.dump("sessions"));
    expect(stored).toMatch(/"id":"[0-9a-f]{64}"/);
    expect(stored).not.toContain(token);
    expect(log.text()).not.toContain(token);
    expect(log.text()).not.toContain(adminPassword);
    expect(JSON.stringify(memory.dump("users"))).not.toContain(adminPassword);
  });

  it("refuses what is no login without computing anything, and says which field", async () => {
    const { caller, passwords } = await createTestManagement();
    const before = passwords.computed;
    const call = caller();
    const cases: [unknown, number, string | undefined][] = [
      [{ user: "admin" }, 422, "password"],
      [{ user: 7, password: "x" }, 422, "user"],
      [{ ...right, user: "" }, 422, "user"],
      [{ ...right, password: "p".repeat(5000) }, 422, "password"],
      [{ ...right, admin: true }, 422, undefined],
      [[], 422, undefined],
      ["{", 400, undefined],
      ["null", 422, undefined],
    ];
    for (const [body, status, field] of cases) {
      const response = await call("POST", path, body);
      const problem = await response.json();
      expect([response.status, problem.field]).toEqual([status, field]);
      expect(response.headers.get("Content-Type")).toBe("application/problem+json");
      expect(JSON.stringify(problem)).not.toContain("pppp");
    }
    expect((await call("POST", path, "user=admin", { "Content-Type": "application/x-www-form-urlencoded" })).status)
      .toBe(415);
    expect(passwords.computed).toBe(before);
  });
});

describe("the session cookie", () => {
  const login = async (url: string, secure: boolean) => {
    const { app, env } = await createTestManagement({ deps: { publicUrl: url } });
    const response = await app.request(path, {
      method: "POST",
      headers: { Origin: new URL(url).origin, "Content-Type": "application/json" },
      body: JSON.stringify(right),
    }, env({ secure }));
    expect(response.status).toBe(201);
    return { line: response.headers.getSetCookie()[0]!, response, app, env };
  };

  it("is __Host-, Secure, HttpOnly and SameSite=Lax behind TLS, whoever ends it (W31)", async () => {
    for (const [url, secure] of [["https://hoppetdb.example.com", false], [publicUrl, true]] as const) {
      const { line, response } = await login(url, secure);
      const [pair, ...attributes] = line.split("; ");
      expect(pair).toMatch(/^__Host-hoppetdb=/);
      expect(attributes.sort()).toEqual(["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
      expect(response.headers.get("Strict-Transport-Security")).toMatch(/^max-age=\d{8}/);
    }
  });

  it("has a plain name without TLS", async () => {
    const { line, response } = await login(publicUrl, false);
    const [pair, ...attributes] = line.split("; ");
    expect(pair).toMatch(/^hoppetdb=/);
    expect(attributes.sort()).toEqual(["HttpOnly", "Path=/", "SameSite=Lax"]);
    expect(response.headers.has("Strict-Transport-Security")).toBe(false);
  });

  it("is not read under the plain name behind TLS, where another host could have planted it", async () => {
    const { line, app, env } = await login("https://hoppetdb.example.com", true);
    const token = line.split(";")[0]!.split("=")[1]!;
    const ask = async (name: string) =>
      (await app.request(path, { headers: { Cookie: `${name}=${token}` } }, env({ secure: true }))).status;
    expect([await ask("__Host-hoppetdb"), await ask("hoppetdb")]).toEqual([200, 401]);
  });
});
