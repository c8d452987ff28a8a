import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import type { AnonymousReason, Peer } from "../../../handlers/interfaces/peer.ts";
import type { UpstreamRequest } from "../../../handlers/interfaces/upstream.ts";
import { requireRight, rightsOf } from "../../../handlers/puppetdb/access.ts";
import { bodyOf, createTestPuppetdb, recordedCommands, verified } from "../../support/puppetdb.ts";

const nobody = (reason: AnonymousReason = "no certificate"): Peer => ({ kind: "anonymous", reason });
const q = (path: string, query: unknown) => `${path}?query=${encodeURIComponent(JSON.stringify(query))}`;

describe("who may do what on port 8002", () => {
  const both = { may: ["commands", "queries"], redacted: false };
  const queries = { may: ["queries"], redacted: false };
  const none = { may: [], redacted: false };
  const refused = { may: [], redacted: true };
  it.each(
    [
      ["a listed name", { allow: ["a"], allowQueries: [], plain: false }, verified("a"), both],
      ["another name", { allow: ["a"], allowQueries: [], plain: false }, verified("b"), none],
      ["a name that may ask", { allow: ["a"], allowQueries: ["b"], plain: false }, verified("b"), queries],
      ["anyone verified, with *", { allow: ["*"], allowQueries: [], plain: false }, verified("b"), both],
      ["anyone verified may ask, with *", { allow: ["a"], allowQueries: ["*"], plain: false }, verified("b"), queries],
      [
        "anyone verified, where nothing is set",
        { allow: undefined, allowQueries: [], plain: false },
        verified("b"),
        both,
      ],
      ["nobody, with *", { allow: ["*"], allowQueries: ["*"], plain: false }, nobody(), refused],
      ["nobody under TLS, though listed", { allow: ["anonymous"], allowQueries: [], plain: false }, nobody(), refused],
      ["no peer at all", { allow: undefined, allowQueries: [], plain: false }, undefined, refused],
      ["nobody without TLS", { allow: ["*"], allowQueries: [], plain: true }, nobody(), {
        may: ["queries"],
        redacted: true,
      }],
      ["nobody without TLS, listed", { allow: ["anonymous"], allowQueries: [], plain: true }, nobody(), both],
    ] as const,
  )("%s", (_, access, peer, rights) => expect(rightsOf(access, peer)).toEqual(rights));

  it("is decided before a body is read, and the answer says what to set", async () => {
    const puppetdb = await createTestPuppetdb();
    for (const peer of [verified("stranger.test"), nobody("revoked"), nobody("no authority configured")]) {
      let read = 0;
      const body = new ReadableStream({ pull: () => void read++ }, { highWaterMark: 0 });
      const init = { method: "POST", body, duplex: "half" } as RequestInit;
      const answer = await puppetdb.ask("/pdb/cmd/v1?command=x", init, peer);
      expect([answer.status, await answer.text(), read]).toEqual([
        403,
        expect.stringMatching(/^Permission denied: .*(HOPPETDB_\w+|revoked)/),
        0,
      ]);
      expect((await puppetdb.ask("/pdb/query/v4/nodes", {}, peer)).status).toBe(403);
      expect((await puppetdb.ask("/status/v1/services", {}, peer)).status).toBe(403);
    }
    await puppetdb.store.close();
  });

  it("leaves health and the simple status open", async () => {
    const puppetdb = await createTestPuppetdb();
    for (const path of ["/status/v1/simple", "/healthz/live", "/healthz/ready", "/healthz/startup"]) {
      expect([path, (await puppetdb.ask(path, {}, nobody())).status]).toEqual([path, 200]);
    }
    expect(await (await puppetdb.ask("/status/v1/simple", {}, nobody())).text()).toBe("running");
    await puppetdb.store.close();
  });

  it("lets no web page send through a browser that stands near", async () => {
    const puppetdb = await createTestPuppetdb({ access: { allow: ["anonymous"], allowQueries: [], plain: true } });
    const [first] = recordedCommands;
    const send = (headers: Record<string, string>) => puppetdb.send(first!.params, bodyOf(first!), headers, nobody());
    expect((await send({ Origin: "https://evil.test" })).status).toBe(403);
    expect((await send({ "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
    expect(await puppetdb.store.estate.count({ entity: "nodes", select: [] })).toBe(0);
    expect((await send({})).status).toBe(200);
    await puppetdb.store.close();
  });

  it("is a middleware for any right", () =>
    expect(typeof requireRight({ allow: [], allowQueries: [], plain: false }, "queries")).toBe("function"));
});

describe("who has no name sees what people see", () => {
  let puppetdb: Awaited<ReturnType<typeof createTestPuppetdb>>;
  const asked: UpstreamRequest[] = [];
  const upstream = {
    fetch: (request: UpstreamRequest) => {
      asked.push(request);
      return Promise.resolve(new Response('[{"value":"hunter2-tls"}]'));
    },
  };
  beforeEach(async () => {
    asked.length = 0;
    puppetdb = await createTestPuppetdb({
      upstream,
      access: { allow: ["puppet.example.test"], allowQueries: [], plain: true },
    });
    for (const recorded of recordedCommands.slice(0, 6)) await puppetdb.send(recorded.params, bodyOf(recorded));
  });
  afterEach(() => puppetdb.store.close());
  const ask = async (path: string, peer: Peer = nobody()) => {
    const answer = await puppetdb.ask(path, {}, peer);
    return { status: answer.status, text: await answer.text() };
  };

  it("known secrets, and what Puppet marked for the node, are hidden; the verified see all", async () => {
    const path = q("/pdb/query/v4/resources", ["=", "type", "File"]);
    const named = await ask(path, verified("puppet.example.test"));
    expect(named.text).toContain("hunter2-tls");
    const shown = await ask(path);
    expect(shown.status).toBe(200);
    expect(shown.text).not.toContain("hunter2-tls");
    expect(shown.text).toContain("XXXXX");

    const secret = /"debianutils":"(\w+)"/.exec(
      (await ask("/pdb/query/v4/resources", verified("puppet.example.test"))).text,
    )?.[1];
    expect(secret).toBe("installed");
    await puppetdb.store.estate.storeCatalog({
      certname: "web01.example.test",
      catalog_uuid: "u",
      environment: null,
      version: "1",
      code_id: null,
      received_at: "2026-11-22T23:00:00.000Z",
      hash: "a".repeat(64),
      content: seal("{}"),
      marks: seal({ values: ["installed"], parameters: {} }),
    });
    const rows = JSON.parse((await ask(q("/pdb/query/v4/resources", ["=", "title", "Profile::Base"]))).text);
    const packages = Object.fromEntries(
      rows.map((row: { certname: string; parameters: { packages: { bash: string } } }) => [
        row.certname,
        row.parameters.packages.bash,
      ]),
    );
    expect(packages).toEqual({ "web01.example.test": "XXXXX", "db01.example.test": "installed" });
  });

  it("rows without their node's name are redacted as well, and show no more than was asked for", async () => {
    const { text } = await ask(
      q("/pdb/query/v4/resources", ["extract", ["title", "parameters"], ["=", "type", "File"]]),
    );
    expect(text).not.toContain("hunter2-tls");
    expect(Object.keys(JSON.parse(text)[0])).toEqual(["title", "parameters"]);
  });

  it.each([
    q("/pdb/query/v4/facts", ["~", "value", "hunter2.*"]),
    q("/pdb/query/v4/facts", ["=", "value", "hunter2-tls"]),
    q("/pdb/query/v4/facts", [">", "value", 5]),
    q("/pdb/query/v4/facts", ["~", "name", "h"]),
    q("/pdb/query/v4/facts", ["=", "name", "hunter2-tls"]),
    q("/pdb/query/v4/nodes", ["=", ["fact", "role"], "web"]),
    q("/pdb/query/v4/nodes", ["in", "certname", ["extract", "certname", ["select_facts", ["~", "value", "x"]]]]),
    q("/pdb/query/v4/resources", ["~", ["parameter", "content"], "hunter2.*"]),
    q("/pdb/query/v4/resources", ["not", ["=", "parameters.content", "x"]]),
    q("/pdb/query/v4/resources", ["in", "title", ["extract", "title", ["select_resources", ["=", "exported", true]]]]),
    `/pdb/query/v4/facts?order_by=${encodeURIComponent('[{"field":"value"}]')}`,
    "/pdb/query/v4/facts/role/web",
  ])("what is hidden cannot be asked about: %s", async (path) => {
    expect(await ask(path)).toEqual({
      status: 403,
      text: expect.stringMatching(/^Permission denied: .*cannot be asked/),
    });
    expect((await ask(path, verified("puppet.example.test"))).status).toBe(200);
  });

  it("names, types, titles and tags may be asked for", async () => {
    for (
      const path of [
        "/pdb/query/v4/facts/role",
        "/pdb/query/v4/resources/Class/Profile::Base",
        q("/pdb/query/v4/resources", ["=", "tag", "monitoring"]),
        q("/pdb/query/v4/nodes", ["~", "certname", "^web"]),
        q("/pdb/query/v4/facts", ["in", "name", ["array", ["role", "kernel"]]]),
      ]
    ) {
      const { status, text } = await ask(path);
      expect([path, status]).toEqual([path, 200]);
      expect(JSON.parse(text).length).toBeGreaterThan(0);
    }
  });

  it("nothing of theirs goes to the PuppetDB behind us, which redacts nothing", async () => {
    const function_ = q("/pdb/query/v4/facts", ["extract", [["function", "avg", "value"]]]);
    expect((await ask(function_)).status).toBe(400);
    expect((await ask("/pdb/query/v4/environments")).status).toBe(404);
    expect((await ask("/metrics/v2/list")).status).toBe(404);
    expect(asked).toEqual([]);
    expect((await ask(function_, verified("puppet.example.test"))).text).toContain("hunter2-tls");
    expect(asked).toHaveLength(1);
  });
});
