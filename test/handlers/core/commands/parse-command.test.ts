import { describe, expect, it } from "vitest";
import { parseCommand } from "../../../../handlers/core/commands/parse-command.ts";
import { AppError } from "../../../../handlers/errors.ts";
import type { Command, ReplaceCatalog, ReplaceFacts, StoreReport } from "../../../../handlers/interfaces/command.ts";
import { bodyOf, recordedCommands } from "../../../support/puppetdb.ts";

// deno-lint-ignore no-explicit-any
type Payload = any;
const recorded = (part: string): Payload =>
  JSON.parse(new TextDecoder().decode(bodyOf(recordedCommands.find(({ file }) => file.includes(part))!)));
const facts = () => recorded("01-web01");
const catalog = () => recorded("02-web01");
const report = () => recorded("03-web01");

const parse = <C extends Command>(command: C["command"], version: number, payload: unknown, more: Payload = {}) =>
  parseCommand({
    command,
    version,
    certname: "web01.example.test",
    producer_timestamp: null,
    payload: new TextEncoder().encode(typeof payload === "string" ? payload : JSON.stringify(payload)),
    ...more,
  }, Date.UTC(2026, 0, 1)) as Promise<C>;

describe("parseCommand", () => {
  it("reads every command that a real Puppetserver sent", async () => {
    for (const each of recordedCommands) {
      const { command = "", version, certname = "" } = each.params;
      const read = await parseCommand({
        command: command.replaceAll("_", " "),
        version: Number(version),
        certname,
        producer_timestamp: null,
        payload: bodyOf(each),
      }, 0);
      expect(read.certname).toBe(certname);
      expect(read.producer_timestamp).toBe(each.params["producer-timestamp"]);
      if ("hash" in read) expect(read.hash).toMatch(/^[0-9a-f]{40}$/);
    }
  });

  it("keeps the numbers of facts, parameters and events as they were sent", async () => {
    const numbers = '{"a":9007199254740993,"b":5e-07,"c":1.0,"d":-0,"e":1E5,"f":[123456789012345678901234567890]}';
    const put = (payload: unknown) => JSON.stringify(payload).replaceAll('"@"', numbers);
    const read = await parse<ReplaceFacts>("replace facts", 5, put({ ...facts(), values: { n: "@" } }));
    expect(read.values).toBe(`{"n":${numbers}}`);

    const sent = catalog();
    sent.resources[0].parameters = { n: "@" };
    expect((await parse<ReplaceCatalog>("replace catalog", 9, put(sent))).resources[0]?.parameters).toBe(
      `{"n":${numbers}}`,
    );

    const run = report();
    run.metrics[0].value = 5;
    const at = run.resources.findIndex(({ events }: Payload) => events.length > 0);
    Object.assign(run.resources[at].events[0], { new_value: "@", old_value: null, message: null });
    const text = put(run).replace('"value":5', '"value":1.50');
    const stored = await parse<StoreReport>("store report", 8, text);
    expect(stored.resources).toContain(`"new_value":${numbers}`);
    expect(stored.metrics).toContain('"value":1.50');
  });

  it("has times in UTC with milliseconds, whatever came", async () => {
    const at = async (producer_timestamp: string) =>
      (await parse("replace facts", 5, { ...facts(), producer_timestamp })).producer_timestamp;
    expect(await at("2026-11-22T23:43:03.123456789+01:00")).toBe("2026-11-22T22:43:03.123Z");
    expect(await at("2026-11-22T22:43:03Z")).toBe("2026-11-22T22:43:03.000Z");
  });

  it("takes the time of the URL, then that of receipt, where the payload has none", async () => {
    const payload = { certname: "web01.example.test" };
    expect((await parse("deactivate node", 3, payload)).producer_timestamp).toBe("2026-01-01T00:00:00.000Z");
    const producer_timestamp = "2026-05-05T00:00:00.000Z";
    expect((await parse("deactivate node", 3, payload, { producer_timestamp })).producer_timestamp).toBe(
      producer_timestamp,
    );
    expect(await parse("configure expiration", 1, { ...payload, expire: { facts: false } })).toMatchObject({
      expire_facts: false,
    });
  });

  it("makes the newest form of older versions", async () => {
    const { producer: _p, ...older } = facts();
    expect(await parse("replace facts", 4, older)).toMatchObject({ producer: null });

    const sent = catalog();
    for (const key of ["producer", "job_id", "catalog_uuid", "code_id"]) delete sent[key];
    expect(await parse("replace catalog", 6, sent)).toMatchObject({
      producer: null,
      job_id: null,
      code_id: null,
      catalog_uuid: sent.transaction_uuid,
    });

    const run = report();
    const flat = run.resources.flatMap(({ events, ...resource }: Payload) =>
      events.map((event: Payload) => ({
        ...event,
        resource_type: resource.resource_type,
        resource_title: resource.resource_title,
        file: resource.file,
        line: resource.line,
        containment_path: resource.containment_path,
      }))
    );
    expect(flat.length).toBeGreaterThan(1);
    delete run.resources;
    const read = await parse<StoreReport>("store report", 5, { ...run, resource_events: flat });
    const resources = JSON.parse(read.resources);
    expect(resources.flatMap(({ events }: Payload) => events)).toHaveLength(flat.length);
    expect(resources[0]).toMatchObject({
      resource_type: flat[0].resource_type,
      resource_title: flat[0].resource_title,
    });
    expect(read.type).toBe("agent");
  });

  it("drops what it does not know, as PuppetDB does", async () => {
    const read = await parse("replace facts", 5, { ...facts(), colour: "red" });
    expect(read).not.toHaveProperty("colour");
  });

  it("gives U+FFFD for NUL in facts, in keys and values", async () => {
    const read = await parse<ReplaceFacts>("replace facts", 5, {
      ...facts(),
      values: { "a\0": ["b\0", { "c\0": 1 }] },
    });
    expect(JSON.parse(read.values)).toEqual({ "a\ufffd": ["b\ufffd", { "c\ufffd": 1 }] });
  });

  it("keeps facts and parameters with names that objects have of their own", async () => {
    const text = JSON.stringify({ ...facts(), values: { x: 1 } }).replace(
      '{"x":1}',
      '{"__proto__":{"y":2},"constructor":3,"x":1}',
    );
    const read = await parse<ReplaceFacts>("replace facts", 5, text);
    expect(read.values).toBe('{"__proto__":{"y":2},"constructor":3,"x":1}');
    expect(({} as Payload).y).toBeUndefined();
  });

  it("takes tags of any script that Puppet takes", async () => {
    const sent = catalog();
    sent.resources[0].tags = ["b", "a", "a", "été::1.x-y", "日本", "e\u0301"];
    const read = await parse<ReplaceCatalog>("replace catalog", 9, sent);
    expect(read.resources[0]?.tags).toEqual(["a", "b", "e\u0301", "été::1.x-y", "日本"]);
  });

  it("lets edges end at aliases", async () => {
    const sent = catalog();
    const resource = sent.resources.find(({ title }: Payload) => title === sent.edges[0].target.title);
    resource.aliases = ["another name"];
    sent.edges[0].target.title = "another name";
    expect((await parse<ReplaceCatalog>("replace catalog", 9, sent)).edges[0]?.target_title).toBe("another name");
  });

  describe("hashes", () => {
    const reversed = (value: Payload): Payload =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).reverse().map(([key, each]) => [key, reversed(each)]))
        : value;
    const hash = async (
      command: "replace facts" | "replace catalog" | "store report",
      version: number,
      payload: unknown,
    ) => (await parse<ReplaceFacts | ReplaceCatalog | StoreReport>(command, version, payload)).hash;

    it("of facts and catalogs don't know the order of keys, resources and edges", async () => {
      expect(await hash("replace facts", 5, reversed(facts()))).toBe(await hash("replace facts", 5, facts()));
      const other = reversed(catalog());
      other.resources.reverse();
      other.edges.reverse();
      expect(await hash("replace catalog", 9, other)).toBe(await hash("replace catalog", 9, catalog()));
    });

    it("of catalogs don't know the run, but each part of the content", async () => {
      const base = await hash("replace catalog", 9, catalog());
      const changed = async (change: (catalog: Payload) => void) => {
        const sent = catalog();
        change(sent);
        return await hash("replace catalog", 9, sent);
      };
      expect(
        await changed((c) =>
          Object.assign(c, {
            version: "x",
            transaction_uuid: "x",
            catalog_uuid: "x",
            producer_timestamp: "2030-01-01T00:00:00Z",
          })
        ),
      ).toBe(base);
      const changes: ((c: Payload) => void)[] = [
        (c) => c.resources[0].parameters.x = 1,
        (c) => c.resources[0].tags.push("x"),
        (c) => c.resources[0].exported = !c.resources[0].exported,
        (c) => c.resources[0].file = "x",
        (c) => c.resources[0].line = 12345,
        (c) => c.edges.pop(),
        (c) => c.edges[0].relationship = "before",
      ];
      const hashes = await Promise.all(changes.map(changed));
      expect(new Set([base, ...hashes]).size).toBe(changes.length + 1);
    });

    it("of reports are those of the run", async () => {
      const base = await hash("store report", 8, report());
      expect(await hash("store report", 8, { ...report(), logs: [] })).toBe(base);
      expect(await hash("store report", 8, { ...report(), start_time: "2020-01-01T00:00:00Z" })).not.toBe(base);
    });
  });

  it("answers any damaged payload with a command or bad_request, and quotes no value", async () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
    const junk = [null, 5, -1.5, "SECRET", "", [], {}, true, [["SECRET"]], { SECRET: "SECRET" }, "\ud800", 1e308];
    const places = (value: Payload, found: [Payload, string | number][] = []) => {
      for (const key of Object.keys(value)) {
        found.push([value, key]);
        if (typeof value[key] === "object" && value[key] !== null) places(value[key], found);
      }
      return found;
    };
    let refused = 0;
    for (let i = 0; i < 600; i++) {
      const [command, version, make] =
        ([["replace facts", 5, facts], ["replace catalog", 9, catalog], ["store report", 8, report]] as const)[i % 3]!;
      const payload = make();
      // a place near the top as often as one far below
      const all = places(payload);
      const [object, key] = random(2)
        ? all[random(all.length)]!
        : [payload, Object.keys(payload)[random(Object.keys(payload).length)]!];
      if (random(4) === 0) delete object[key];
      else object[key] = junk[random(junk.length)];
      try {
        await parse(command, version, payload);
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(AppError);
        expect((error as AppError).code).toBe("bad_request");
        expect((error as AppError).message).toMatch(/^Command ".*" for certname "web01.example.test" is invalid: /);
        if (object !== payload || key !== "certname") expect((error as AppError).message).not.toContain(': "SECRET');
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
