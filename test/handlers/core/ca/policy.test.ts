import { describe, expect, it } from "vitest";
import { openCertificates } from "../../../../handlers/core/ca/authority-facts.ts";
import { checkCertname, checkRequest } from "../../../../handlers/core/ca/check-request.ts";
import { defaultPolicy, openPolicy, policyOf } from "../../../../handlers/core/ca/policy.ts";
import type { Policy } from "../../../../handlers/core/ca/records.ts";
import { readRequest } from "../../../../handlers/core/ca/request.ts";
import type { KeyFacts } from "../../../../handlers/core/x509/public-key.ts";
import { createTestCa, day, operator as by, space } from "../../../support/ca.ts";
import { createTestApi } from "../../../support/ca-api.ts";
import {
  altNames,
  attribute,
  challengePassword,
  newKey,
  requestPem,
  stringExtension,
} from "../../../support/ca-requests.ts";

const certname = "web01.example.test";
const name = { space, certname };
const puppet = "1.3.6.1.4.1.34380.1";
const autoRenew = attribute(`${puppet}.3.2`, "true");
type Options = Parameters<typeof requestPem>[1];

describe("names", () => {
  const takes = (certname: string, enforce_rfc1123: boolean) => {
    try {
      checkCertname(certname, { enforce_rfc1123 });
      return true;
    } catch {
      return false;
    }
  };
  it("takes RFC 1123 names, and others that Puppet takes where the space says so", () => {
    for (const good of ["a", "web01", "web-01.example.test", "0.1", "a".repeat(63), `${"a.".repeat(126)}a`]) {
      expect([good, takes(good, true)]).toEqual([good, true]);
    }
    for (const loose of ["web_01", "_a", "a_.b", "a--b", "a".repeat(64)]) {
      expect([loose, takes(loose, false)]).toEqual([loose, true]);
    }
    for (const strict of ["web_01", "a.-b", "a-.b", "a".repeat(64)]) {
      expect([strict, takes(strict, true)]).toEqual([strict, false]);
    }
    for (const bad of ["", "A", "ca", "-a", "a-", ".a", "a.", "a..b", "a/b", "a b", "*", `${"a.".repeat(127)}a`]) {
      expect([bad, takes(bad, false), takes(bad, true)]).toEqual([bad, false, false]);
    }
  });
});

