import { describe, expect, it } from "vitest";
import { createGate } from "../../../handlers/core/gate.ts";
import { AppError } from "../../../handlers/errors.ts";
import type { AnonymousReason, Peer } from "../../../handlers/interfaces/peer.ts";
import { createPuppetApp, recordingUpstream, verified } from "../../support/puppet.ts";

const web01 = verified("web01.example.test");
const nobody: Peer = { kind: "anonymous", reason: "no certificate" };
const ask = (
  { app }: ReturnType<typeof createPuppetApp>,
  method: string,
  target: string,
  peer: Peer | undefined = web01,
  init: RequestInit = {},
) => app.request(target, { method, ...init }, { peer, remoteAddress: "127.0.0.1", secure: true, target });

describe("a verified node", () => {
  it.each([
    ["GET", "/puppet/v3/node/web01.example.test?environment=production"],
    ["GET", "/puppet/v3/catalog/web01.example.test"],
    ["POST", "/puppet/v3/catalog/web01.example.test?environment=production"],
    ["PUT", "/puppet/v3/facts/web01.example.test"],
    ["PUT", "/puppet/v3/report/web01.example.test"],
    ["GET", "/puppet/v3/file_metadatas/plugins?recurse=true"],
    ["GET", "/puppet/v3/file_content/modules/demo/a%20b"],
    ["GET", "/puppet/v3/static_file_content/modules/demo/files/x"],
    ["HEAD", "/puppet/v3/file_bucket_file/sha256/00ff/etc/motd"],
    ["PUT", "/puppet/v3/file_bucket_file/sha256/00ff"],
    ["GET", "/puppet/v3/environments"],
    ["DELETE", "/puppet-admin-api/v1/environment-cache"],
    ["GET", "/puppet-ca/v1/certificate_status/db01.example.test"],
    ["GET", "/status/v1/services"],
    ["PROPFIND", "/unknown/path/"],
  ])("is passed on: %s %s", async (method, target) => {
    const port = createPuppetApp();
    const response = await ask(port, method, target);
    expect(response.status).toBe(200);
    expect(port.requests).toHaveLength(1);
    expect(port.requests[0]).toMatchObject({ method, path: target });
    expect(port.requests[0]!.headers.get("x-client-dn")).toBe("CN=web01.example.test");
  });

  it.each([
    ["GET", "/puppet/v3/node/db01.example.test"],
    ["GET", "/puppet/v3/node/WEB01.example.test"],
    ["GET", "/puppet/v3/node/web01.example.test/"],
    ["GET", "/puppet/v3/node/web01.example.test/x"],
    ["GET", "/puppet/v3/node"],
    ["GET", "/puppet/v3/node/"],
    ["POST", "/puppet/v3/catalog/db01.example.test"],
    ["GET", "/puppet/v3/catalog/db01%2eexample.test"],
    ["PUT", "/puppet/v3/facts/db01.example.test"],
    ["PUT", "/puppet/v3/report/db01.example.test"],
    ["POST", "/puppet/v4/catalog"],
    ["DELETE", "/puppet/v3/node/db01.example.test"],
  ])("may not ask for another's: %s %s", async (method, target) => {
    const port = createPuppetApp();
    const response = await ask(port, method, target);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ issue_kind: "RUNTIME_ERROR" });
    expect(port.requests).toEqual([]);
  });

  it("may, when its name is trusted", async () => {
    const port = createPuppetApp();
    const trusted = verified("trusted.example.test");
    expect((await ask(port, "POST", "/puppet/v3/catalog/db01.example.test", trusted)).status).toBe(200);
    expect((await ask(port, "POST", "/puppet/v4/catalog", trusted)).status).toBe(200);
    expect(port.requests.map(({ headers }) => headers.get("x-client-dn"))).toEqual([
      "CN=trusted.example.test",
      "CN=trusted.example.test",
    ]);
  });

  it.each([
    ["DELETE", "/puppet/v3/catalog/web01.example.test", "GET, POST"],
    ["POST", "/puppet/v3/node/web01.example.test", "GET"],
    ["GET", "/puppet/v3/report/web01.example.test", "PUT"],
  ])("gets 405 for a wrong method: %s %s", async (method, target, allow) => {
    const port = createPuppetApp();
    const response = await ask(port, method, target);
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    expect(port.requests).toEqual([]);
  });
});

