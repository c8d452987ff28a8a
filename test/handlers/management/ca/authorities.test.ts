import { describe, expect, it } from "vitest";
import { createTestCa, day, space } from "../../../support/ca.ts";
import { setUp } from "./set-up.ts";

const authority = "/authorities/second";

describe("/api/v1/ca/authorities", () => {
  it("are listed and shown, never with a private key", async () => {
    const { ask } = await setUp();
    const listed = await ask("GET", "/authorities?fields=id&fields=parent_id&fields=internal");
    expect(listed.body).toEqual({
      result: [
        { id: "puppet-ca", parent_id: "puppet-ca-root", internal: true },
        { id: "puppet-ca-root", parent_id: null, internal: true },
      ],
      meta: { result_size: 2 },
    });
    expect((await ask("GET", "/authorities?ca_id=root$")).body.meta).toEqual({ result_size: 1 });
    const shown = await ask("GET", "/authorities/puppet-ca");
    expect(shown.body).toMatchObject({
      id: "puppet-ca",
      status: "active",
      certificate: expect.stringMatching(/^-----BEGIN/),
    });
    expect(JSON.stringify(shown)).not.toContain("PRIVATE KEY");
    const crl = await ask("GET", "/authorities/puppet-ca/crl");
    expect(crl.body).toMatchObject({ number: 1, entries: 0, crl_pem: expect.stringMatching(/^-----BEGIN X509 CRL/) });
    expect(Date.parse(crl.body.next_update) - Date.parse(crl.body.this_update)).toBeGreaterThan(29 * day);
  });

  it("are made, revoked and removed", async () => {
    const { ask } = await setUp();
    const body = { cn: "Second CA", parent_id: "puppet-ca-root", key: "p-256", validity_days: 100 };
    const made = await ask("POST", authority, body);
    expect([made.status, made.body.subject, made.body.parent_id]).toEqual([201, "CN=Second CA", "puppet-ca-root"]);
    expect((await ask("POST", authority, body)).status).toBe(409);
    expect((await ask("PUT", authority, { status: "revoked" })).body.status).toBe("revoked");
    expect((await ask("GET", "/authorities/puppet-ca-root/crl")).body.entries).toBe(1);
    expect((await ask("DELETE", "/authorities/puppet-ca")).status).toBe(422);
    expect(await ask("DELETE", authority)).toEqual({ status: 200, body: {} });
    expect((await ask("GET", authority)).status).toBe(404);
  });

  it("are taken from elsewhere, or signed there", async () => {
    const { ask, ca } = await setUp();
    const outside = await createTestCa();
    const { caCert, caKey } = await outside.transfer.exportPuppetCa();
    const [certificate, ...external_chain] = caCert.split(/(?<=-----END CERTIFICATE-----\n)/);
    const given = { certificate, external_chain, private_key: caKey };
    const uploaded = await ask("POST", authority, given);
    expect([uploaded.status, uploaded.body.chain]).toEqual([201, external_chain]);
    const wrong = await ask("POST", "/authorities/third", {
      ...given,
      certificate: external_chain[0],
      external_chain: [],
    });
    expect([wrong.status, wrong.body.detail]).toEqual([422, "The private key does not belong to the certificate"]);
    const again = await ask("POST", "/authorities/again", given);
    expect([again.status, again.body.detail]).toEqual([409, 'Authority "second" has this key already']);
    const elsewhere = await createTestCa();
    const other = await elsewhere.transfer.exportPuppetCa();
    const [theirs, ...above] = other.caCert.split(/(?<=-----END CERTIFICATE-----\n)/);
    const listed = { certificate: theirs, external_chain: above, private_key: other.caKey };
    const stray = (await ca.authorities.crl("puppet-ca-root")).pem;
    expect(await ask("POST", "/authorities/listed", { ...listed, crls: stray })).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching(/^The CRL of "CN=.*" is/) },
    });
    expect((await ask("GET", "/authorities/listed")).status).toBe(404);
    const crls = (await elsewhere.authorities.crl("puppet-ca-root")).pem;
    expect((await ask("POST", "/authorities/listed", { ...listed, crls })).status).toBe(201);
    const pending = await ask("POST", "/authorities/third", { cn: "Third CA", key: "p-256", external: true });
    expect([pending.status, pending.body.status, pending.body.request]).toEqual([
      201,
      "pending",
      expect.stringMatching(/^-----BEGIN CERTIFICATE REQUEST/),
    ]);
    const refused = await ask("PUT", "/authorities/third", { certificate, external_chain });
    expect([refused.status, (await ask("GET", "/authorities/third")).body.status]).toEqual([422, "pending"]);
  });
});

