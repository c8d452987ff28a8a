import { describe, expect, it } from "vitest";
import { checkLines } from "../../../handlers/core/audit/check-lines.ts";
import { adminPassword, createTestManagement } from "../../support/management.ts";
import { createTestVault } from "../../support/vault.ts";

// deno-lint-ignore no-explicit-any -- bodies as they come
type Any = any;

describe("/api/v1/audit", () => {
  const open = async () => {
    const made = await createTestManagement();
    const admin = await made.loggedIn();
    const list = async (query = ""): Promise<Any> => await (await admin("GET", `/api/v1/audit${query}`)).json();
    return { ...made, admin, list };
  };

  it("has logins, right and wrong, and never what was typed", async () => {
    const { caller, list, memory } = await open();
    const stranger = caller();
    await stranger("POST", "/api/v1/authenticate", { user: "admin", password: "not the password" });
    await stranger("POST", "/api/v1/authenticate", { user: "Passw0rd-by-mistake", password: "x" });
    const { result } = await list();
    expect(result).toMatchObject([
      { actor: "unknown user", outcome: "refused", status: 401, target: "authenticate", address: "192.0.2.1" },
      { actor: "admin", outcome: "refused", status: 401 },
      { actor: "admin", outcome: "done", status: 201, action: "POST /api/v1/authenticate" },
    ]);
    const stored = JSON.stringify(memory.dump("audit"));
    for (const typed of ["not the password", "Passw0rd-by-mistake", adminPassword]) expect(stored).not.toContain(typed);
  });

  it("has changes with what was before and after, searchable", async () => {
    const { admin, list, memory } = await open();
    const password = "a password that nobody may see";
    expect((await admin("POST", "/api/v1/users/bob", { name: "Bob", password })).status).toBe(201);
    expect((await admin("PUT", "/api/v1/users/bob", { name: "Robert" })).status).toBe(200);
    expect((await admin("POST", "/api/v1/teams/ops", {})).status).toBe(201);
    expect((await admin("POST", "/api/v1/teams/ops", {})).status).toBe(409);
    expect((await admin("POST", "/api/v1/nodes_secrets_redactor", { value: "pineapple-42" })).status).toBe(201);
    expect((await admin("DELETE", "/api/v1/users/bob")).status).toBe(200);
    const changed = (await list("?target=users/bob&action=PUT*")).result[0];
    expect(changed).toMatchObject({
      actor: "admin",
      via: "session",
      action: "PUT /api/v1/users/{user}",
      before: { id: "bob", name: "Bob" },
      after: { id: "bob", name: "Robert" },
    });
    expect((await list("?target=users/*")).meta.result_size).toBe(3);
    expect((await list("?outcome=refused")).result).toMatchObject([{ status: 409, target: "teams/ops" }]);
    expect((await list(`?request_id=${changed.request_id}`)).result).toEqual([changed]);
    expect((await list("?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00.001Z")).meta.result_size).toBe(7);
    expect((await list("?from=2026-01-01T00:00:01Z")).meta.result_size).toBe(0);
    const stored = JSON.stringify(memory.dump("audit"));
    for (const secret of [password, "pineapple-42"]) expect(stored).not.toContain(secret);
  });

  it("tells a create that was sent again from one that was done", async () => {
    const { admin, list } = await open();
    const key = { "Idempotency-Key": "k1" };
    expect((await admin("POST", "/api/v1/teams/ops", {}, key)).status).toBe(201);
    expect((await admin("POST", "/api/v1/teams/ops", {}, key)).status).toBe(201);
    const { result } = await list("?target=teams/ops");
    expect(result).toMatchObject([{ status: 201, after: { replayed: true } }, { status: 201, after: { id: "ops" } }]);
  });

  it("pages by a cursor and by a page's number, and picks fields", async () => {
    const { admin, list } = await open();
    for (let i = 0; i < 6; i++) await admin("POST", `/api/v1/teams/team${i}`, {});
    const seqs: number[] = [];
    let next: string | null = "";
    while (next !== null) {
      const { result, meta }: Any = await list(`?limit=3&fields=seq${next === "" ? "" : `&cursor=${next}`}`);
      expect(meta.result_size).toBe(7);
      seqs.push(...result.map((each: { seq: number }) => each.seq));
      next = meta.next;
    }
    expect(seqs).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect((await list("?limit=2&page=1&fields=seq&sort_order=ascending")).result).toEqual([{ seq: 3 }, { seq: 4 }]);
    const { meta } = await list("?limit=2");
    expect((await admin("GET", `/api/v1/audit?sort_order=ascending&cursor=${meta.next}`)).status).toBe(400);
    expect((await admin("GET", "/api/v1/audit?cursor=x")).status).toBe(400);
    expect((await admin("GET", "/api/v1/audit?target=te*")).status).toBe(400);
    expect((await admin("GET", "/api/v1/audit?from=yesterday")).status).toBe(400);
    expect((await admin("GET", "/api/v1/audit?nothing=1")).status).toBe(400);
  });

  it("shows one record", async () => {
    const { admin, list } = await open();
    const [record] = (await list()).result;
    expect(await (await admin("GET", `/api/v1/audit/${record.id}`)).json()).toEqual(record);
    expect((await admin("GET", "/api/v1/audit/nothing")).status).toBe(404);
  });

  it("is exported as JSON lines that can be checked, and the export is recorded", async () => {
    const { admin, list } = await open();
    for (let i = 0; i < 300; i++) await admin("DELETE", `/api/v1/teams/team${i}`);
    const response = await admin("GET", "/api/v1/audit/_export");
    expect(response.headers.get("Content-Type")).toBe("application/x-ndjson");
    const lines = (await response.text()).split("\n").slice(0, -1);
    const each = async function* () {
      yield* lines;
    };
    expect(await checkLines(await createTestVault(), each())).toMatchObject({ ok: true, records: 301 });
    expect((await list("?limit=1")).result).toMatchObject([{
      action: "look /api/v1/audit/_export",
      target: "audit",
      actor: "admin",
    }]);
    const some = await admin("GET", "/api/v1/audit/_export?target=teams/team7");
    expect((await some.text()).split("\n")).toHaveLength(2);
    expect((await admin("GET", "/api/v1/audit/_export?target=te*")).status).toBe(400);
    const none = await admin("GET", "/api/v1/audit/_export?actor=nobody");
    expect([none.status, await none.text()]).toEqual([200, ""]);
  });

  it("checks itself", async () => {
    const { admin, memory } = await open();
    await admin("POST", "/api/v1/teams/ops", {});
    const verified = async (): Promise<Any> => await (await admin("GET", "/api/v1/audit/_verify")).json();
    expect(await verified()).toMatchObject({ ok: true, records: 2, from: 1, to: 2, problems: [] });
    const { version, ...first } = memory.dump("audit")[0]!;
    await memory.documents.replace("audit", { ...first, actor: "bob" }, version);
    expect(await verified()).toMatchObject({
      ok: false,
      problems: [{ seq: 1, what: "It was changed after it was written" }],
    });
  });

  it("takes a permission", async () => {
    const { admin, caller, list } = await open();
    const password = "another long password";
    await admin("POST", "/api/v1/users/bob", { password });
    const bob = caller();
    expect((await bob("POST", "/api/v1/authenticate", { user: "bob", password })).status).toBe(201);
    for (const path of ["", "/_export", "/_verify", "/x"]) {
      expect((await bob("GET", `/api/v1/audit${path}`)).status).toBe(403);
      expect((await caller()("GET", `/api/v1/audit${path}`)).status).toBe(401);
    }
    const before = (await list()).meta.result_size;
    // strangers can't fill it
    for (let i = 0; i < 5; i++) await caller()("DELETE", "/api/v1/users/bob");
    expect((await list()).meta.result_size).toBe(before);
  });
});
