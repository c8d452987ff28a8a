import { describe, expect, it } from "vitest";
import { createMode, resolveMode } from "../../runtime/ca/mode.ts";
import { createTestClock } from "../support/clock.ts";
import { createMemoryDocuments } from "../support/documents.ts";

type Said = Parameters<typeof resolveMode>[1];
const nothing: Said = { CA: undefined, PUPPETSERVER_URL: undefined, TLS_CA: undefined };
const server: Said = { ...nothing, PUPPETSERVER_URL: [new URL("https://puppet.example.test:8140").href] };

const open = () => {
  const clock = createTestClock();
  const { documents } = createMemoryDocuments(clock);
  const deps = { documents, clock };
  return { documents, deps, start: (said: Said) => resolveMode(deps, said), mode: createMode(deps) };
};
const choices = /HOPPETDB_CA=own [\s\S]*HOPPETDB_CA=proxy /;

describe("whose CA it is", () => {
  it("is hoppetdb's own in a new store without a Puppetserver, and stays so", async () => {
    const { start, mode } = open();
    expect(await start(nothing)).toBe("own");
    expect(await mode.current()).toBe("own");
    // a variable that comes later changes nothing
    expect(await start(server)).toBe("own");
    await expect(start({ ...server, CA: "proxy" })).rejects.toThrow("hoppetdb ca switch proxy");
    expect(await mode.current()).toBe("own");
  });

  it("is asked for where a Puppetserver is set, or other authorities are", async () => {
    for (const said of [server, { ...nothing, TLS_CA: "/etc/ca.pem" }]) {
      const { start, mode } = open();
      await expect(start(said)).rejects.toThrow(choices);
      expect(await mode.current()).toBeUndefined();
      expect(await start({ ...said, CA: "proxy" })).toBe("proxy");
      expect(await start(said)).toBe("proxy");
    }
  });

  it("is asked for in a store of an earlier version", async () => {
    const { start, documents } = open();
    await documents.insert("users", { id: "admin" });
    await expect(start(nothing)).rejects.toThrow(choices);
    expect(await start({ ...nothing, CA: "own" })).toBe("own");
  });

  it("does not become our own by a variable where it was a Puppetserver's, only by the command", async () => {
    const { start, mode } = open();
    await start({ ...server, CA: "proxy" });
    await expect(start({ ...server, CA: "own" })).rejects.toThrow(
      'but this store\'s CA is "proxy". To change it: hoppetdb ca switch own',
    );
    await mode.set("own");
    expect(await start({ ...server, CA: "own" })).toBe("own");
  });

  it("is one for two that start at once", async () => {
    const { start, mode } = open();
    const both = await Promise.allSettled([start({ ...nothing, CA: "own" }), start({ ...server, CA: "proxy" })]);
    const won = await mode.current();
    expect(both.map((each) => each.status === "fulfilled" ? each.value : "refused").sort()).toEqual(
      [won, "refused"].sort(),
    );
    expect(await Promise.all([open(), open()].map(({ start }) => start(nothing)))).toEqual(["own", "own"]);
  });
});
