import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ask, createEstate, type Estate, startPuppetPort } from "../../support/puppet-port.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const day = 86_400_000;
const secret = "a secret that is long enough, 32 characters";
const path = "/puppet/v3/file_metadata/modules/demo/x";
let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});

const start = (from: readonly string[] = ["127.0.0.0/8"]) =>
  startPuppetPort(estate, { plain: true, port: { ingress: { secret, from } } });
const said = (cert: string, more: Record<string, string> = {}) => ({
  "X-Hoppetdb-Ingress": secret,
  "X-Client-Cert": encodeURIComponent(cert),
  ...more,
});

describe("a TLS-ending ingress", () => {
  it("is believed when it proves itself: the name comes from the certificate that it hands over", async () => {
    const { port, web, log } = await start();
    const { web01 } = estate;
    const names: Record<string, string>[] = [{}, { "X-Client-DN": "CN=web01.example.test" }, {
      "X-SSL-Subject": "/CN=web01.example.test",
    }];
    for (const more of names) {
      expect((await ask(estate, port, { plain: true, path, headers: said(web01.cert, more) })).status).toBe(200);
    }
    for (const { headers } of web.requests) {
      expect(headers.filter(([name]) => name.startsWith("x-")).toSorted()).toEqual([
        ["x-client-cert", encodeURIComponent(web01.cert)],
        ["x-client-dn", "CN=web01.example.test"],
        ["x-client-verify", "SUCCESS"],
      ]);
    }
    expect(log.text()).not.toContain(secret);
  });

  it.each<[string, (estate: Estate) => Promise<string>, RegExp]>([
    ["another CA's", ({ stranger }) => Promise.resolve(stranger.cert), /not from the CA/],
    ["an expired", async ({ ca }) => (await ca.issue("x", { from: -2 * day, until: -day })).cert, /has expired/],
    ["a two-named", async ({ ca }) => (await ca.issue("x", { subject: "CN=a, CN=b" })).cert, /exactly one/],
    ["an unreadable", () => Promise.resolve("hello"), /ingress/],
    [
      "a node-made",
      async ({ ca }) => (await (await ca.intermediate("n", { authority: false })).issue("x")).cert,
      /not from/,
    ],
  ])("doesn't make %s certificate good", async (_, make, why) => {
    const { port, web } = await start();
    const got = await ask(estate, port, { plain: true, path, headers: said(await make(estate)) });
    expect([got.status, JSON.parse(got.text).message]).toEqual([403, expect.stringMatching(why)]);
    expect(web.requests).toEqual([]);
  });

  it("doesn't make a revoked certificate good", async () => {
    const { port, trust } = await start();
    trust.setCrls("file", await estate.ca.crl([estate.web01.serial]));
    const got = await ask(estate, port, { plain: true, path, headers: said(estate.web01.cert) });
    expect([got.status, JSON.parse(got.text).message]).toEqual([403, expect.stringMatching(/is revoked/)]);
  });

  it.each<[string, () => Record<string, string | string[]>]>([
    ["without the secret", () => ({ "X-Client-Cert": encodeURIComponent(estate.web01.cert) })],
    ["with another secret", () => said(estate.web01.cert, { "X-Hoppetdb-Ingress": `${secret}x` })],
    ["with an empty secret", () => said(estate.web01.cert, { "X-Hoppetdb-Ingress": "" })],
    ["with the secret twice", () => ({ ...said(estate.web01.cert), "X-Hoppetdb-Ingress": [secret, secret] })],
    ["with two certificates", () => ({
      ...said(""),
      "X-Client-Cert": [encodeURIComponent(estate.web01.cert), encodeURIComponent(estate.server.cert)],
    })],
    ["with another name", () => said(estate.web01.cert, { "X-Client-DN": "CN=db01.example.test" })],
    [
      "with two names",
      () => said(estate.web01.cert, { "X-Client-DN": "CN=web01.example.test", "X-SSL-Subject": "CN=b" }),
    ],
    ["with a name only", () => ({ "X-Hoppetdb-Ingress": secret, "X-Client-DN": "CN=web01.example.test" })],
  ])("is not believed %s", async (_, headers) => {
    const { port, web } = await start();
    const got = await ask(estate, port, { plain: true, path, headers: headers() });
    expect([got.status, JSON.parse(got.text).message]).toEqual([403, expect.stringMatching(/ingress/)]);
    const crl = await ask(estate, port, {
      plain: true,
      path: "/puppet-ca/v1/certificate_revocation_list/ca",
      headers: headers(),
    });
    expect(crl.status).toBe(200);
    expect(web.requests[0]!.headers.filter(([name]) => name.startsWith("x-"))).toEqual([["x-client-verify", "NONE"]]);
  });

  it("is not believed from another address", async () => {
    const { port } = await start(["10.0.0.0/8", "::1", "unix"]);
    expect((await ask(estate, port, { plain: true, path, headers: said(estate.web01.cert) })).status).toBe(403);
  });

  it("brings new agents, which have no certificate yet", async () => {
    const { port } = await start();
    const headers = { "X-Hoppetdb-Ingress": secret, "X-Client-Cert": "", "X-Client-Verify": "NONE" };
    const open = await ask(estate, port, { plain: true, path: "/puppet-ca/v1/certificate/ca", headers });
    expect(open.status).toBe(200);
    const got = await ask(estate, port, { plain: true, path, headers });
    expect([got.status, JSON.parse(got.text).message]).toEqual([403, expect.stringMatching(/certificate is needed/)]);
  });

  it("stands beside clients that come on their own, by their own certificates", async () => {
    const { port, web } = await startPuppetPort(estate, { port: { ingress: { secret, from: ["127.0.0.1"] } } });
    const other = await estate.ca.issue("db01.example.test");
    const forged = { ...said(other.cert), "X-Hoppetdb-Ingress": "guess" };
    expect((await ask(estate, port, { path, as: estate.web01, headers: forged })).status).toBe(200);
    // The ingress may use TLS towards us as well, with a certificate of its own or without.
    expect((await ask(estate, port, { path, as: estate.server, headers: said(other.cert) })).status).toBe(200);
    expect((await ask(estate, port, { path, headers: said(other.cert) })).status).toBe(200);
    expect(web.requests.map(({ headers }) => new Map(headers).get("x-client-dn"))).toEqual([
      "CN=web01.example.test",
      "CN=db01.example.test",
      "CN=db01.example.test",
    ]);
  });

  it("may come through a unix socket", async () => {
    const socketPath = join(temporaryFolder().path, "puppet.sock");
    const { listener } = await startPuppetPort(estate, {
      plain: true,
      port: { listen: { kind: "unix", path: socketPath }, ingress: { secret, from: ["unix"] } },
    });
    expect(listener.address).toBe(`unix:${socketPath}`);
    const headers = said(estate.web01.cert);
    expect((await ask(estate, 0, { plain: true, socketPath, path, headers })).status).toBe(200);
    expect((await ask(estate, 0, { plain: true, socketPath, path })).status).toBe(403);
  });
});

describe("without an ingress", () => {
  it("its headers mean nothing, on a plain port neither", async () => {
    const { port, web } = await startPuppetPort(estate, { plain: true });
    const got = await ask(estate, port, { plain: true, path, headers: said(estate.web01.cert) });
    expect([got.status, JSON.parse(got.text).message]).toEqual([403, expect.stringMatching(/certificate is needed/)]);
    expect(web.requests).toEqual([]);
  });
});
