import { describe, expect, it } from "vitest";
import { day } from "../../../support/ca.ts";
import { challengePassword, requestPem, stringExtension } from "../../../support/ca-requests.ts";
import { createTestManagement } from "../../../support/management.ts";
import { setUp } from "./set-up.ts";

const names = ({ body }: { body: { result: { certname: string }[] } }) => body.result.map(({ certname }) => certname);

describe("/api/v1/ca/certificates", () => {
  it("signs, revokes and cleans by name, each with its outcome", async () => {
    const { ask, request } = await setUp();
    await request("web01.example.test");
    await request("web02.example.test");
    const certnames = ["web01.example.test", "nobody.example.test", "web02.example.test"];
    expect(await ask("POST", "/certificates/sign", { certnames, ttl: 86_400 })).toEqual({
      status: 200,
      body: {
        result: [
          { name: "web01.example.test", done: true, detail: null },
          { name: "nobody.example.test", done: false, detail: expect.stringContaining("nobody.example.test") },
          { name: "web02.example.test", done: true, detail: null },
        ],
      },
    });
    const { body: { result: [first] } } = await ask("GET", "/certificates?certname=web01.example.test");
    expect(first).toMatchObject({
      status: "signed",
      space: "puppet-ca",
      ca_id: "puppet-ca",
      decision: {
        by: { kind: "user", name: "admin" },
      },
    });
    expect(Date.parse(first.not_after) - Date.parse(first.signed_at)).toBe(day);

    const revoking = { serial_numbers: [first.serial_number.toUpperCase()], reason: "keyCompromise" };
    expect((await ask("POST", "/certificates/revoke", revoking)).body.result).toEqual([
      { name: first.serial_number.toUpperCase(), done: true, detail: null },
    ]);
    expect((await ask("POST", "/certificates/revoke", { certnames: ["web02.example.test"] })).body.result[0].done)
      .toBe(true);
    expect(names(await ask("GET", "/certificates?status=revoked"))).toEqual([
      "web01.example.test",
      "web02.example.test",
    ]);
    expect((await ask("GET", `/certificates/${first.id}`)).body).toMatchObject({
      status: "revoked",
      revocation_reason: "keyCompromise",
      certificate: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/),
    });
    const cleaned = await ask("POST", "/certificates/clean", { certnames: ["web01.example.test"] });
    expect(cleaned.body.result[0].done).toBe(true);
    expect(names(await ask("GET", "/certificates?space=puppet-ca"))).toEqual(["web02.example.test"]);
    expect(names(await ask("GET", "/certificates?space=puppet-ca&cleaned=true")))
      .toEqual(["web01.example.test", "web02.example.test"]);
  });

  it("filters by all that the records have, and never by parsing", async () => {
    const { ask, request, ca, clock, logIn } = await setUp({ policy: { ttl: 10 * 86_400 } });
    const by = { kind: "user", name: "x" } as const;
    for (const name of ["a.example.test", "b.example.test", "c.example.test"]) await request(name);
    await ca.certificates.sign({ space: "puppet-ca", certname: "a.example.test", by });
    await ca.certificates.sign({ space: "puppet-ca", certname: "b.example.test", by, ttl: 86_400 });
    const one = (await ask("GET", "/certificates?certname=a.example.test")).body.result[0];
    const colons = one.fingerprint.SHA256;
    for (
      const [query, expected] of [
        ["", ["a", "b", "c"]],
        ["status=requested", ["c"]],
        ["status=requested&status=signed", ["a", "b", "c"]],
        ["cn=^[bc]", ["b", "c"]],
        [`serial_number=0x${one.serial_number}`, ["a"]],
        [`fingerprint=${colons}`, ["a"]],
        [`fingerprint=${colons.replaceAll(":", "").toLowerCase()}`, ["a"]],
        [`expiring_before=${new Date(clock.now() + 2 * day).toISOString()}`, ["b"]],
        ["sort=not_after&sort_order=descending&status=signed", ["a", "b"]],
        ["ca_id=puppet-ca", ["a", "b"]],
        ["space=hoppetdb", []],
        ["limit=1&page=1", ["b"]],
      ] as const
    ) {
      const found = await ask("GET", `/certificates?${query}`);
      expect([query, names(found)]).toEqual([query, expected.map((each) => `${each}.example.test`)]);
    }
    expect((await ask("GET", "/certificates?limit=1&fields=certname")).body).toEqual({
      result: [{ certname: "a.example.test" }],
      meta: { result_size: 3 },
    });
    clock.advance(3 * day);
    await logIn();
    const expired = await ask("GET", "/certificates?status=expired");
    expect(expired.body.result.map((each: { status: string; certname: string }) => [each.certname, each.status]))
      .toEqual([["b.example.test", "expired"]]);
    const { body } = await ask("GET", "/certificates/forecast?weeks=2");
    expect(body.result.map(({ expiring }: { expiring: number }) => expiring).reduce((a: number, b: number) => a + b))
      .toBe(1);
    expect(body.result[0].week).toMatch(/T00:00:00.000Z$/);
  });

  it("shows no request, and hides secrets in what was decided", async () => {
    const { ask, request, call } = await setUp({
      approvers: [{
        name: "check",
        approve: () => Promise.resolve({ approved: false, reason: "the token s3cr3t-value is not known" }),
      }],
    });
    await call("POST", "/api/v1/nodes_secrets_redactor", { value: "s3cr3t-value" });
    await request("web01.example.test", { attributes: [challengePassword("s3cr3t-value")] });
    const listed = await ask("GET", "/certificates");
    const shown = await ask("GET", `/certificates/${listed.body.result[0].id}`);
    expect(shown.body.decision.reason).toBe("check: the token XXXXX is not known");
    expect(shown.body.certificate).toBe(null);
    expect(JSON.stringify([listed, shown])).not.toMatch(/s3cr3t|CERTIFICATE REQUEST/);
  });

  it("are made for a CSR in any space", async () => {
    const { ask, ca } = await setUp();
    await ca.spaces.create({ id: "lab", ca_id: "puppet-ca", by: { kind: "user", name: "x" } });
    const certname = "web01.example.test";
    const body = { space: "lab", certname, request: await requestPem(certname), subject_alt_names: ["DNS:web"] };
    const made = await ask("POST", "/certificates", body);
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ space: "lab", status: "signed", subject_alt_names: [`DNS:${certname}`, "DNS:web"] }),
    ]);
    const again = await ask("POST", "/certificates", body);
    expect([again.status, again.body.detail]).toEqual([409, `${certname} already has a signed certificate`]);
    const cliAuth = stringExtension("1.3.6.1.4.1.34380.1.3.39", "true");
    const asking = await requestPem("b.example.test", { extensions: [cliAuth] });
    expect((await ask("POST", "/certificates", { certname: "b.example.test", request: asking })).status).toBe(400);
    expect((await ask("POST", "/certificates", { certname: "c.example.test", request: "no PEM" })).status).toBe(400);
    expect(names(await ask("GET", "/certificates"))).toEqual([certname]);
  });

  it("grants rights only to a request that is signed by its name", async () => {
    const { ask, request } = await setUp();
    await request("web01.example.test", { extensions: [stringExtension("1.3.6.1.4.1.34380.1.3.1", "true")] });
    await ask("POST", "/certificates/sign", { certnames: ["web01.example.test"] });
    const { body } = await ask("GET", "/certificates?certname=web01.example.test");
    expect(body.result[0].authorization_extensions).toEqual({ pp_authorization: "true" });
  });

  it("says clearly what it cannot take, and does nothing then", async () => {
    const { ask, request } = await setUp();
    await request("web01.example.test");
    for (
      const [method, path, body, status, detail] of [
        ["GET", "/certificates?status=lost", undefined, 400, /"status/],
        ["GET", "/certificates?serial_number=xyz", undefined, 400, /hexadecimal/],
        ["GET", "/certificates?cn=(", undefined, 400, /regular expression/],
        ["GET", "/certificates?nme=a", undefined, 400, /nme/],
        ["GET", "/certificates/none", undefined, 404, /"none"/],
        ["POST", "/certificates/sign", { certnames: [] }, 422, /certnames/],
        ["POST", "/certificates/sign", { certnames: ["web01.example.test"], ttl: 0 }, 422, /ttl/],
        ["POST", "/certificates/revoke", {}, 422, /either certnames or serial_numbers/],
        ["POST", "/certificates/revoke", { certnames: ["a"], reason: "mood" }, 422, /reason/],
      ] as const
    ) {
      const answer = await ask(method, path, body);
      expect([path, answer.status, answer.body.detail]).toEqual([path, status, expect.stringMatching(detail)]);
    }
    expect(names(await ask("GET", "/certificates?status=requested"))).toEqual(["web01.example.test"]);
  });

  it("is elsewhere where the Puppetserver is the CA", async () => {
    const made = await createTestManagement();
    const call = await made.loggedIn();
    const response = await call("GET", "/api/v1/ca/certificates");
    expect([response.status, (await response.json()).detail]).toEqual([
      404,
      expect.stringContaining("HOPPETDB_CA=proxy"),
    ]);
  });
});
