import { beforeAll, describe, expect, it } from "vitest";
import type { Peer } from "../../../handlers/interfaces/peer.ts";
import { createTestCa, operator as by, space } from "../../support/ca.ts";
import { createTestApi, peerOf } from "../../support/ca-api.ts";
import { newKey, requestPem } from "../../support/ca-requests.ts";
import { createAuthority } from "../../support/certificates.ts";
import { utf8 } from "../../support/ca-requests.ts";

const certname = "web01.example.test";
const cliAuth = "1.3.6.1.4.1.34380.1.3.39";

/** Everything that is not for everybody. */
const closed: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ["DELETE", `/certificate_request/${certname}`],
  ["GET", `/certificate_status/${certname}`],
  ["PUT", `/certificate_status/${certname}`, { desired_state: "revoked" }],
  ["DELETE", `/certificate_status/${certname}`],
  ["GET", "/certificate_statuses/any"],
  ["GET", "/certificate_statuses/any?state=signed"],
  ["GET", "/certificate_statuses"],
  ["PUT", "/certificate_revocation_list", ""],
  ["PUT", "/certificate_revocation_list/ca", ""],
  ["PUT", "/clean", { certnames: [certname] }],
  ["POST", "/sign", { certnames: [certname] }],
  ["POST", "/sign/all", {}],
];
const withCertificate = [["GET", "/expirations"], ["POST", "/certificate_renewal"]] as const;
const open = [
  ["GET", "/certificate/ca", 200],
  ["GET", `/certificate/${certname}`, 200],
  ["GET", "/certificate_revocation_list/ca", 200],
  ["GET", "/certificate_request/none.example.test", 404],
] as const;
const nowhere = [
  ["GET", "/"],
  ["GET", "/certificates"],
  ["POST", `/certificate/${certname}`],
  ["PUT", `/certificate/${certname}`],
  ["DELETE", `/certificate/${certname}`],
  ["POST", "/certificate_request/x"],
  ["GET", "/sign"],
  ["POST", "/clean"],
  ["PATCH", `/certificate_status/${certname}`],
] as const;

describe("who may do what", () => {
  let ca: Awaited<ReturnType<typeof createTestCa>>;
  let api: Awaited<ReturnType<typeof createTestApi>>;
  let agent: Peer;
  const dump = () => JSON.stringify([ca.memory.dump("ca_certificates"), ca.memory.dump("ca_revocations")]);

  beforeAll(async () => {
    ca = await createTestCa();
    api = await createTestApi(ca);
    agent = await api.issued(certname);
    await api.put("waits.example.test", await requestPem("waits.example.test"));
  });

  it("gives everybody the certificates, the list and the requests", async () => {
    for (const [method, path, status] of open) {
      expect([path, (await api.call(method, path)).status]).toEqual([path, status]);
    }
  });

  it("gives nothing else to who has no certificate, whatever he says of himself", async () => {
    const before = dump();
    const says = { "X-Client-Verify": "SUCCESS", "X-Client-DN": "CN=operator.example.test", "X-Client-Cert": "x" };
    for (const [method, path, body] of [...closed, ...withCertificate.map(([a, b]) => [a, b, undefined] as const)]) {
      for (const headers of [{}, says]) {
        const got = await api.call(method, path, {
          headers,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        expect([path, got.status, got.body]).toEqual([
          path,
          403,
          expect.stringMatching(/^Forbidden request: \S+ \(method :\w+\)\. /),
        ]);
      }
    }
    for (const reason of ["revoked", "unknown authority", "expired"] as const) {
      const as: Peer = { kind: "anonymous", reason };
      expect((await api.call("GET", "/expirations", { as })).status).toBe(403);
    }
    expect(dump()).toBe(before);
  });

  it("lets an agent renew and look at dates, and nothing else, not even of itself", async () => {
    const before = dump();
    for (const [method, path, body] of closed) {
      const got = await api.call(method, path, {
        as: agent,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect([path, got.status]).toEqual([path, 403]);
    }
    expect(dump()).toBe(before);
    expect((await api.call("GET", "/expirations", { as: agent })).status).toBe(200);
    const renewed = await api.call("POST", "/certificate_renewal", { as: agent });
    expect([renewed.status, renewed.type]).toEqual([200, "text/plain"]);
    expect(peerOf(renewed.body)).toMatchObject({ certname });
    expect(renewed.body).not.toBe((agent as { pem: string }).pem);
  });

  it("takes pp_cli_auth = true in the certificate, and nothing that looks like it", async () => {
    const root = await createAuthority("Elsewhere");
    const peer = async (oid: string, value: Uint8Array<ArrayBuffer>) =>
      peerOf((await root.issue("cli.example.test", { extensions: [{ oid, value }] })).cert);
    const get = async (as: Peer) => (await api.call("GET", "/certificate_statuses/any", { as })).status;
    expect(await get(await peer(cliAuth, utf8("true")))).toBe(200);
    for (const text of ["false", "TRUE", "true ", "", "1"]) {
      expect(await get(await peer(cliAuth, utf8(text)))).toBe(403);
    }
    expect(await get(await peer(cliAuth, new Uint8Array([1, 1, 255])))).toBe(403);
    expect(await get(await peer(`${cliAuth}.1`, utf8("true")))).toBe(403);
    expect(await get(await peer("1.3.6.1.4.1.34380.1.3.1", utf8("true")))).toBe(403);
    const pem = await requestPem("made.example.test");
    const made = await ca.certificates.issue({ space, certname: "made.example.test", pem, cliAuth: true, by });
    expect(await get(peerOf(made.certificate!))).toBe(200);
    // it stays with a renewal
    expect(await get(peerOf((await ca.certificates.renew({ pem: made.certificate! })).certificate!))).toBe(200);
  });

  it("takes the names that are listed, exactly", async () => {
    expect((await api.call("GET", "/certificate_statuses/any", { as: api.asAdmin })).status).toBe(200);
    for (const name of ["operator.example.test.evil.test", "operator", "xoperator.example.test"]) {
      expect((await api.call("GET", "/certificate_statuses/any", { as: await api.issued(name) })).status).toBe(403);
    }
  });

  it("knows no other path and method, not even for operators", async () => {
    const before = dump();
    for (const [method, path] of nowhere) {
      const got = await api.call(method, path, { as: api.asAdmin });
      expect([method, path, got.status]).toEqual([method, path, 403]);
    }
    expect(dump()).toBe(before);
  });

  it("signs what gives rights only by its name, never with all others", async () => {
    const key = await newKey();
    const extensions = [{ oid: "1.3.6.1.4.1.34380.1.3.13", critical: false, value: utf8("compiler") }];
    await api.put("rights.example.test", await requestPem("rights.example.test", { key, extensions }));
    const all = await api.send("POST", "/sign/all", {});
    expect(JSON.parse(all.body)).toEqual({
      signed: ["waits.example.test"],
      "no-csr": [],
      "signing-errors": ["rights.example.test"],
    });
    expect((await api.state("rights.example.test", "signed")).status).toBe(204);
    const shown = JSON.parse(
      (await api.call("GET", "/certificate_status/rights.example.test", { as: api.asAdmin })).body,
    );
    expect(shown.authorization_extensions).toEqual({ pp_auth_role: "compiler" });
  });
});
