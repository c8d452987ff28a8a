import { gunzipSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { ask, createEstate, type Estate, startPuppetPort } from "../../support/puppet-port.ts";

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});

/** What such a proxy did wrong before, one by one (P1 to P10). */
describe("port 8001 on real sockets", () => {
  it("P1: identity headers can't be forged, not even under other spellings or twice", async () => {
    const { port, web } = await startPuppetPort(estate);
    const forged = {
      "X-Client-Verify": "SUCCESS",
      "x-client-dn": ["CN=victim", "CN=victim2"],
      "X-CLIENT-CERT": "forged",
      "X_Client_DN": "CN=victim",
      "X-SSL-Subject": "CN=victim",
      "X-SSL-Client-Verify": "SUCCESS",
      "X-Forwarded-For": "10.0.0.1",
      "Forwarded": "for=10.0.0.1",
      "X-Hoppetdb-Ingress": "guess",
      "X-Puppet-Version": "7.23.0",
    };
    const path = "/puppet/v3/file_metadata/modules/demo/x";
    expect((await ask(estate, port, { path, headers: forged, as: estate.web01 })).status).toBe(200);
    const crl = "/puppet-ca/v1/certificate_revocation_list/ca";
    expect((await ask(estate, port, { path: crl, headers: forged })).status).toBe(200);
    const [known, nobody] = web.requests.map(({ headers }) =>
      headers.filter(([name]) => /^(x|forw)/.test(name)).toSorted()
    );
    expect(known).toEqual([
      ["x-client-cert", encodeURIComponent(estate.web01.cert)],
      ["x-client-dn", "CN=web01.example.test"],
      ["x-client-verify", "SUCCESS"],
      ["x-puppet-version", "7.23.0"],
    ]);
    expect(nobody).toEqual([["x-client-verify", "NONE"], ["x-puppet-version", "7.23.0"]]);
    expect(JSON.stringify(web.requests)).not.toMatch(/victim|forged|guess|10\.0\.0\.1/);
  });

  it("P2: the Puppetserver is spoken to over TLS, with our certificate", async () => {
    const { port, web } = await startPuppetPort(estate);
    await ask(estate, port, { path: "/puppet/v3/environments", as: estate.web01 });
    expect(web.url).toMatch(/^https:/);
    expect(web.requests[0]!.client).toBe("puppet");
  });

  it("P3: every route carries the caller's own name", async () => {
    const { port, web } = await startPuppetPort(estate);
    const routes = [
      ["PUT", "/puppet/v3/facts/web01.example.test"],
      ["GET", "/puppet/v3/node/web01.example.test"],
      ["GET", "/puppet/v3/file_metadatas/plugins"],
      ["GET", "/puppet/v3/file_content/plugins/x"],
      ["PUT", "/puppet/v3/report/web01.example.test"],
    ] as const;
    for (const [method, path] of routes) await ask(estate, port, { method, path, as: estate.web01 });
    expect(web.requests.map(({ method, url, headers }) => [method, url, new Map(headers).get("x-client-dn")])).toEqual(
      routes.map(([method, path]) => [method, path, "CN=web01.example.test"]),
    );
  });

  it("P4: response headers come through, those of the connection don't", async () => {
    const { port } = await startPuppetPort(estate, {
      answer: (_, outgoing) =>
        outgoing.writeHead(418, {
          "X-Puppet-Version": "7.23.0",
          "X-Puppet-Compiler-Name": "compiler01",
          "Set-Cookie": ["a=1", "b=2"],
          "Connection": "close, X-Private",
          "X-Private": "1",
          "Keep-Alive": "timeout=1",
        }).end("teapot"),
    });
    const got = await ask(estate, port, { path: "/puppet/v3/environments", as: estate.web01 });
    expect([got.status, got.text]).toEqual([418, "teapot"]);
    expect(got.headers).toMatchObject({
      "x-puppet-version": "7.23.0",
      "x-puppet-compiler-name": "compiler01",
      "set-cookie": ["a=1", "b=2"],
    });
    expect(got.headers).not.toHaveProperty("x-private");
    // Puppetserver's 403 has no Content-Type, and gets none here.
    expect(got.headers).not.toHaveProperty("content-type");
  });

  it.each([
    "/puppet/v3/file_content/modules/demo/../../etc/passwd",
    "/puppet/v3/file_content/modules/%2e%2e/x",
    "/puppet/v3/file_content/modules/demo/%2e%2e%2fx",
    "/puppet/v3/file_content/modules/demo/a%5c..%5cb",
    "//puppet/v3/environments",
    "/puppet/v3/./environments",
    "/puppet/v3/file_content/modules/demo/%00",
    "/puppet/v3/file_content/modules/demo/%ff",
    "/puppet/v3/file_content/modules/demo/%zz",
    "/puppet/v3/node/web01.example.test;x/../db01.example.test",
  ])("P5: no path gets out of its place: %s", async (path) => {
    const { port, web } = await startPuppetPort(estate);
    const got = await ask(estate, port, { path, as: estate.web01 });
    expect(got.status).toBe(400);
    expect(JSON.parse(got.text)).toMatchObject({ issue_kind: "RUNTIME_ERROR" });
    expect(web.requests).toEqual([]);
  });

  it("P5: what goes upstream is what was checked; the environment is the Puppetserver's to judge", async () => {
    const { port, web } = await startPuppetPort(estate);
    const path = "/puppet/v3/file_content/modules/demo/%7Ea%20b?environment=../../etc&x=%2e%2e%2f";
    expect((await ask(estate, port, { path, as: estate.web01 })).status).toBe(200);
    expect(web.requests[0]!.url).toBe("/puppet/v3/file_content/modules/demo/~a%20b?environment=../../etc&x=%2e%2e%2f");
  });

  it.each([
    ["P6", "GET", "/puppet/v3/file_content/plugins/x.rb?environment=elsewhere"],
    ["P7", "GET", "/puppet/v3/static_file_content/modules/demo/files/x?code_id=1&environment=production"],
    ["P7", "GET", "/puppet/v3/environments"],
    ["P7", "GET", "/puppet/v3/tasks/demo/init"],
    ["P7", "GET", "/status/v1/services"],
    ["P8", "PUT", "/puppet/v3/file_bucket_file/sha256/00ff/etc/motd"],
    ["P8", "HEAD", "/puppet/v3/file_bucket_file/md5/00ff"],
    ["P8", "GET", "/puppet/v3/file_bucket_file/md5/00ff"],
  ])("%s: is the Puppetserver's to answer: %s %s", async (_, method, path) => {
    const { port, web } = await startPuppetPort(estate);
    expect((await ask(estate, port, { method, path, as: estate.web01 })).status).toBe(200);
    expect(web.requests[0]).toMatchObject({ method, url: path });
  });

  it("P9: facts go on as they are, whatever their names", async () => {
    const { port, web } = await startPuppetPort(estate);
    const body = '{"name":"web01.example.test","values":{"Upper-Case":1,"x":9007199254740993},"more":true}';
    await ask(estate, port, { method: "PUT", path: "/puppet/v3/facts/web01.example.test", as: estate.web01, body });
    expect(web.requests[0]!.body.toString()).toBe(body);
  });

  it("P10: bodies are limited", async () => {
    const { port, web } = await startPuppetPort(estate, {
      app: { limits: { body: 1000, catalog: 1000, catalogsTotal: 1000 } },
    });
    const put = { method: "PUT", path: "/puppet/v3/report/web01.example.test", as: estate.web01 };
    expect((await ask(estate, port, { ...put, body: "x".repeat(1000) })).status).toBe(200);
    const got = await ask(estate, port, { ...put, body: "x".repeat(1001) });
    expect([got.status, JSON.parse(got.text)]).toEqual([413, {
      message: "The body is larger than 1000 bytes",
      issue_kind: "RUNTIME_ERROR",
    }]);
    const chunked = await ask(estate, port, {
      ...put,
      headers: { "Transfer-Encoding": "chunked" },
      body: "x".repeat(2000),
    });
    expect(chunked.status).toBe(413);
    expect(web.requests).toHaveLength(1);
  });
});