describe("/api/v1/ca/spaces", () => {
  it("are made, rolled over to another authority, and removed", async () => {
    const { ask, ca, request } = await setUp();
    await ca.authorities.create({
      id: "second",
      parent_id: null,
      cn: "Second CA",
      key: "p-256",
      by: { kind: "user", name: "x" },
    });
    const made = await ask("POST", "/spaces/lab", { ca_id: "second", description: "The lab", policy: { ttl: 3600 } });
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ id: "lab", ca_id: "second", ca_id_history: [] }),
    ]);
    expect(made.body.policy).toMatchObject({ ttl: 3600, autosign: null });
    const changed = await ask("PUT", "/spaces/lab", { policy: { autosign: ["*.lab.test"] } });
    expect(changed.body.policy).toMatchObject({ ttl: 3600, autosign: ["*.lab.test"] });
    expect(await ask("DELETE", "/spaces/lab")).toEqual({ status: 200, body: {} });

    await request("web01.example.test");
    await ask("POST", "/certificates/sign", { certnames: ["web01.example.test"] });
    const moved = await ask("PUT", `/spaces/${space}`, { ca_id: "second" });
    expect([moved.body.ca_id, moved.body.ca_id_history]).toEqual(["second", ["puppet-ca"]]);
    expect((await ask("GET", `/spaces/${space}/progress`)).body).toEqual({
      result: [{ ca_id: "second", current: true, live: 0 }, { ca_id: "puppet-ca", current: false, live: 1 }],
    });
    expect((await ask("GET", "/spaces?fields=id&ca_id=second")).body.result).toEqual([{ id: space }]);
  });

  it("refuse what cannot be", async () => {
    const { ask } = await setUp();
    for (
      const [method, path, body, status, detail] of [
        ["PUT", `/spaces/${space}`, { ca_id: "none" }, 422, /no authority "none"/],
        ["PUT", "/spaces/none", { description: "x" }, 404, /no space "none"/],
        ["PUT", `/spaces/${space}`, { policy: { autosign: "some" } }, 422, /policy.autosign/],
        ["PUT", `/spaces/${space}`, { policy: { subject_alt_name_patterns: ["("] } }, 422, /regular expression/],
        ["POST", "/spaces/lab", {}, 422, /ca_id/],
        ["DELETE", `/spaces/${space}`, undefined, 422, /cannot be removed/],
      ] as const
    ) {
      const answer = await ask(method, path, body);
      expect([method, path, answer.status, answer.body.detail]).toEqual([
        method,
        path,
        status,
        expect.stringMatching(detail),
      ]);
    }
  });
});

describe("/api/v1/ca/tokens", () => {
  it("are made, shown once, and withdrawn", async () => {
    const { ask, request } = await setUp();
    const made = await ask("POST", "/tokens", { certname: "web01.example.test", ttl: 60 });
    expect([made.status, made.body.token]).toEqual([201, expect.stringMatching(/^\S{32,}$/)]);
    const listed = await ask("GET", "/tokens");
    expect(listed.body).toMatchObject({
      result: [{ id: made.body.id, created_by: "admin", used_at: null }],
      meta: {
        result_size: 1,
      },
    });
    expect(JSON.stringify(listed)).not.toContain(made.body.token);
    expect(await ask("DELETE", `/tokens/${made.body.id}`)).toEqual({ status: 200, body: {} });
    expect((await ask("DELETE", `/tokens/${made.body.id}`)).status).toBe(404);
    expect((await ask("POST", "/tokens", { certname: "No Name" })).status).toBe(422);
    expect((await request("web01.example.test")).signed).toBe(false);
  });
});
