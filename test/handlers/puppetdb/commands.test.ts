import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../handlers/errors.ts";
import type { Row } from "../../../handlers/interfaces/estate.ts";
import { bodyOf, createTestPuppetdb, recordedCommands } from "../../support/puppetdb.ts";

type Json = Record<string, unknown>;
const parsed = (part: string) =>
  JSON.parse(new TextDecoder().decode(bodyOf(recordedCommands.find(({ file }) => file.includes(part))!)));
const facts = (): Json => parsed("01-web01");
const catalog = () => parsed("02-web01");
const report = () => parsed("03-web01");
const json = (value: unknown) => JSON.stringify(value);
const about = (command: string, version: number | string, certname = "web01.example.test") => ({
  command,
  version: String(version),
  certname,
});
const factsCommand = about("replace_facts", 5);

describe("POST /pdb/cmd/v1", () => {
  let puppetdb: Awaited<ReturnType<typeof createTestPuppetdb>>;
  beforeEach(async () => void (puppetdb = await createTestPuppetdb()));
  afterEach(() => puppetdb.store.close());

  const rows = async (entity: "nodes" | "facts" | "reports" | "resources"): Promise<Row[]> => {
    const found: Row[] = [];
    for await (const row of puppetdb.store.estate.run({ entity, select: [] })) found.push(row);
    return found;
  };
  const nothingStored = async () => {
    expect(await rows("nodes")).toEqual([]);
    expect(await puppetdb.store.queue.deadLetterCount()).toBe(0);
    expect((await puppetdb.store.queue.depth()).depth).toBe(0);
  };

  it("takes both forms, names with blanks and with underscores, gzip and a wrong checksum", async () => {
    const sent = [
      await puppetdb.send(factsCommand, json(facts())),
      await puppetdb.send(about("replace facts", 5), json(facts())),
      await puppetdb.send({ ...factsCommand, checksum: "bad" }, json(facts())),
      await puppetdb.send(factsCommand, gzipSync(json(facts())), { "Content-Encoding": "gzip" }),
      await puppetdb.send({}, json({ command: "replace facts", version: 5, payload: facts() })),
    ];
    for (const answer of sent) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get("Content-Type")).toBe("application/json;charset=utf-8");
      expect(await answer.json()).toEqual({ uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    }
    expect(await rows("nodes")).toHaveLength(1);
  });

  it("answers at once who waits for completion: it is stored already", async () => {
    const answer = await puppetdb.send({ ...factsCommand, secondsToWaitForCompletion: "0.5" }, json(facts()));
    expect(await answer.json()).toEqual({ uuid: expect.any(String), processed: true, timed_out: false });
    expect((await rows("facts")).length).toBeGreaterThan(10);
  });

  // the words of a real PuppetDB
  it.each([
    [
      "an unknown command",
      about("dance", 1),
      'Command "dance" for certname "web01.example.test" is invalid. Command must be one of: configure expiration, deactivate node, replace catalog, replace catalog inputs, replace facts, store report.',
    ],
    [
      "a retired version",
      about("replace facts", 1),
      'Command "replace facts" for certname "web01.example.test" is invalid. Version 1 of command "replace facts" is retired. The minimum supported version is 4.',
    ],
    [
      "a version that is no number",
      about("replace facts", "five"),
      'Command "replace facts" for certname "web01.example.test" is invalid. Version must be a valid integer.',
    ],
    [
      "no version",
      { command: "replace facts", certname: "a" },
      'Command "replace facts" for certname "a" is invalid. Version must be a valid integer.',
    ],
    [
      "no certname",
      { command: "replace facts", version: "5" },
      'Command "replace facts" for certname nil is invalid. Command is missing required parameters: certname.',
    ],
    [
      "an unknown parameter",
      { ...about("replace facts", 5), colour: "red" },
      'Command "replace facts" for certname "web01.example.test" is invalid. Command has invalid parameters: colour.',
    ],
    [
      "a version to come",
      about("replace facts", 99),
      'Command "replace facts" for certname "web01.example.test" is invalid. Version 99 of command "replace facts" is not known. The newest supported version is 5.',
    ],
  ] as [string, Record<string, string>, string][])("refuses %s", async (_, params, error) => {
    const answer = await puppetdb.send(params, json(facts()));
    expect([answer.status, await answer.json()]).toEqual([400, { error }]);
    await nothingStored();
  });

  const cut = gzipSync(json(facts())).subarray(0, 300);
  it.each([
    ["JSON that ends early", "{nope", {}, 400, /Cannot parse JSON at character 1/],
    ["nothing", "", {}, 400, /Cannot parse JSON/],
    ["a list", "[]", {}, 400, /the payload: expected a JSON object/],
    ["null", "null", {}, 400, /the payload: expected a JSON object/],
    ["absurd depth", `{"values":${"[".repeat(100_000)}`, {}, 400, /nested deeper than 200 levels/],
    ["bytes that are not UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), {}, 400, /not UTF-8/],
    [
      "UTF-16",
      new Uint8Array(new Uint16Array([...json(facts())].map((c) => c.charCodeAt(0))).buffer),
      {},
      400,
      /invalid/,
    ],
    ["gzip that is none", "not gzip", { "Content-Encoding": "gzip" }, 400, /not valid gzip/],
    ["gzip that ends early", cut, { "Content-Encoding": "gzip" }, 400, /not valid gzip/],
    ["a gzip bomb", gzipSync(new Uint8Array(30_000_000)), { "Content-Encoding": "gzip" }, 413, /unpacks to more than/],
    ["a large body", new Uint8Array(1_000_001), {}, 413, /larger than/],
    ["what says to be large", "{}", { "X-Uncompressed-Length": "99999999" }, 413, /larger than/],
    ["another type", json(facts()), { "Content-Type": "text/plain" }, 415, /^content type text\/plain not supported$/],
    ["another encoding", json(facts()), { "Content-Encoding": "br" }, 415, /^content encoding br not supported$/],
    ["who wants no JSON", json(facts()), { Accept: "text/html" }, 406, /^must accept application\/json$/],
  ] as [string, BodyInit, Record<string, string>, number, RegExp][])(
    "refuses %s",
    async (_, body, headers, status, text) => {
      const answer = await puppetdb.send(factsCommand, body, headers);
      const shown = await answer.text();
      expect([answer.status, status === 400 ? JSON.parse(shown).error : shown]).toEqual([
        status,
        expect.stringMatching(text),
      ]);
      await nothingStored();
    },
  );

  const eventOf = (payload: { resources: { events: Json[] }[] }) =>
    payload.resources.find(({ events }) => events.length > 0)!.events[0]!;
  const change = <T>(payload: T, how: (payload: T) => void): T => {
    how(payload);
    return payload;
  };
  it.each([
    [
      "another node's facts",
      about("replace facts", 5, "db01.example.test"),
      facts,
      /certname: the payload is about another node, "web01/,
    ],
    [
      "a certname that is a number",
      factsCommand,
      () => ({ ...facts(), certname: 5 }),
      /: certname: expected a string, got number/,
    ],
    [
      "values that are a list",
      factsCommand,
      () => ({ ...facts(), values: [] }),
      /: values: expected an object, got array/,
    ],
    [
      "a time that is none",
      factsCommand,
      () => ({ ...facts(), producer_timestamp: "yesterday" }),
      /: producer_timestamp: expected a timestamp/,
    ],
    [
      "an event without a status",
      about("store_report", 8),
      () => change(report(), (r) => eventOf(r).status = null),
      /: resources\[\d+\]\.events\[0\]\.status: expected a string, got null/,
    ],
    [
      "a report without resources",
      about("store_report", 8),
      () => change(report(), (r) => delete r.resources),
      /: resources: expected an array/,
    ],
    [
      "a metric that is no number",
      about("store_report", 8),
      () => change(report(), (r) => r.metrics[0].value = "x"),
      /: metrics\[0\]\.value: expected a number/,
    ],
    [
      "an edge to nowhere",
      about("replace_catalog", 9),
      () => change(catalog(), (c) => c.edges[0].target.title = "nope"),
      /: edges\[0\]\.target: .*is no resource of the catalog/,
    ],
    [
      "an unknown relationship",
      about("replace_catalog", 9),
      () => change(catalog(), (c) => c.edges[0].relationship = "likes"),
      /: edges\[0\]\.relationship: expected one of "contains"/,
    ],
    [
      "a resource twice",
      about("replace_catalog", 9),
      () => change(catalog(), (c) => c.resources.push(c.resources[0])),
      /: resources\[\d+\]: .*is there twice/,
    ],
    [
      "a tag in upper case",
      about("replace_catalog", 9),
      () => change(catalog(), (c) => c.resources[0].tags.push("Upper")),
      /: resources\[0\]\.tags\[\d+\]: expected a tag/,
    ],
    [
      "parameters that are a list",
      about("replace_catalog", 9),
      () => change(catalog(), (c) => c.resources[0].parameters = []),
      /: resources\[0\]\.parameters: expected an object/,
    ],
  ] as [string, Record<string, string>, () => unknown, RegExp][])("refuses %s", async (_, params, payload, text) => {
    const answer = await puppetdb.send(params, json(payload()));
    expect([answer.status, (await answer.json()).error]).toEqual([400, expect.stringMatching(text)]);
    await nothingStored();
  });

  it.each([
    ["no payload", { command: "replace facts", version: 5 }, /missing payload/],
    [
      "a payload that is text",
      { command: "replace facts", version: 5, payload: "{}" },
      /payload value must be a JSON map/,
    ],
    ["no certname", { command: "replace facts", version: 5, payload: {} }, /certname nil is invalid/],
    ["a list", [], /expected an object/],
  ])("refuses the older form with %s", async (_, body, text) => {
    const answer = await puppetdb.send({}, json(body));
    expect([answer.status, (await answer.json()).error]).toEqual([400, expect.stringMatching(text)]);
    await nothingStored();
  });

  it("refuses other methods", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await puppetdb.ask("/pdb/cmd/v1", { method });
      expect([answer.status, answer.headers.get("Allow")]).toEqual([405, "POST"]);
    }
  });

  it("keeps what it cannot store as a dead letter, and says 200", async () => {
    const estate = { ...puppetdb.store.estate, apply: () => Promise.reject(new Error("a fault of ours")) };
    const faulty = await createTestPuppetdb({ estate, queue: puppetdb.store.queue });
    const answer = await faulty.send(factsCommand, json(facts()));
    expect(answer.status).toBe(200);
    const [letter] = await puppetdb.store.queue.deadLetters({ limit: 9, offset: 0 });
    expect(letter).toMatchObject({ certname: "web01.example.test", stage: "store", command: "replace facts" });
    await faulty.store.close();
  });

  it("says 503 and when to come again while the store is away, keeping nothing", async () => {
    const away = () => Promise.reject(new AppError("unavailable", "The store is away", { retryAfter: 7 }));
    const faulty = await createTestPuppetdb({ estate: { ...puppetdb.store.estate, apply: away } });
    const answer = await faulty.send(factsCommand, json(facts()));
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "7"]);
    expect(await faulty.store.queue.deadLetterCount()).toBe(0);
    await faulty.store.close();
  });

  it("shows nothing of an unexpected failure but its id", async () => {
    const faulty = await createTestPuppetdb({ parse: () => Promise.reject(new Error("secret inside")) });
    const answer = await faulty.send(factsCommand, json(facts()));
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(text).not.toContain("secret");
    expect(text).toContain(answer.headers.get("X-Request-Id"));
    expect(faulty.log.text()).toContain("secret inside");
    await faulty.store.close();
  });
});

