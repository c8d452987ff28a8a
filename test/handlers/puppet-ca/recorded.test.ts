import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Peer } from "../../../handlers/interfaces/peer.ts";
import { createTestCa, day, operator as by, space } from "../../support/ca.ts";
import { createTestApi, peerOf } from "../../support/ca-api.ts";
import { requestPem, stringExtension } from "../../support/ca-requests.ts";

type Probe = {
  readonly name: string;
  readonly as: string | null;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
  readonly status: number;
  readonly type: string | null;
  readonly answer: unknown;
};
const file = new URL("../../fixtures/puppet/ca/probes.json", import.meta.url);
const probes = JSON.parse(readFileSync(file, "utf8")) as readonly Probe[];

/** What we answer in another way, and why. */
const otherwise: Readonly<Record<string, { readonly status: number; readonly says: string }>> = {
  // puppetserver stumbles; a bad request is one
  "014-ca-csr-put-garbage": { status: 400, says: "The request has no CERTIFICATE REQUEST block; expected PEM" },
  "015-ca-csr-put-empty": { status: 400, says: "The request has no CERTIFICATE REQUEST block; expected PEM" },
  "016-ca-csr-put-bad-name": { status: 400, says: "Subject hostname format is invalid" },
  // the same refusal, but what is to be set is ours
  "011-ca-csr-put-san-denied": {
    status: 400,
    says:
      "CSR 'san01.example.test' contains extra subject alternative names (DNS:evil.example.test), which are disallowed. To allow subject alternative names, set ",
  },
  "013-ca-csr-put-authext-denied": {
    status: 400,
    says: "Found extensions that are not permitted: 1.3.6.1.4.1.34380.1.3.39",
  },
  "036-ca-sign-san-refused": {
    status: 409,
    says:
      "CSR 'san02.other.test' contains extra subject alternative names (DNS:a.other.test), which are disallowed. To allow subject alternative names, set ",
  },
  // version 8 has it, and ours
  "054-ca-bulk-sign": { status: 200, says: '{"signed":[],"no-csr":["x.example.test"],"signing-errors":[]}' },
};

const mine = [
  "auto01.example.test",
  "db01.example.test",
  "san02.other.test",
  "wait01.other.test",
  "web01.example.test",
];
type Shown = Record<string, unknown> & { readonly name: string };
const known = (list: readonly Shown[]) =>
  list.filter(({ name }) => mine.includes(name)).sort((a, b) => a.name < b.name ? -1 : 1).map(stable);
const stable = ({ name, state, dns_alt_names, subject_alt_names, authorization_extensions }: Shown) => ({
  name,
  state,
  dns_alt_names,
  subject_alt_names,
  authorization_extensions,
});

describe("what a real Puppetserver's CA answered", () => {
  let ca: Awaited<ReturnType<typeof createTestCa>>;
  let api: Awaited<ReturnType<typeof createTestApi>>;
  const peers = new Map<string, Peer>();

  beforeAll(async () => {
    ca = await createTestCa({ policy: { autosign: ["*.example.test"] } });
    api = await createTestApi(ca);
    for (const certname of ["puppet.example.test", "web01.example.test", "db01.example.test"]) {
      const extensions = certname.startsWith("db01") ? [stringExtension("1.3.6.1.4.1.34380.1.1.13", "database")] : [];
      const pem = await requestPem(certname, { extensions });
      const cliAuth = certname.startsWith("puppet");
      const { certificate } = await ca.certificates.issue({ space, certname, pem, cliAuth, by });
      peers.set(certname, peerOf(certificate!));
    }
  });

  it.each(probes.map((probe) => [probe.name, probe] as const))("%s", async (name, probe) => {
    const { as, method, path, body, status, type, answer } = probe;
    const headers = { ...probe.headers };
    if (headers["If-Modified-Since"]) {
      const when = name.endsWith("-old") ? ca.clock.now() - 700 * day : ca.clock.now() + 60_000;
      headers["If-Modified-Since"] = new Date(when).toUTCString();
    }
    const got = await api.call(method, path.replace("/puppet-ca/v1", ""), {
      headers,
      ...(as === null ? {} : { as: peers.get(as)! }),
      ...(body === null ? {} : { body }),
    });
    const ours = otherwise[name];
    if (ours) {
      expect([got.status, got.body]).toEqual([ours.status, expect.stringContaining(ours.says)]);
      return;
    }
    expect([got.status, type === null ? null : got.type]).toEqual([status, type]);
    if (answer === null) expect(got.body).toBe("");
    else if (Array.isArray(answer)) expect(known(JSON.parse(got.body))).toEqual(known(answer));
    else if (typeof answer === "object" && "name" in answer!) {
      const shown = JSON.parse(got.body) as Shown;
      expect(Object.keys(shown).sort()).toEqual(Object.keys(answer).sort());
      expect(stable(shown)).toEqual(stable(answer as Shown));
      expect(shown.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      expect(Object.keys(shown.fingerprints as object).sort()).toEqual(["SHA1", "SHA256", "SHA512", "default"]);
      for (const key of ["not_before", "not_after"]) {
        if (key in shown) expect(shown[key]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dUTC$/);
      }
    } else if (typeof answer === "object") {
      const shape = (of: object) => Object.entries(of).map(([key, value]) => [key, Object.keys(value).length]);
      expect(shape(JSON.parse(got.body))).toEqual(shape(answer!));
      expect(got.body).toMatch(/"Puppet CA: puppet.example.test":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dUTC"/);
    } else if (String(answer).startsWith("-----BEGIN X509 CRL")) {
      expect(got.body.match(/-----BEGIN X509 CRL-----/g)?.join("")).toBe(answer);
    } else if (answer === "-----BEGIN CERTIFICATE-----") expect(got.body.startsWith(`${answer}\n`)).toBe(true);
    else expect(got.body).toBe(answer as string);
  });

  it("takes the serial as a number of any size, and the time to live that was asked for", async () => {
    const certname = "ttl.other.test";
    await api.put(certname, await requestPem(certname));
    expect((await api.state(certname, "signed", { cert_ttl: 86_400 })).status).toBe(204);
    const { serial, not_after } = (await ca.certificates.current({ space, certname }))!;
    expect(not_after).toBe(ca.clock.now() + day);
    const { body } = await api.call("GET", `/certificate_status/${certname}`, { as: api.asAdmin });
    expect(body).toContain(`"serial_number":${BigInt(`0x${serial}`)}}`);
    for (const cert_ttl of [0, -5, 1.5, "1d", {}, true]) {
      expect((await api.state(certname, "signed", { cert_ttl })).status).toBe(400);
    }
  });

  it("is unchanged for who has the list, until something is revoked", async () => {
    const path = "/certificate_revocation_list/ca";
    const first = await api.call("GET", path);
    const [etag, modified] = ["ETag", "Last-Modified"].map((name) => first.headers.get(name)!) as [string, string];
    const ask = async (headers: Record<string, string>) => (await api.call("GET", path, { headers })).status;
    expect(await ask({ "If-None-Match": etag })).toBe(304);
    expect(await ask({ "If-None-Match": `"other", ${etag}` })).toBe(304);
    expect(await ask({ "If-Modified-Since": modified })).toBe(304);
    expect(await ask({ "If-Modified-Since": "yesterday" })).toBe(200);
    await ca.certificates.revoke({ space, certname: "db01.example.test", by });
    expect(await ask({ "If-None-Match": etag })).toBe(200);
    expect(await ask({ "If-Modified-Since": modified })).toBe(200);
  });
});