describe("bodies that nobody expects", () => {
  it("the body of a GET stays here, and an empty one goes on as empty", async () => {
    const { port, web } = await startPuppetPort(estate);
    const headers = { "Content-Length": "5" };
    const path = "/puppet/v3/environments";
    expect((await ask(estate, port, { path, headers, body: "hello", as: estate.web01 })).status).toBe(200);
    expect((await ask(estate, port, { method: "PUT", path, as: estate.web01, body: "" })).status).toBe(200);
    expect(
      web.requests.map(({ method, headers, body }) => [method, new Map(headers).get("content-length"), body.length]),
    )
      .toEqual([["GET", undefined, 0], ["PUT", "0", 0]]);
  });
});

describe("a catalog", () => {
  it.each([["gzip", gzipSync(`{"a":"${"b".repeat(5000)}"}`)], [undefined, Buffer.from('{"a":"b"}')]])(
    "passes unchanged and is kept as the same bytes (Content-Encoding %s)",
    async (encoding, bytes) => {
      const { port, kept, web } = await startPuppetPort(estate, {
        answer: (_, outgoing) =>
          outgoing.writeHead(200, {
            "Content-Type": "application/vnd.puppet.rich+json; charset=utf-8",
            ...(encoding ? { "Content-Encoding": encoding } : {}),
          }).end(bytes),
      });
      const body = "facts_format=application%2Fjson&facts=%257B%257D";
      const got = await ask(estate, port, {
        method: "POST",
        path: "/puppet/v3/catalog/web01.example.test?environment=production",
        as: estate.web01,
        headers: { "Accept-Encoding": "gzip;q=1.0,deflate;q=0.6", "Content-Type": "application/x-www-form-urlencoded" },
        body,
      });
      expect(got.headers["content-encoding"]).toBe(encoding);
      expect(got.body.equals(bytes)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(kept).toHaveLength(1);
      expect(kept[0]).toMatchObject({ certname: "web01.example.test", contentEncoding: encoding ?? null });
      expect(Buffer.from(kept[0]!.bytes).equals(got.body)).toBe(true);
      if (encoding) expect(JSON.parse(gunzipSync(kept[0]!.bytes).toString())).toHaveProperty("a");
      expect(web.requests[0]!.body.toString()).toBe(body);
    },
  );
});