/** The weak points of the program that this one replaces: each stays away. */
describe("known weak points", () => {
  let puppetdb: Awaited<ReturnType<typeof createTestPuppetdb>>;
  afterEach(() => puppetdb.store.close());
  const upstream = { fetch: () => Promise.resolve(new Response("{}")) };
  const factsAt = (time: string, values: Json) => json({ ...facts(), producer_timestamp: time, values });
  const ask = async (path: string, query?: unknown) => {
    const answer = await puppetdb.ask(path + (query ? `?query=${encodeURIComponent(json(query))}` : ""));
    return { status: answer.status, body: await answer.json() };
  };

  it("D1: 200 only once the command is stored and in the queue, one command one entry", async () => {
    puppetdb = await createTestPuppetdb({ upstream });
    await puppetdb.send(factsCommand, json(facts()));
    const { queue } = puppetdb.store;
    const [queued] = await queue.due(puppetdb.clock.now(), 9);
    expect(new TextDecoder().decode(queued?.received.reveal().payload)).toBe(json(facts()));
    expect((await queue.depth()).depth).toBe(1);
    await puppetdb.store.close();
    const failing = () => Promise.reject(new AppError("unavailable", "The queue is away"));
    puppetdb = await createTestPuppetdb({ upstream });
    const other = await createTestPuppetdb({ upstream, queue: { ...puppetdb.store.queue, enqueue: failing } });
    expect((await other.send(factsCommand, json(facts()))).status).toBe(503);
    await other.store.close();
  });

  it("D2: an older command never replaces a newer one", async () => {
    puppetdb = await createTestPuppetdb();
    await puppetdb.send(factsCommand, factsAt("2026-11-22T12:00:00.000Z", { state: "new" }));
    await puppetdb.send(factsCommand, factsAt("2026-11-22T11:00:00.000Z", { state: "old" }));
    const { body } = await ask("/pdb/query/v4/nodes/web01.example.test/facts");
    expect(body.map(({ value }: Json) => value)).toEqual(["new"]);
  });

  it("D3: deactivate node works, and every command in both spellings", async () => {
    puppetdb = await createTestPuppetdb();
    await puppetdb.send(factsCommand, json(facts()));
    for (const command of ["deactivate_node", "deactivate node"]) {
      const payload = json({ certname: "web01.example.test", producer_timestamp: "2026-11-23T01:00:00.000Z" });
      expect((await puppetdb.send(about(command, 3), payload)).status).toBe(200);
    }
    expect((await ask("/pdb/query/v4/nodes")).body).toEqual([]);
    expect((await ask("/pdb/query/v4/nodes/web01.example.test")).body.deactivated).toBe("2026-11-23T01:00:00.000Z");
  });

  it("D4: null messages and values, numbers as values and null producers are stored as they came", async () => {
    puppetdb = await createTestPuppetdb();
    const sent = report();
    const at = sent.resources.findIndex(({ events }: { events: unknown[] }) => events.length > 0);
    Object.assign(sent.resources[at].events[0], {
      message: null,
      new_value: 5,
      old_value: null,
      property: null,
      corrective_change: null,
    });
    expect((await puppetdb.send(about("store_report", 8), json(sent))).status).toBe(200);
    expect((await puppetdb.send(factsCommand, json({ ...facts(), producer: null }))).status).toBe(200);
    for await (const row of puppetdb.store.estate.run({ entity: "reports", select: [] })) {
      const resources = row.resources as { reveal(): string };
      expect(JSON.parse(resources.reveal())[at].events[0]).toMatchObject({
        message: null,
        new_value: 5,
        old_value: null,
      });
    }
  });

  it("D5: a gzip bomb is cut off, bad JSON is 400", async () => {
    puppetdb = await createTestPuppetdb();
    const bomb = gzipSync(gzipSync(new Uint8Array(100_000_000)));
    const headers = { "Content-Encoding": "gzip" };
    expect((await puppetdb.send(factsCommand, gzipSync(new Uint8Array(100_000_000)), headers)).status).toBe(413);
    expect((await puppetdb.send(factsCommand, bomb, headers)).status).toBe(400);
    expect((await puppetdb.send(factsCommand, "{")).status).toBe(400);
  });

  it("D6: what is not understood of a query is refused or sent on whole, never left out", async () => {
    puppetdb = await createTestPuppetdb();
    await puppetdb.send(factsCommand, json(facts()));
    const odd = ["and", ["=", "certname", "web01.example.test"], ["subquery", "reports", ["=", "status", "failed"]]];
    const path = `/pdb/query/v4/nodes?query=${encodeURIComponent(json(odd))}&limit=5`;
    expect((await puppetdb.ask(path)).status).toBe(400);
    await puppetdb.store.close();
    const asked: string[] = [];
    const fetch = ({ path }: { path: string }) => {
      asked.push(path);
      return Promise.resolve(new Response("[]"));
    };
    puppetdb = await createTestPuppetdb({ upstream: { fetch } });
    expect((await puppetdb.ask(path)).status).toBe(200);
    expect(asked).toEqual([path]);
  });

  it("D6: not over or finds what neither side has", async () => {
    puppetdb = await createTestPuppetdb();
    for (const certname of ["a.test", "b.test", "c.test"]) {
      await puppetdb.send({ ...factsCommand, certname }, json({ ...facts(), certname }));
    }
    const { body } = await ask("/pdb/query/v4/nodes", ["not", ["or", ["=", "certname", "a.test"], [
      "=",
      "certname",
      "b.test",
    ]]]);
    expect(body.map(({ certname }: Json) => certname)).toEqual(["c.test"]);
  });

  it("D7: not on tag or title leaves out resources, not nodes", async () => {
    puppetdb = await createTestPuppetdb();
    await puppetdb.send(about("replace_catalog", 9), json(catalog()));
    const all = (await ask("/pdb/query/v4/resources")).body;
    const title = all[0].title;
    const others = (await ask("/pdb/query/v4/resources", ["not", ["=", "title", title]])).body;
    expect(others.length).toBe(all.filter((each: Json) => each.title !== title).length);
    const untagged = (await ask("/pdb/query/v4/resources", ["not", ["=", "tag", "FILE"]])).body;
    expect(untagged.length).toBe(all.filter((each: { tags: string[] }) => !each.tags.includes("file")).length);
    expect(untagged.length).toBeGreaterThan(0);
  });

  it("D8: deactivated nodes export nothing; file and line are there; pages work", async () => {
    puppetdb = await createTestPuppetdb();
    await puppetdb.send(about("replace_catalog", 9), json(catalog()));
    const exported = ["=", "exported", true];
    const { body } = await ask("/pdb/query/v4/resources", exported);
    expect(body.length).toBeGreaterThan(0);
    expect(body[0]).toMatchObject({ file: expect.stringContaining("/"), line: expect.any(Number) });
    const page = await puppetdb.ask(
      `/pdb/query/v4/resources?query=${encodeURIComponent(json(exported))}&limit=1&offset=${
        body.length - 1
      }&include_total=true`,
    );
    expect([page.headers.get("X-Records"), (await page.json()).length]).toEqual([String(body.length), 1]);
    const payload = json({ certname: "web01.example.test", producer_timestamp: "2026-11-23T01:00:00.000Z" });
    await puppetdb.send(about("deactivate_node", 3), payload);
    expect((await ask("/pdb/query/v4/resources", exported)).body).toEqual([]);
  });

  it("D9: all other queries go to the PuppetDB behind us, and its status comes back", async () => {
    const fetch = () => Promise.resolve(new Response("what PuppetDB says", { status: 418 }));
    puppetdb = await createTestPuppetdb({ upstream: { fetch } });
    for (const path of ["/pdb/query/v4", "/pdb/query/v4/environments", "/pdb/query/v4/event-counts?summarize_by=x"]) {
      const answer = await puppetdb.ask(path);
      expect([answer.status, await answer.text()]).toEqual([418, "what PuppetDB says"]);
    }
  });

  it("D10: the names of query and payload have to agree", async () => {
    puppetdb = await createTestPuppetdb();
    const answer = await puppetdb.send({ ...factsCommand, certname: "db01.example.test" }, json(facts()));
    expect(answer.status).toBe(400);
    expect((await ask("/pdb/query/v4/nodes")).body).toEqual([]);
  });
});