describe("a client that is not verified", () => {
  const open = [
    ["GET", "/puppet-ca/v1/certificate/ca"],
    ["GET", "/puppet-ca/v1/certificate/web01.example.test"],
    ["GET", "/puppet-ca/v1/certificate_revocation_list/ca"],
    ["GET", "/puppet-ca/v1/certificate_request/web01.example.test"],
    ["PUT", "/puppet-ca/v1/certificate_request/web01.example.test"],
    ["GET", "/status/v1/simple"],
  ] as const;

  it.each(open)("gets what a new agent needs, named as nobody: %s %s", async (method, target) => {
    for (const reason of ["no certificate", "unknown authority", "expired", "revoked", "bad ingress"] as const) {
      const port = createPuppetApp();
      const headers = { "X-Client-Verify": "SUCCESS", "X-Client-DN": "CN=victim", "X-Client-Cert": "x" };
      const response = await ask(port, method, target, { kind: "anonymous", reason }, { headers });
      expect(response.status).toBe(200);
      expect(Object.fromEntries(port.requests[0]!.headers)).toEqual({ "x-client-verify": "NONE" });
    }
  });

  it.each([
    ["GET", "/puppet/v3/node/web01.example.test"],
    ["POST", "/puppet/v3/catalog/web01.example.test"],
    ["GET", "/puppet/v3/file_content/modules/demo/x"],
    ["GET", "/puppet-ca/v1/certificate_status/web01.example.test"],
    ["PUT", "/puppet-ca/v1/certificate/web01.example.test"],
    ["GET", "/puppet-ca/v1/certificate/"],
    ["GET", "/puppet-ca/v1/certificate_revocation_list/other"],
    ["DELETE", "/puppet-ca/v1/certificate_request/web01.example.test"],
    ["GET", "/status/v1/services"],
    ["GET", "/status/v1/simple/server"],
    ["GET", "/"],
    ["GET", "/unknown"],
  ])("gets nothing else: %s %s", async (method, target) => {
    const port = createPuppetApp();
    expect((await ask(port, method, target, nobody)).status).toBe(403);
    expect(port.requests).toEqual([]);
  });

  it.each<[AnonymousReason, RegExp]>([
    ["no certificate", /certificate is needed/],
    ["unknown authority", /not from the CA/],
    ["expired", /has expired/],
    ["not yet valid", /not valid yet/],
    ["revoked", /is revoked/],
    ["bad ingress", /ingress/],
    ["bad name", /exactly one common name/],
    ["no authority configured", /HOPPETDB_TLS_CERT, HOPPETDB_TLS_KEY and HOPPETDB_TLS_CA/],
  ])("is told why: %s", async (reason, text) => {
    const response = await ask(createPuppetApp(), "GET", "/puppet/v3/node/a", { kind: "anonymous", reason });
    const body = await response.json() as { message: string };
    expect(body.message).toMatch(/^Forbidden request: \/puppet\/v3\/node\/a \(method :get\)\. /);
    expect(body.message).toMatch(text);
  });

  it("gets nothing at all where no CA is configured, but health", async () => {
    const peer: Peer = { kind: "anonymous", reason: "no authority configured" };
    for (const [method, target] of open) {
      expect((await ask(createPuppetApp(), method, target, peer)).status).toBe(403);
    }
    expect((await ask(createPuppetApp(), "GET", "/healthz/live", peer)).status).toBe(200);
  });
});

