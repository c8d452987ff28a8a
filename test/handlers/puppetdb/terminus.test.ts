import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bodyOf, createTestPuppetdb, recordedCommands } from "../../support/puppetdb.ts";

type Exchange = {
  readonly session: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The file with the command that was sent. */
  readonly command?: string;
  readonly body?: unknown;
  readonly response: { readonly status: number; readonly json: unknown };
};

/** What a real Puppetserver asked a real PuppetDB during 15 runs of 5 nodes, in the order of the wire. */
const exchanges: readonly Exchange[] = JSON.parse(
  readFileSync(new URL("../../fixtures/puppet/terminus.json", import.meta.url), "utf8"),
);

/** PuppetDB orders neither rows nor tags; its hashes come from its own serialisation. */
const comparable = (json: unknown): unknown =>
  Array.isArray(json)
    ? json.map((row) => JSON.stringify({ ...row, tags: row.tags?.toSorted(), resource: "" }, Object.keys(row).sort()))
      .sort()
    : json;

describe("a Puppetserver's exchanges with port 8002", () => {
  let puppetdb: Awaited<ReturnType<typeof createTestPuppetdb>>;
  beforeAll(async () => void (puppetdb = await createTestPuppetdb()));
  afterAll(() => puppetdb.store.close());

  it("are answered as a real PuppetDB answered them, one after the other", async () => {
    for (const [at, { method, path, query, headers, command, body, response }] of exchanges.entries()) {
      // puppetdb_query sends PQL, which is not answered here without a PuppetDB
      const pql = path === "/pdb/query/v4";
      const recorded = recordedCommands.find(({ file }) => file === command);
      const packed = headers["content-encoding"] === "gzip";
      const sent = recorded
        ? (packed ? gzipSync(bodyOf(recorded)) : bodyOf(recorded))
        : body === undefined
        ? undefined
        : JSON.stringify(body);
      const answer = await puppetdb.ask(`${path}${query && `?${query}`}`, {
        method,
        headers,
        ...(sent === undefined ? {} : { body: sent }),
      });
      const json = await answer.json();
      const about = `${at} ${method} ${path}`;
      if (pql) {
        expect([about, answer.status, json.error]).toEqual([about, 404, expect.stringMatching(/PUPPETDB_URL/)]);
      } else if (command) {
        expect([about, answer.status, Object.keys(json)]).toEqual([about, 200, ["uuid"]]);
      } else {
        expect([about, answer.status]).toEqual([about, response.status]);
        expect([about, comparable(json)]).toEqual([about, comparable(response.json)]);
      }
    }
    expect(await puppetdb.store.queue.deadLetterCount()).toBe(0);
  });
});
