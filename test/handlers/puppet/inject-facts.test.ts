import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import type { Store } from "../../../handlers/interfaces/store.ts";
import { createTestClock } from "../../support/clock.ts";
import { openTestStore } from "../../support/estate.ts";
import { type Ask, ask, createEstate, type Estate, startPuppetPort } from "../../support/puppet-port.ts";

const name = "web01.example.test";
const recorded = new URL("../../fixtures/puppet/commands/01-web01-run1-replace_facts.json", import.meta.url);
const values = JSON.parse(readFileSync(recorded, "utf8")).values as Record<string, unknown>;
const injected = { role: "web", "note": "50% größer + später", "empty": "" };
const path = `/puppet/v3/catalog/${name}?environment=production`;
const secret = "hunter2-injected";

/** The form as an agent sends it: the JSON is URL-encoded once by itself and once with the form. */
const formOf = (facts: unknown, more: Record<string, string> = {}) =>
  new URLSearchParams({
    facts_format: "application/json",
    facts: encodeURIComponent(typeof facts === "string" ? facts : JSON.stringify(facts)),
    environment: "production",
    transaction_uuid: "f70080b5-2ec8-489e-9d5f-beb93e8aaa0f",
    job_uuid: "",
    checksum_type: "sha256.sha384",
    ...more,
  }).toString();
const asForm = { "Content-Type": "application/x-www-form-urlencoded" };

let estate: Estate;
let store: Store;
beforeAll(async () => {
  estate = await createEstate();
  store = await openTestStore(createTestClock());
  const set = (certname: string, facts: unknown) =>
    store.estate.createNode(certname, { disabled: false, facts_inject: seal(JSON.stringify(facts)) });
  await set(name, injected);
  await set("plain.example.test", {});
  await set("db01.example.test", { role: "db", token: secret });
});
afterAll(() => store.close());

const start = (trustedCns: readonly string[] = []) =>
  startPuppetPort(estate, {
    app: {
      trustedCns,
      inject: { settings: (certname) => store.estate.nodeSettings(certname), fact: "pyppetdb" },
      limits: { body: 100_000, catalog: 10_000_000, catalogsTotal: 20_000_000 },
    },
  });
/** What the Puppetserver got, read as it reads it. */
const passed = async (what: Ask, trusted: readonly string[] = []) => {
  const running = await start(trusted);
  const { status } = await ask(estate, running.port, { method: "POST", path, as: estate.web01, ...what });
  const [seen] = running.web.requests;
  const text = seen?.body.toString() ?? "";
  const form = new URLSearchParams(text);
  const factsIn = (found: string | null) => found === null ? undefined : JSON.parse(decodeURIComponent(found));
  return {
    status,
    seen,
    text,
    form,
    facts: () => factsIn(form.get("facts")),
    inQuery: () => factsIn(new URLSearchParams(seen?.url.split("?")[1]).get("facts")),
    length: seen?.headers.find(([header]) => header === "content-length")?.[1],
    encoding: seen?.headers.find(([header]) => header === "transfer-encoding")?.[1],
    log: running.log,
  };
};

