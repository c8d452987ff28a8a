import { describe, expect, it } from "vitest";
import { createGate } from "../../../handlers/core/gate.ts";

const never = new AbortController().signal;
const gateOf = (options: Partial<Parameters<typeof createGate>[0]> = {}) =>
  createGate({ concurrency: 2, queue: 2, maxWaitMs: 10_000, random: () => 0.5, ...options });
const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol();
  const first = await Promise.race([
    promise.catch(() => {}),
    new Promise((resolve) => setTimeout(() => resolve(pending))),
  ]);
  return first !== pending;
};

describe("a gate", () => {
  it("lets so many in at once, and the next ones in their order as places come free", async () => {
    const gate = gateOf();
    const leave = await gate.enter(never);
    await gate.enter(never);
    const third = gate.enter(never);
    const fourth = gate.enter(never);
    expect(await settled(third)).toBe(false);
    leave();
    leave();
    expect([await settled(third), await settled(fourth)]).toEqual([true, false]);
    (await third)();
    expect(await settled(fourth)).toBe(true);
  });

  it("sends away who finds the line full, with a time to come back that chance spreads", async () => {
    const times = await Promise.all([0, 0.5, 0.99].map(async (chance) => {
      const gate = gateOf({ concurrency: 1, queue: 0, random: () => chance });
      await gate.enter(never);
      return await gate.enter(never).then(() => 0, (error) => {
        expect(error.code).toBe("unavailable");
        return error.retryAfter;
      });
    }));
    expect(times).toEqual([5, 18, 30]);
  });

  it("sends away who waited too long, and gives the place to the next", async () => {
    const gate = gateOf({ concurrency: 1, maxWaitMs: 20 });
    const leave = await gate.enter(never);
    await expect(gate.enter(never)).rejects.toMatchObject({ code: "unavailable" });
    const next = gate.enter(never);
    leave();
    expect(await settled(next)).toBe(true);
  });

  it("forgets who went away while waiting", async () => {
    const gate = gateOf({ concurrency: 1, queue: 1 });
    const leave = await gate.enter(never);
    const client = new AbortController();
    const waiting = gate.enter(client.signal);
    client.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    const next = gate.enter(never);
    leave();
    expect(await settled(next)).toBe(true);
    await expect(gate.enter(AbortSignal.abort(new Error("gone before")))).rejects.toThrow("gone before");
  });
});
