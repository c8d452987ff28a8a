import { createPublicKey, randomBytes } from "node:crypto";
import { Agent } from "node:https";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Issued } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { ask, createEstate, type Estate, startPuppetPort } from "../../support/puppet-port.ts";

const day = 86_400_000;
const path = "/puppet/v3/file_metadata/modules/demo/x";
let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});

const agentOf = (issued: Issued) => {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: estate.bundle,
    servername: "localhost",
    cert: issued.chain,
    key: issued.key,
  });
  onTestFinished(() => agent.destroy());
  return agent;
};

describe("a client's certificate", () => {
  it("counts when it is ours, with the intermediates sent along or not", async () => {
    const { port, web } = await startPuppetPort(estate);
    const { cert, chain, key } = estate.web01;
    expect((await ask(estate, port, { path, as: { chain, key } })).status).toBe(200);
    expect((await ask(estate, port, { path, as: { chain: cert, key } })).status).toBe(200);
    const direct = await estate.root.issue("db01.example.test");
    expect((await ask(estate, port, { path, as: direct })).status).toBe(200);
    expect(web.requests.map(({ headers }) => new Map(headers).get("x-client-dn"))).toEqual([
      "CN=web01.example.test",
      "CN=web01.example.test",
      "CN=db01.example.test",
    ]);
  });

  it.each<[string, (estate: Estate) => Promise<Issued | undefined>, RegExp]>([
    ["is missing", () => Promise.resolve(undefined), /certificate is needed/],
    ["is of another CA of the same name", ({ stranger }) => Promise.resolve(stranger), /not from the CA/],
    ["has expired", ({ ca }) => ca.issue("web01.example.test", { from: -5 * day, until: -day }), /has expired/],
    ["is not valid yet", ({ ca }) => ca.issue("web01.example.test", { from: day }), /not valid yet/],
    [
      "has two names",
      ({ ca }) => ca.issue("x", { subject: "CN=attacker, CN=web01.example.test" }),
      /exactly one common name/,
    ],
    [
      "is a server's only",
      ({ ca }) => ca.issue("web01.example.test", { usages: ["1.3.6.1.5.5.7.3.1"] }),
      /not from the CA/,
    ],
    ["was issued by a node", async ({ ca }) => {
      const node = await ca.intermediate("db01.example.test", { authority: false });
      return node.issue("web01.example.test");
    }, /not from the CA/],
  ])("that %s opens nothing but what a new agent needs", async (_, make, why) => {
    const { port, web } = await startPuppetPort(estate);
    const as = await make(estate);
    for (
      const target of [path, "/puppet/v3/node/web01.example.test", "/puppet-ca/v1/certificate_statuses/all", "/unknown"]
    ) {
      const got = await ask(estate, port, { path: target, ...(as ? { as } : {}) });
      expect([target, got.status]).toEqual([target, 403]);
      expect(JSON.parse(got.text).message).toMatch(why);
    }
    expect(web.requests).toEqual([]);
    const open = await ask(estate, port, {
      method: "PUT",
      path: "/puppet-ca/v1/certificate_request/new",
      body: "csr",
      ...(as ? { as } : {}),
    });
    expect(open.status).toBe(200);
    expect(web.requests[0]!.body.toString()).toBe("csr");
    expect(web.requests[0]!.headers.filter(([name]) => name.startsWith("x-"))).toEqual([["x-client-verify", "NONE"]]);
    expect((await ask(estate, port, { path: "/healthz/live", ...(as ? { as } : {}) })).status).toBe(200);
  });

  it("is worth nothing without its key", async () => {
    const { port, web } = await startPuppetPort(estate);
    await expect(ask(estate, port, { path, as: { chain: estate.web01.chain, key: wrongKeyFor(estate.web01) } })).rejects
      .toThrow();
    expect(web.requests).toEqual([]);
  });

  it("that is revoked or expires is refused at the next request of a connection that stands", async () => {
    const { port, trust, web } = await startPuppetPort(estate);
    const revoked = await estate.ca.issue("web02.example.test");
    const short = await estate.ca.issue("web03.example.test", { until: 1500 });
    const [one, two] = [agentOf(revoked), agentOf(short)];
    expect((await ask(estate, port, { path, agent: one })).status).toBe(200);
    expect((await ask(estate, port, { path, agent: two })).status).toBe(200);
    trust.setCrls("file", await estate.ca.crl([revoked.serial]));
    const got = await ask(estate, port, { path, agent: one });
    expect([got.status, JSON.parse(got.text).message]).toEqual([403, expect.stringMatching(/is revoked$/)]);
    await eventually(async () => expect((await ask(estate, port, { path, agent: two })).status).toBe(403));
    expect([one, two].map(({ sockets, freeSockets }) => Object.values({ ...sockets, ...freeSockets }).flat().length))
      .toEqual([1, 1]);
    expect(web.requests.length).toBeGreaterThanOrEqual(2);
  });

  it("is judged by new authorities at once, on standing connections too", async () => {
    const { port, trust } = await startPuppetPort(estate);
    const agent = agentOf(estate.web01);
    expect((await ask(estate, port, { path, agent })).status).toBe(200);
    trust.setAuthorities((await createEstate()).bundle);
    expect((await ask(estate, port, { path, agent })).status).toBe(403);
  });
});

describe("the listener", () => {
  it("shows a new certificate to new connections after a reload, without closing the others", async () => {
    const { port, listener } = await startPuppetPort(estate);
    const agent = agentOf(estate.web01);
    expect((await ask(estate, port, { path, agent })).status).toBe(200);
    const renewed = await createEstate();
    listener.reload({ cert: renewed.server.chain, key: renewed.server.key, ca: renewed.bundle });
    await expect(ask(estate, port, { path: "/healthz/live" })).rejects.toThrow();
    expect((await ask(renewed, port, { path: "/healthz/live" })).status).toBe(200);
    expect((await ask(estate, port, { path, agent })).status).toBe(200);
  });

  it("answers every client 403, naming what to set, while there is no CA", async () => {
    const { server } = estate;
    const { port, trust, web } = await startPuppetPort(estate, {
      port: { tls: { cert: server.chain, key: server.key, ca: undefined } },
    });
    trust.setAuthorities(undefined);
    expect((await ask(estate, port, { path })).status).toBe(403);
    for (const target of [path, "/puppet-ca/v1/certificate/ca"]) {
      const got = await ask(estate, port, { path: target, as: estate.web01 });
      expect([got.status, JSON.parse(got.text).message]).toEqual([403, expect.stringContaining("HOPPETDB_TLS_CA")]);
    }
    expect(web.requests).toEqual([]);
  });
});

/** A key that names the certificate's public key, so that a TLS library takes the two for a pair, and can't sign for it. */
const wrongKeyFor = ({ cert }: Issued): string => {
  const spki = createPublicKey(cert).export({ type: "spki", format: "der" });
  const scalar = randomBytes(32);
  scalar[0] = 1;
  const inner = Buffer.concat([
    Buffer.from([0x02, 1, 1, 0x04, 32]),
    scalar,
    Buffer.from([0xa0, 0x0a, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 0xa1, 0x44, 0x03, 0x42, 0]),
    spki.subarray(spki.length - 65),
  ]);
  const der = Buffer.concat([Buffer.from([0x30, inner.length]), inner]);
  return `-----BEGIN EC PRIVATE KEY-----\n${
    der.toString("base64").match(/.{1,64}/g)!.join("\n")
  }\n-----END EC PRIVATE KEY-----\n`;
};