describe("the port", () => {
  it("refuses a bad path before all else", async () => {
    for (const target of ["/healthz/../puppet/v3/node/a", "//healthz/live", "/healthz/%2e/live"]) {
      const port = createPuppetApp();
      const response = await ask(port, "GET", target);
      expect(response.status, target).toBe(400);
      expect(await response.json()).toMatchObject({ issue_kind: "RUNTIME_ERROR" });
      expect(port.requests).toEqual([]);
    }
  });

  it("answers health by itself, without a certificate", async () => {
    const port = createPuppetApp({ ready: () => Promise.reject(new Error("store is away")) });
    expect((await ask(port, "GET", "/healthz/live", nobody)).status).toBe(200);
    expect((await ask(port, "GET", "/healthz/ready", nobody)).status).toBe(503);
    expect(port.requests).toEqual([]);
  });

  it("names what to set where there is no Puppetserver", async () => {
    const response = await ask(createPuppetApp({ upstream: undefined }), "GET", "/puppet/v3/node/web01.example.test");
    expect(response.status).toBe(503);
    expect((await response.json() as { message: string }).message).toContain("HOPPETDB_PUPPETSERVER_URL");
  });

  it.each([
    [
      new AppError("upstream_failed", 'Cannot reach "https://puppet:8140"'),
      502,
      /^The Puppetserver cannot be reached now: see request 0/,
    ],
    [
      new AppError("upstream_timeout", '"https://puppet:8140" was silent for 600 s'),
      504,
      /^The Puppetserver did not answer in time/,
    ],
    [new Error("secret detail"), 500, /^Server Error: see request 0/],
  ])("renders an error as Puppetserver does: %s", async (error, status, message) => {
    const port = createPuppetApp({ upstream: { fetch: () => Promise.reject(error) } });
    const response = await ask(port, "GET", "/puppet/v3/node/web01.example.test");
    expect(response.status).toBe(status);
    expect(response.headers.get("x-request-id")).toMatch(/^0/);
    const body = await response.json() as { message: string };
    expect(body.message).toMatch(message);
    expect(body.message).not.toMatch(/secret detail|puppet:8140/);
    expect(body).toMatchObject({ issue_kind: "RUNTIME_ERROR" });
  });

  it("passes answers as they are, errors of the Puppetserver too", async () => {
    const { upstream } = recordingUpstream(() =>
      new Response("Forbidden request: …", {
        status: 403,
        headers: { "X-Puppet-Version": "7.23.0", "Connection": "close" },
      })
    );
    const response = await ask(createPuppetApp({ upstream }), "GET", "/puppet/v3/node/web01.example.test");
    expect([response.status, response.headers.get("x-puppet-version")]).toEqual([403, "7.23.0"]);
    expect(response.headers.has("connection")).toBe(false);
    expect(await response.text()).toBe("Forbidden request: …");
  });

  it("passes bodies, and refuses what is over the limit: declared at once, undeclared when it is reached", async () => {
    const target = "/puppet/v3/report/web01.example.test";
    const port = createPuppetApp();
    const sent = await ask(port, "PUT", target, web01, {
      body: "x".repeat(1000),
      headers: { "Content-Length": "1000" },
    });
    expect(sent.status).toBe(200);
    expect(port.requests[0]!.text).toHaveLength(1000);

    const declared = await ask(port, "PUT", target, web01, { body: "x", headers: { "Content-Length": "1001" } });
    expect(declared.status).toBe(413);
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(300));
      },
    }, { highWaterMark: 0 });
    const grown = await ask(port, "PUT", target, web01, {
      body: endless,
      headers: { "Transfer-Encoding": "chunked" },
      duplex: "half",
    } as RequestInit);
    expect(grown.status).toBe(413);
    expect(pulled).toBeLessThan(8);
    expect(port.requests).toHaveLength(1);
  });

  it("lets catalogs through a gate, and only them", async () => {
    let finish: () => void = () => {};
    const compiled = new Promise<void>((resolve) => finish = resolve);
    const { upstream, requests } = recordingUpstream(async ({ path }) => {
      if (path.startsWith("/puppet/v3/catalog/")) await compiled;
      return new Response("{}");
    });
    const gate = createGate({ concurrency: 1, queue: 1, maxWaitMs: 5000, random: () => 0 });
    const port = createPuppetApp({ upstream, gate });
    const catalog = () => ask(port, "POST", "/puppet/v3/catalog/web01.example.test");
    const [first, second] = [catalog(), catalog()];
    await Promise.resolve();
    const third = await catalog();
    expect([third.status, third.headers.get("retry-after")]).toEqual([503, "5"]);
    expect((await ask(port, "GET", "/puppet/v3/node/web01.example.test")).status).toBe(200);
    finish();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
    expect(requests.filter(({ method }) => method === "POST")).toHaveLength(2);
  });
});