describe("a catalog is asked for by a node with injected facts", () => {
  it("with the facts of a real agent: one is added, all else stays", async () => {
    const facts = { name, values, timestamp: "2026-01-01T00:00:00Z" };
    const { status, facts: got, form, text, length, encoding, log } = await passed({
      headers: asForm,
      body: formOf(facts),
    });
    expect(status).toBe(200);
    expect(got()).toEqual({ ...facts, values: { ...values, pyppetdb: injected } });
    expect([...form].filter(([key]) => key !== "facts")).toEqual(
      [...new URLSearchParams(formOf(facts))].filter(([key]) => key !== "facts"),
    );
    expect([length, encoding]).toEqual([String(text.length), undefined]);
    expect(log.text()).not.toMatch(/warn|größer/);
  });

  it("that sends a fact of that name itself: it is replaced", async () => {
    const { facts } = await passed({
      headers: asForm,
      body: formOf(`{"name":"${name}","values":{"pyppetdb":{"role":"admin"},"a":1},"values":{"pyppetdb":"x","b":2}}`),
    });
    expect(facts().values).toEqual({ b: 2, pyppetdb: injected });
  });

  it("numbers stay as they are", async () => {
    const numbers = '"numbers":[9007199254740993,5e-07,1.0,-0,1e5]';
    const { form } = await passed({ headers: asForm, body: formOf(`{"name":"${name}","values":{${numbers}}}`) });
    expect(decodeURIComponent(form.get("facts")!)).toContain(numbers);
  });

  it.each([
    ["as pson", formOf({ name, values: { a: "x y" } }, { facts_format: "pson" })],
    [
      "encoded once only",
      `facts_format=application/json&facts=${encodeURIComponent(JSON.stringify({ name, values: { a: "x y" } }))}`,
    ],
    ["with spaces as plus signs", `facts=${encodeURIComponent('{"name":"n","values":{"a":"x+y"}}')}&facts_format=pson`],
    [
      "with percent signs that are none",
      `facts_format=pson&facts=${encodeURIComponent('{"values":{"a":"x%20y"},"b":"100%"}')}`,
    ],
  ])("%s", async (_, body) => {
    const { facts, log } = await passed({ headers: asForm, body });
    expect(facts().values).toEqual({ a: "x y", pyppetdb: injected });
    expect(log.lines.filter(({ level }) => level === "warn")).toEqual([]);
  });

  it("by GET, with the facts in the query", async () => {
    const { inQuery, seen, status } = await passed({
      method: "GET",
      path: `${path}&${formOf({ name, values: { a: 1 } })}`,
    });
    expect([status, seen?.method, seen?.body.length]).toEqual([200, "GET", 0]);
    expect(inQuery()).toEqual({ name, values: { a: 1, pyppetdb: injected } });
    expect(seen?.url).toMatch(/^\/puppet\/v3\/catalog\/web01\.example\.test\?environment=production&facts_format=/);
  });

  it("with facts in the query of a POST too: neither way gets round it", async () => {
    const { inQuery, facts } = await passed({
      path: `${path}&${formOf({ values: { pyppetdb: 1 } })}`,
      headers: asForm,
      body: formOf({ values: { pyppetdb: 2 } }),
    });
    expect([inQuery(), facts()]).toEqual([{ values: { pyppetdb: injected } }, { values: { pyppetdb: injected } }]);
  });

  it("in chunks, without a length", async () => {
    const { facts, length, text, encoding } = await passed({
      headers: { ...asForm, "Transfer-Encoding": "chunked" },
      body: formOf({ name, values: { a: 1 } }),
    });
    expect(facts().values).toEqual({ a: 1, pyppetdb: injected });
    expect([length, encoding]).toEqual([String(text.length), undefined]);
  });

  it.each([
    ["no facts", "environment=production&x=%zz", asForm, 0],
    ["an empty body", "", asForm, 0],
    ["facts twice", `${formOf({ values: {} })}&facts=x`, asForm, 1],
    ["another format", formOf({ values: {} }, { facts_format: "yaml" }), asForm, 1],
    ["no format", "facts=%7B%7D", asForm, 1],
    ["no JSON", formOf('{"token":hunter2}'), asForm, 1],
    ["facts without values", formOf({ name, values: ["hunter2"] }), asForm, 1],
    ["bytes that are no UTF-8", formOf({ values: {} }).replace("%257B", "%25FF"), asForm, 1],
    ["another type of body", JSON.stringify({ facts: { values: {} } }), { "Content-Type": "application/json" }, 1],
    ["a compressed body", "hunter2", { ...asForm, "Content-Encoding": "gzip" }, 1],
  ])("with %s: it goes on as it is, and the log says so", async (_, body, headers, warnings) => {
    const { status, text, log } = await passed({ headers, body });
    expect([status, text]).toEqual([200, body]);
    expect(log.lines.filter(({ level, event }) => level === "warn" && /not injected/.test(event))).toHaveLength(
      warnings,
    );
    expect(log.text()).not.toContain("hunter2");
  });

  it("with more than is held: it is refused", async () => {
    const { status, seen } = await passed({ headers: asForm, body: formOf({ values: { a: "x".repeat(100_000) } }) });
    expect([status, seen]).toEqual([413, undefined]);
    const chunked = await passed({
      headers: { ...asForm, "Transfer-Encoding": "chunked" },
      body: formOf({ values: { a: "x".repeat(100_000) } }),
    });
    expect([chunked.status, chunked.seen]).toEqual([413, undefined]);
  });
});

