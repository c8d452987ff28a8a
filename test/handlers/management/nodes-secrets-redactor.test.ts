import { describe, expect, it } from "vitest";
import { AppError } from "../../../handlers/errors.ts";
import { createTestManagement, noRules } from "../../support/management.ts";

const path = "/api/v1/nodes_secrets_redactor";

describe("nodes_secrets_redactor", () => {
  it("takes a value, lists it without the value, and forgets it", async () => {
    const { loggedIn, log } = await createTestManagement();
    const call = await loggedIn();
    const added = await call("POST", path, { value: "s3cr3t-value" });
    expect(added.status).toBe(201);
    const { id, created_at, ...rest } = await added.json();
    expect(rest).toEqual({});

    const listed = await (await call("GET", path)).text();
    expect(JSON.parse(listed)).toEqual({ result: [{ id, created_at, created_by: "admin" }], meta: { result_size: 1 } });
    expect(listed).not.toMatch(/s3cr3t|fingerprint/);

    const removed = await call("DELETE", `${path}/${id}`);
    expect([removed.status, await removed.json()]).toEqual([200, {}]);
    expect((await call("DELETE", `${path}/${id}`)).status).toBe(404);
    expect(log.text()).not.toContain("s3cr3t");
  });

  it("W22: needs a login, and its ids tell nothing about the values", async () => {
    const { caller, loggedIn } = await createTestManagement();
    for (const method of ["GET", "POST"]) {
      expect((await caller()(method, path, method === "POST" ? { value: "s3cr3t-value" } : undefined)).status).toBe(
        401,
      );
    }
    const call = await loggedIn();
    const { id } = await (await call("POST", path, { value: "s3cr3t-value" })).json();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("s3cr3t-value")));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    expect(id).not.toBe(hex);
    expect((await call("GET", `${path}/${id}`)).status).toBe(405);
  });

  it("says why it refuses a value, and never which", async () => {
    const { loggedIn, log } = await createTestManagement();
    const call = await loggedIn();
    const bodies: [unknown, number][] = [
      [{ value: "abcde" }, 422],
      [{ value: 4711_0815 }, 422],
      [{ value: "s3cr3t-value", by: "someone" }, 422],
      [{ value: "s3cr3t-value".repeat(10_000) }, 422],
      [{}, 422],
    ];
    for (const [body, status] of bodies) {
      const response = await call("POST", path, body);
      const text = await response.text();
      expect(response.status).toBe(status);
      expect(text).not.toMatch(/abcde|47110815|s3cr3t/);
    }
    await call("POST", path, { value: "s3cr3t-value" });
    const twice = await call("POST", path, { value: "s3cr3t-value" });
    expect(twice.status).toBe(409);
    expect(await twice.text()).not.toContain("s3cr3t");
    expect(log.text()).not.toMatch(/abcde|47110815|s3cr3t/);
  });

  it("keeps the value out of the log when the registry fails", async () => {
    const failing = {
      redactor: () => {
        throw new AppError("internal", "Not used here");
      },
      add: () => Promise.reject(new AppError("unavailable", "The store does not answer", { retryAfter: 5 })),
      remove: () => Promise.resolve(false),
      rules: noRules,
    };
    const { loggedIn, log } = await createTestManagement({ deps: { secrets: failing } });
    const response = await (await loggedIn())("POST", path, { value: "s3cr3t-value" });
    expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "5"]);
    expect(log.lines.filter((line) => line.level === "error")).toHaveLength(1);
    expect(log.text()).not.toContain("s3cr3t");
  });

  it("filters, sorts and pages in the store", async () => {
    const { loggedIn, clock } = await createTestManagement();
    const call = await loggedIn();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      ids.push((await (await call("POST", path, { value: `s3cr3t-value-${i}` })).json()).id);
      clock.advance(1000);
    }
    const list = async (query: string) => {
      const { result, meta } = await (await call("GET", `${path}?${query}`)).json();
      return [result.map((each: { id: string }) => each.id), meta.result_size];
    };
    expect(await list("")).toEqual([ids, 5]);
    expect(await list("sort=created_at&sort_order=descending&limit=2&page=1")).toEqual([[ids[2], ids[1]], 5]);
    expect(await list(`secret_id=${ids[3]!.slice(-3)}$`)).toEqual([[ids[3]], 1]);
    expect(await list("created_by=admin&limit=1")).toEqual([[ids[0]], 5]);
    expect(await list("created_by=adm.n")).toEqual([[], 0]);
    const { result } = await (await call("GET", `${path}?fields=created_by`)).json();
    expect(result[0]).toEqual({ created_by: "admin" });
    expect((await call("GET", `${path}?fields=value`)).status).toBe(400);
    expect((await call("GET", `${path}?sort=fingerprint`)).status).toBe(400);
    expect((await call("GET", `${path}?secret_id=(a%2B)%2B%5B`)).status).toBe(400);
  });
});