describe("keys", () => {
  it("must be strong, said with what was expected", async () => {
    const facts = await readRequest(await requestPem(certname));
    const said = (key: KeyFacts) => {
      try {
        checkRequest({ ...facts, key }, defaultPolicy);
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    const rsa = (bits: number, exponent = 65_537): KeyFacts => ({ kind: "rsa", bits, exponent });
    expect([said(rsa(2048)), said(rsa(4096)), said(rsa(8192))]).toEqual(["", "", ""]);
    expect(said(rsa(2047))).toContain("2047 bits, expected at least 2048");
    expect(said(rsa(8193))).toContain("8193 bits, expected at most 8192");
    for (const exponent of [0, 1, 3, 65_536, 65_538, Infinity]) expect(said(rsa(2048, exponent))).toContain("exponent");
    for (const curve of ["P-256", "P-384", "P-521"]) expect(said({ kind: "ec", curve })).toBe("");
    for (const key of [{ kind: "ec", curve: "1.3.132.0.10" }, { kind: "other", oid: "1.3.101.112" }] as const) {
      expect(said(key)).toContain("expected RSA, or ECDSA on P-256, P-384 or P-521");
    }
  });
});

describe("alternative names", () => {
  const submit = async (policy: Partial<Policy>, options: Options) => {
    const ca = await createTestCa();
    await ca.spaces.update(space, { policy, by });
    await ca.certificates.submit({ ...name, pem: await requestPem(certname, options), from: "" });
    return ca;
  };
  const extra = { extensions: [altNames(certname, "www.example.test", "db.internal")] };

  it("wait for somebody who may allow them, and are refused where the space doesn't", async () => {
    const ca = await submit({}, extra);
    const signing = ca.certificates.sign({ ...name, by });
    await expect(signing).rejects.toThrow(
      "contains extra subject alternative names (DNS:www.example.test, DNS:db.internal)",
    );
    await ca.spaces.update(space, { policy: { allow_subject_alt_names: true }, by });
    const { subject_alt_names } = await ca.certificates.sign({ ...name, by });
    expect(subject_alt_names).toEqual([`DNS:${certname}`, "DNS:www.example.test", "DNS:db.internal"]);
  });

  it("must match a pattern whole, and be no more than allowed", async () => {
    const policy = { allow_subject_alt_names: true, subject_alt_name_patterns: ["[a-z]+\\.example\\.test"] };
    const ca = await submit(policy, extra);
    await expect(ca.certificates.sign({ ...name, by })).rejects.toThrow('"db.internal" is not one that');
    await ca.spaces.update(space, {
      policy: { subject_alt_name_patterns: ["(.*\\.)?example\\.test", "db\\.internal"] },
      by,
    });
    await ca.spaces.update(space, { policy: { max_subject_alt_names: 2 }, by });
    await expect(ca.certificates.sign({ ...name, by })).rejects.toThrow(
      "has 3 subject alternative names, expected at most 2",
    );
    await ca.spaces.update(space, { policy: { max_subject_alt_names: 3 }, by });
    expect((await ca.certificates.sign({ ...name, by })).subject_alt_names.length).toBe(3);
  });

  it("are added by templates, to those whose name matches whole", async () => {
    const subject_alt_name_templates = [
      {
        pattern: "(\\w+)\\.(\\w+)\\.test",
        names: ["{1}", "DNS:{1}.{2}.internal", "IP:192.0.2.1", "{certname}.lan", "x{3}y.test"],
      },
      { pattern: "web", names: ["never.test"] },
    ];
    const ca = await submit({ subject_alt_name_templates }, {});
    expect((await ca.certificates.sign({ ...name, by })).subject_alt_names).toEqual([
      `DNS:${certname}`,
      "DNS:web01",
      "DNS:web01.example.internal",
      "IP:192.0.2.1",
      `DNS:${certname}.lan`,
      "DNS:xy.test",
    ]);
  });
});

describe("times", () => {
  const lasts = async (options: Parameters<typeof createTestCa>[0], request: Options = {}, ttl?: number) => {
    const ca = await createTestCa(options);
    const pem = await requestPem(certname, request);
    const made = await ca.certificates.issue({ ...name, pem, by, ...(ttl === undefined ? {} : { ttl }) });
    expect(made.not_before).toBe(Math.max(ca.clock.now() - day, (await ca.authorities.get(space))!.not_before));
    return (made.not_after! - ca.clock.now()) / day;
  };
  it("are five years, of the configuration, the space, or the request; fewer for who renews by himself", async () => {
    expect(await lasts({})).toBe(5 * 365);
    expect(await lasts({ policy: { ttl: 86_400 } })).toBe(1);
    expect(await lasts({}, {}, 7 * 86_400)).toBe(7);
    expect(await lasts({}, { attributes: [autoRenew] })).toBe(90);
    expect(await lasts({ policy: { auto_renewal_ttl: 60 * 86_400 } }, { attributes: [autoRenew] })).toBe(60);
    expect(await lasts({ policy: { allow_renewal: false } }, { attributes: [autoRenew] })).toBe(5 * 365);
    expect(await lasts({}, { attributes: [attribute(`${puppet}.3.2`, "false")] })).toBe(5 * 365);
    // never longer than what signs
    expect(await lasts({}, {}, 1e12)).toBe(15 * 365);
  });

  it("are a space's own where it has some", () => {
    const policy = { ...openPolicy, ttl: 60, autosign: "all", max_subject_alt_names: 0 } as const;
    expect(policyOf({ policy }, defaultPolicy)).toEqual({
      ...defaultPolicy,
      ttl: 60,
      autosign: "all",
      max_subject_alt_names: 0,
    });
  });
});

describe("extensions", () => {
  it("are copied where the space allows them, as they are but never critical", async () => {
    const uuid = "2.25.329800735698586629295641978511506172918";
    const ca = await createTestCa();
    await ca.spaces.update(space, { policy: { allowed_extensions: ["1.2.3.4", uuid] }, by });
    const pem = await requestPem(certname, {
      extensions: [{ ...stringExtension("1.2.3.4", "x"), critical: true }, stringExtension(uuid, "y")],
    });
    const { certificate } = await ca.certificates.issue({ ...name, pem, by });
    const copied = openCertificates(certificate!, "certificate")[0]!.extensions.filter(({ oid }) =>
      !oid.startsWith("2.5.")
    );
    expect(copied.map(({ oid, critical }) => [oid, critical])).toEqual([["1.2.3.4", false], [uuid, false]]);
  });

  it("that give rights need somebody who may give them", async () => {
    const ca = await createTestCa();
    const pem = await requestPem(certname, { extensions: [stringExtension(`${puppet}.3.13`, "compiler")] });
    await expect(ca.certificates.issue({ ...name, pem, by })).rejects.toMatchObject({ code: "bad_request" });
    expect(await ca.certificates.current(name)).toBeUndefined();
    await ca.certificates.submit({ ...name, pem, from: "" });
    await expect(ca.certificates.sign({ ...name, by, authorized: false })).rejects.toMatchObject({ code: "conflict" });
    expect((await ca.certificates.sign({ ...name, by })).authorization_extensions).toEqual({
      pp_auth_role: "compiler",
    });
    const other = { space, certname: "b.example.test" };
    const extensions = [stringExtension(`${puppet}.3.1`, "yes")];
    const made = await ca.certificates.issue({
      ...other,
      pem: await requestPem(other.certname, { extensions }),
      by,
      authorized: true,
      cliAuth: true,
    });
    expect(made.authorization_extensions).toEqual({ pp_authorization: "yes", pp_cli_auth: "true" });
  });
});

describe("decisions", () => {
  it("are recorded with the reason, which the client isn't told", async () => {
    const judge = (reason: string, approved: boolean) => ({
      name: "judge",
      approve: () => Promise.resolve({ approved, reason }),
    });
    const ca = await createTestCa({ approvers: [judge("the asset list has no such machine", false)] });
    const api = await createTestApi(ca);
    const { status, body } = await api.put(certname, await requestPem(certname));
    expect([status, body]).toEqual([200, ""]);
    expect((await ca.certificates.current(name))?.decision).toEqual({
      by: { kind: "policy", name: "autosign" },
      reason: "judge: the asset list has no such machine",
      at: ca.clock.now(),
    });
    const shown = await api.call("GET", `/certificate_request/${certname}`);
    expect(shown.body).not.toContain("asset");
    await api.state(certname, "signed");
    expect((await ca.certificates.current(name))?.decision).toMatchObject({
      by: { kind: "certificate", name: "operator.example.test" },
      reason: "Signed by hand",
    });
    await api.state(certname, "revoked");
    const { decision } = (await ca.certificates.current(name))!;
    expect([decision?.by.name, decision?.reason]).toEqual(["operator.example.test", "Revoked: unspecified"]);
    expect(ca.log.text()).toContain("the asset list has no such machine");
  });

  it("have no secret of a request in the records or the log", async () => {
    const ca = await createTestCa({ policy: { autosign: "all" } });
    const { token } = await ca.tokens.create({ certname: "*", ttl: 60, by });
    await ca.certificates.submit({
      ...name,
      pem: await requestPem(certname, { attributes: [challengePassword(token)] }),
      from: "",
    });
    expect(ca.log.text()).not.toContain(token);
    expect(JSON.stringify(ca.memory.dump("ca_tokens"))).not.toContain(token);
    expect((await ca.certificates.current(name))?.decision?.reason).not.toContain(token);
  });
});

it("takes a key of each kind that agents have", async () => {
  const ca = await createTestCa();
  for (const kind of ["p-256", "p-384"] as const) {
    const pem = await requestPem(`${kind}.test`, { key: await newKey(kind) });
    expect((await ca.certificates.issue({ space, certname: `${kind}.test`, pem, by })).status).toBe("signed");
  }
});
