import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bodyOf, createTestPuppetdb, recordedCommands } from "../../support/puppetdb.ts";

type Oracle = {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly ordered: boolean;
  readonly oracleBug?: boolean;
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly json?: unknown };
};
const oracle: readonly Oracle[] = JSON.parse(
  readFileSync(new URL("../../fixtures/puppet/queries.json", import.meta.url), "utf8"),
);

/** Times of receipt differ from run to run; hashes come from PuppetDB's own serialisation. */
const receipt = ["facts_timestamp", "catalog_timestamp"];
const hashes = ["resource", "latest_report_hash"];

const comparable = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, each]) => {
      if (receipt.includes(key) && each !== null) {
        return [key, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(each))];
      }
      if (hashes.includes(key) && each !== null) return [key, /^[0-9a-f]{40}$/.test(String(each))];
      if (key === "tags" && Array.isArray(each)) return [key, [...each].sort()];
      return [key, comparable(each)];
    }),
  );
};
const multiset = (value: unknown) =>
  Array.isArray(value) ? value.map((row) => JSON.stringify(comparable(row))).sort() : comparable(value);

describe("port 8002 beside a real PuppetDB", () => {
  let puppetdb: Awaited<ReturnType<typeof createTestPuppetdb>>;
  beforeAll(async () => {
    puppetdb = await createTestPuppetdb();
    for (const recorded of recordedCommands) {
      const answer = await puppetdb.send({ ...recorded.params, secondsToWaitForCompletion: "30" }, bodyOf(recorded));
      expect([recorded.file, answer.status, await answer.json()]).toMatchObject([recorded.file, 200, {
        processed: true,
      }]);
    }
  });
  afterAll(() => puppetdb.store.close());

  const ask = async ({ method, path, params, body }: Oracle) => {
    const query = params ? `?${new URLSearchParams(params)}` : "";
    const init = method === "POST"
      ? {
        method,
        body: typeof body === "string" ? body : JSON.stringify(body),
        headers: { "Content-Type": "application/json" },
      }
      : { method };
    return await puppetdb.ask(path + query, init);
  };

  it.each(oracle.map((each) => [each.name, each] as const))("%s", async (_, each) => {
    const answer = await ask(each);
    const text = await answer.text();
    if (each.oracleBug) {
      expect(answer.status).toBeLessThan(500);
      return;
    }
    expect([answer.status, text.slice(0, 300)]).toEqual([each.response.status, expect.anything()]);
    if (answer.status !== 200) return;
    const got = JSON.parse(text);
    expect(each.ordered ? comparable(got) : multiset(got)).toEqual(
      each.ordered ? comparable(each.response.json) : multiset(each.response.json),
    );
    const total = Object.entries(each.response.headers).find(([name]) => name.toLowerCase() === "x-records")?.[1];
    if (total !== undefined) expect(answer.headers.get("X-Records")).toBe(total);
  });

  it("gives numbers as they were sent", async () => {
    const answer = await puppetdb.ask("/pdb/query/v4/nodes/web01.example.test/facts/site_info");
    const text = await answer.text();
    expect(text).toContain('"big":9007199254740993');
    expect(text).toMatch(/"tiny":1\.5e-0?7/);
    const sent = new TextDecoder().decode(bodyOf(recordedCommands[0]!));
    expect(text.match(/"tiny":[^,}]+/)?.[0]).toBe(sent.match(/"tiny":[^,}]+/)?.[0]);
  });
});
