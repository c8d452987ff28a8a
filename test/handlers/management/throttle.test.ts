import { describe, expect, it } from "vitest";
import { adminPassword, createTestManagement } from "../../support/management.ts";

const path = "/api/v1/authenticate";

describe("W29: guessing passwords", () => {
  const guess = (password: string, user = "admin") => [`POST`, path, { user, password }] as const;

  it("waits longer with each wrong password after five, for the user and for the address", async () => {
    const { caller, clock } = await createTestManagement();
    const call = caller();
    for (let i = 0; i < 5; i++) expect((await call(...guess("wrong"))).status).toBe(401);
    const waits = [];
    for (let i = 0; i < 8; i++) {
      const refused = await call(...guess(adminPassword));
      expect(refused.status).toBe(429);
      const wait = Number(refused.headers.get("Retry-After"));
      waits.push(wait);
      clock.advance(wait * 1000 - 1);
      expect((await call(...guess("wrong"))).status).toBe(429);
      clock.advance(1);
      expect((await call(...guess("wrong"))).status).toBe(401);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
  });

  it("computes no hash while one waits", async () => {
    const { caller, passwords } = await createTestManagement();
    const call = caller();
    for (let i = 0; i < 5; i++) await call(...guess("wrong"));
    const before = passwords.computed;
    for (let i = 0; i < 20; i++) await call(...guess("wrong"));
    expect(passwords.computed).toBe(before);
  });

  it("counts per address, whatever names are tried; other addresses and users go on", async () => {
    const { caller } = await createTestManagement();
    const call = caller();
    for (let i = 0; i < 5; i++) expect((await call(...guess("wrong", `user${i}`))).status).toBe(401);
    expect((await call(...guess(adminPassword))).status).toBe(429);
    call.address = "192.0.2.2";
    expect((await call(...guess(adminPassword))).status).toBe(201);
  });

  it("counts per user, whatever the address; a user waits a minute at most", async () => {
    const { caller, clock } = await createTestManagement();
    const call = caller();
    let longest = 0;
    for (let i = 0; i < 30; i++) {
      call.address = `192.0.2.${i}`;
      const response = await call(...guess("wrong"));
      const wait = Number(response.headers.get("Retry-After") ?? 0);
      longest = Math.max(longest, wait);
      clock.advance(wait * 1000);
    }
    expect(longest).toBe(60);
    call.address = "198.51.100.1";
    expect((await call(...guess(adminPassword))).status).toBe(201);
  });

  it("takes an IPv6 /64 as one address", async () => {
    const { caller } = await createTestManagement();
    const call = caller();
    const statuses = [];
    for (let i = 0; i < 6; i++) {
      call.address = `2001:db8:1:2:${i}::1`;
      statuses.push((await call(...guess("wrong", `user${i}`))).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it("is not got round by many attempts at once", async () => {
    const { caller, passwords } = await createTestManagement();
    const call = caller();
    const before = passwords.computed;
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await call(...guess("wrong"))).status),
    );
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(5);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(passwords.computed - before).toBeLessThanOrEqual(6);
  });

  it("holds in another process on the same store", async () => {
    const one = await createTestManagement();
    const other = await createTestManagement({ memory: one.memory, clock: one.clock, seed: 1 });
    const [first, second] = [one.caller(), other.caller()];
    for (let i = 0; i < 5; i++) await (i % 2 ? first : second)(...guess("wrong"));
    expect((await first(...guess(adminPassword))).status).toBe(429);
    expect((await second(...guess(adminPassword))).status).toBe(429);
  });

  it("forgets with a right password, and by itself after an hour", async () => {
    const { caller, clock } = await createTestManagement();
    const call = caller();
    for (let i = 0; i < 4; i++) await call(...guess("wrong"));
    expect((await call(...guess(adminPassword))).status).toBe(201);
    call.address = "192.0.2.9";
    for (let i = 0; i < 4; i++) expect((await call(...guess("wrong"))).status).toBe(401);
    clock.advance(60 * 60_000);
    for (let i = 0; i < 5; i++) expect((await call(...guess("wrong"))).status).toBe(401);
  });

  it("isn't undone for an address by logging in with an account of one's own in between", async () => {
    const { caller } = await createTestManagement();
    const call = caller();
    for (let i = 0; i < 4; i++) await call(...guess("wrong", "someone"));
    expect((await call(...guess(adminPassword))).status).toBe(201);
    expect((await call(...guess("wrong", "other"))).status).toBe(401);
    expect((await call(...guess("wrong", "third"))).status).toBe(429);
  });

  it("stores no name: people type passwords there", async () => {
    const { caller, memory, log } = await createTestManagement();
    await caller()(...guess("wrong", "hunter2-typed-here"));
    expect(memory.dump("login_failures").length).toBe(2);
    expect(JSON.stringify(memory.dump("login_failures"))).not.toContain("hunter2");
    expect(log.text()).not.toContain("hunter2");
  });
});
