import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Product, type Runtime, startProduct } from "../e2e/product.ts";

const dir = mkdtempSync(join(tmpdir(), "hoppetdb-kill-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const runtime: Runtime = "Deno" in globalThis ? "deno" : "node";
const ports = runtime === "deno"
  ? { management: 28100, puppet: 28101, puppetdb: 28102 }
  : { management: 28110, puppet: 28111, puppetdb: 28112 };
const base = `http://127.0.0.1:${ports.puppetdb}`;

const start = () =>
  startProduct(runtime, ports, {
    HOPPETDB_DATA_DIR: dir,
    HOPPETDB_PUPPETDB_TLS: "off",
    HOPPETDB_PUPPETDB_ALLOW: "anonymous",
    HOPPETDB_LOG: "warn",
  });

/** Sends commands, eight at a time, until the product is gone; gives the names of those that got their 200. */
const stream = async (product: Product, from: number, killAfter: number): Promise<string[]> => {
  const acknowledged: string[] = [];
  let next = from;
  let gone = false;
  const sender = async () => {
    while (!gone && next < from + 5000) {
      const certname = `node${next++}.example.test`;
      const payload = {
        certname,
        environment: "production",
        producer_timestamp: "2026-11-01T00:00:00Z",
        producer: null,
        values: { certname },
      };
      try {
        const answer = await fetch(`${base}/pdb/cmd/v1?command=replace_facts&version=5&certname=${certname}`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(payload),
        });
        if (answer.status === 200 && (await answer.json() as { uuid?: string }).uuid) acknowledged.push(certname);
      } catch {
        gone = true;
      }
    }
  };
  const senders = Array.from({ length: 8 }, sender);
  await new Promise((resolve) => setTimeout(resolve, killAfter));
  await product.kill();
  await Promise.all(senders);
  return acknowledged;
};

describe("kill -9", () => {
  it("loses no command that got its 200, at whatever moment it comes", async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round++) {
      acknowledged.push(...await stream(await start(), round * 10_000, 200 + Math.random() * 600));
    }
    const product = await start();
    const known = await (await fetch(`${base}/pdb/query/v4/facts/certname`)).json() as { value: string }[];
    await product.close();
    const there = new Set(known.map(({ value }) => value));
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(acknowledged.filter((certname) => !there.has(certname))).toEqual([]);
  }, 120_000);
});