describe("what is left alone", () => {
  const body = formOf({ name, values: { pyppetdb: "own", a: 1 } });

  it.each(["plain.example.test", "new.example.test"])("a node without injected facts: %s", async (certname) => {
    const as = await estate.ca.issue(certname);
    const { status, text } = await passed({
      as,
      path: `/puppet/v3/catalog/${certname}`,
      headers: { ...asForm, "Transfer-Encoding": "chunked" },
      body,
    });
    expect([status, text]).toEqual([200, body]);
  });

  it.each([
    ["PUT", `/puppet/v3/report/${name}`],
    ["PUT", `/puppet/v3/facts/${name}`],
    ["POST", "/puppet/v3/catalog"],
    ["POST", "/other/v3/catalog/web01.example.test"],
  ])("other requests: %s %s", async (method, other) => {
    const { text } = await passed({ method, path: other, headers: asForm, body });
    expect(["", body]).toContain(text);
    expect(text).toBe(other === "/puppet/v3/catalog" ? "" : body);
  });

  it("other nodes' facts, for who may not ask for them", async () => {
    const { status, seen, log } = await passed({ path: "/puppet/v3/catalog/db01.example.test", headers: asForm, body });
    expect([status, seen]).toEqual([403, undefined]);
    expect(log.text()).not.toContain(secret);
  });
});

describe("a trusted name", () => {
  const trusted = [name];
  const v4 = { path: "/puppet/v4/catalog", headers: { "Content-Type": "application/json" } };

  it("gets another node's catalog with that node's facts", async () => {
    const { facts } = await passed({
      path: "/puppet/v3/catalog/db01.example.test",
      headers: asForm,
      body: formOf({ values: { a: 1 } }),
    }, trusted);
    expect(facts().values).toEqual({ a: 1, pyppetdb: { role: "db", token: secret } });
  });

  it("also from /puppet/v4/catalog", async () => {
    const { text, length } = await passed({
      ...v4,
      body: '{"certname":"db01.example.test","facts":{"values":{"big":9007199254740993}},"environment":"production"}',
    }, trusted);
    expect(text).toBe(
      '{"certname":"db01.example.test","facts":{"values":{"big":9007199254740993,"pyppetdb":{"role":"db","token":"' +
        `${secret}"}}},"environment":"production"}`,
    );
    expect(length).toBe(String(text.length));
  });

  it.each([
    ["a node without injected facts", '{ "certname": "plain.example.test", "facts": {"values": {}} }', 0],
    ["no facts", '{"certname":"db01.example.test"}', 0],
    ["no values", '{"certname":"db01.example.test","facts":{"hunter2":1}}', 1],
    ["no certname", '{"facts":{"values":{}}}', 1],
    ["no JSON", "{hunter2", 1],
  ])("with %s: it goes on as it is", async (_, body, warnings) => {
    const { status, text, log } = await passed({ ...v4, body }, trusted);
    expect([status, text]).toEqual([200, body]);
    expect(log.lines.filter(({ level, event }) => level === "warn" && /not injected/.test(event))).toHaveLength(
      warnings,
    );
    expect(log.text()).not.toContain("hunter2");
  });
});

it("no catalog is compiled while the facts of its node can't be looked up", async () => {
  const running = await startPuppetPort(estate, {
    app: { inject: { settings: () => Promise.reject(new Error("store is away")), fact: "pyppetdb" } },
  });
  const { status, text } = await ask(estate, running.port, {
    method: "POST",
    path,
    as: estate.web01,
    headers: asForm,
    body: "a=b",
  });
  expect([status, running.web.requests]).toEqual([500, []]);
  expect(text).not.toContain("store is away");
});
