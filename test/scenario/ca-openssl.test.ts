import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeCrl, writeCrlEntry } from "../../handlers/core/x509/write-crl.ts";
import { readCrl, readCrlEntries } from "../../handlers/core/x509/crl.ts";
import { pemOf } from "../../handlers/core/x509/pem.ts";
import { createTestCa, day, operator as by, space } from "../support/ca.ts";
import { createTestApi } from "../support/ca-api.ts";
import { altNames, attribute, newKey, requestPem, stringExtension } from "../support/ca-requests.ts";
import { createTestClock } from "../support/clock.ts";
import { openssl, opensslMust } from "../support/openssl.ts";
import { temporaryFolder } from "../support/temporary.ts";

const puppet = "1.3.6.1.4.1.34380.1";
const certname = "web01.example.test";
const urls = { crl: "http://ca.example.test/crl", ocsp: "http://ca.example.test/ocsp" };

const estate = async (keys: "p-256" | "rsa-2048", more: Parameters<typeof createTestCa>[0] = {}) => {
  const ca = await createTestCa({ clock: createTestClock(Date.now()), keys, ...more });
  const folder = temporaryFolder();
  const bundle = folder.write("ca.pem", await ca.spaces.bundle(space));
  const root = folder.write("root.pem", (await ca.authorities.get("puppet-ca-root"))!.certificate);
  const issuer = folder.write("issuer.pem", (await ca.authorities.get(space))!.certificate);
  const crl = async () => folder.write("crl.pem", (await ca.spaces.crls(space)).pem);
  const issue = async (name: string, options: Parameters<typeof requestPem>[1] = {}, cliAuth = false) => {
    const pem = await requestPem(name, options);
    const { certificate, serial } = await ca.certificates.issue({ space, certname: name, pem, by, cliAuth });
    return { file: folder.write(`${name}.pem`, certificate!), serial: serial! };
  };
  return { ca, folder, bundle, root, issuer, crl, issue };
};

describe.each(["p-256", "rsa-2048"] as const)("openssl, and what a CA of %s issues", (keys) => {
  it("verifies chain and lists, for both uses, and refuses what was revoked", async () => {
    const { ca, folder, root, issuer, crl, issue } = await estate(keys);
    const [good, bad] = [await issue(certname, { key: await newKey("rsa-2048") }), await issue("web02.example.test")];
    const chain = ["-x509_strict", "-crl_check_all", "-CAfile", root, "-untrusted", issuer];
    const verify = async (...files: string[]) => await openssl(["verify", ...chain, "-CRLfile", await crl(), ...files]);
    for (const purpose of ["sslclient", "sslserver"]) {
      const { out } = await verify("-purpose", purpose, good.file, bad.file);
      expect(out).toBe(`${good.file}: OK\n${bad.file}: OK\n`);
    }
    await ca.certificates.revoke({ space, certname: "web02.example.test", by, reason: "keyCompromise" });
    expect((await verify(good.file)).out).toBe(`${good.file}: OK\n`);
    const refused = await verify(bad.file);
    expect([refused.status, refused.out]).toEqual([2, expect.stringContaining("certificate revoked")]);
    // an authority below is refused by its parent's list
    await ca.authorities.revoke({ id: space, force: true, by });
    const lists = folder.write("root-crl.pem", (await ca.crls.current("puppet-ca-root")).pem);
    const whole = await openssl(["verify", "-crl_check_all", "-CAfile", root, "-CRLfile", lists, issuer]);
    expect(whole.out).toContain("certificate revoked");
  });

  it("shows everything that Puppet's certificates have", async () => {
    const { ca, issuer, issue } = await estate(keys, { urls, policy: { allow_subject_alt_names: true } });
    const { file, serial } = await issue(certname, {
      extensions: [
        stringExtension(`${puppet}.1.13`, "web"),
        stringExtension(`${puppet}.2.7`, "our own"),
        altNames(certname, "www.example.test"),
      ],
      attributes: [attribute("1.2.840.113549.1.9.7", "secret")],
    }, true);
    const shown = await opensslMust(["x509", "-in", file, "-noout", "-text"]);
    const parts = [
      /Version: 3/,
      /Subject: CN = web01\.example\.test\n/,
      /Basic Constraints: critical\s+CA:FALSE/,
      /X509v3 Key Usage: critical\s+Digital Signature, Key Encipherment\n/,
      /Extended Key Usage: critical\s+TLS Web Server Authentication, TLS Web Client Authentication\n/,
      /Subject Alternative Name:\s+DNS:web01\.example\.test, DNS:www\.example\.test\n/,
      new RegExp(`${puppet}\\.1\\.13:\\s+\\.\\.web\\n`),
      new RegExp(`${puppet}\\.2\\.7:\\s+\\.\\.our own\\n`),
      new RegExp(`${puppet}\\.3\\.39:\\s+\\.\\.true\\n`),
      /CRL Distribution Points:\s+Full Name:\s+URI:http:\/\/ca\.example\.test\/crl\n/,
      /OCSP - URI:http:\/\/ca\.example\.test\/ocsp\n/,
      keys === "p-256" ? /Signature Algorithm: ecdsa-with-SHA256/ : /Signature Algorithm: sha256WithRSAEncryption/,
    ];
    for (const part of parts) expect(shown).toMatch(part);
    expect(shown).not.toContain("secret");
    const idOf = (text: string, kind: string) =>
      new RegExp(`X509v3 ${kind} Key Identifier:\\s+(?:keyid:)?([0-9A-F:]{59})\\n`).exec(text)?.[1];
    const above = await opensslMust(["x509", "-in", issuer, "-noout", "-text"]);
    expect(idOf(shown, "Authority")).toBe(idOf(above, "Subject"));
    expect(idOf(shown, "Subject")).toMatch(/^[0-9A-F:]{59}$/);
    const [hex, from, until] = (await opensslMust(["x509", "-in", file, "-noout", "-serial", "-dates"])).split("\n");
    expect(hex!.slice(7).toLowerCase().replace(/^0+/, "")).toBe(serial);
    expect(hex!.slice(7).length).toBeLessThanOrEqual(40);
    const second = Math.floor(ca.clock.now() / 1000) * 1000;
    expect(Date.parse(from!.slice(10))).toBe(second - day);
    expect(Date.parse(until!.slice(9))).toBe(second + 5 * 365 * day);
    for (
      const each of [/CA:TRUE, pathlen:0/, /Key Usage: critical\s+Digital Signature, Certificate Sign, CRL Sign\n/]
    ) {
      expect(above).toMatch(each);
    }
  });

  it("answers what openssl's OCSP client asks, by POST and by GET: good, revoked, unknown", async () => {
    const { ca, folder, bundle, issuer, issue } = await estate(keys);
    const api = await createTestApi(ca);
    const [good, bad] = [await issue(certname), await issue("web02.example.test")];
    await ca.certificates.revoke({ space, certname: "web02.example.test", by, reason: "superseded" });
    const ask = async (how: "POST" | "GET", hash: string, ...what: string[]) => {
      const [query, answer] = [join(folder.path, "query"), join(folder.path, "answer")];
      await opensslMust([
        "ocsp",
        `-${hash}`,
        "-issuer",
        issuer,
        ...what,
        "-reqout",
        query,
        ...how === "GET" ? ["-no_nonce"] : [],
      ]);
      const der = new Uint8Array(readFileSync(query));
      const base64 = btoa(String.fromCharCode(...der));
      const response = how === "POST"
        ? await api.app.request("/puppet-ca/v1/ocsp", {
          method: "POST",
          body: der,
          headers: { "Content-Type": "application/ocsp-request" },
        })
        : await api.app.request(`/puppet-ca/v1/ocsp/${encodeURIComponent(base64)}`);
      expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "application/ocsp-response"]);
      writeFileSync(answer, new Uint8Array(await response.arrayBuffer()));
      // without: openssl would put another nonce into what it has asked
      const asked = ["-respin", answer, "-reqin", query, "-no_nonce", `-${hash}`, "-issuer", issuer, ...what];
      const { out } = await openssl(["ocsp", ...asked, "-CAfile", bundle]);
      return out;
    };
    for (const [how, hash] of [["POST", "sha1"], ["GET", "sha1"], ["POST", "sha256"]] as const) {
      const said = await ask(how, hash, "-cert", good.file, "-cert", bad.file, "-serial", "0x1234");
      expect(said).toContain("Response verify OK");
      expect(said).not.toMatch(/WARNING|nonce/);
      expect(said).toContain(`${good.file}: good`);
      expect(said).toMatch(/web02\.example\.test\.pem: revoked\n[\s\S]*Reason: superseded\n\s*Revocation Time/);
      expect(said).toContain("0x1234: unknown");
    }
    // an answer of a status alone (RFC 6960, 4.2.1)
    const refusal = async (body: Uint8Array<ArrayBuffer>) => {
      const response = await api.app.request("/puppet-ca/v1/ocsp", { method: "POST", body });
      return [...new Uint8Array(await response.arrayBuffer())];
    };
    for (const body of [new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array(5000).fill(0x30)]) {
      expect(await refusal(body)).toEqual([0x30, 3, 0x0a, 1, 1]);
    }
    // of somebody else's CA
    const other = await estate("p-256");
    const query = join(folder.path, "other");
    await opensslMust(["ocsp", "-issuer", other.issuer, "-serial", "1", "-reqout", query]);
    expect(await refusal(new Uint8Array(readFileSync(query)))).toEqual([0x30, 3, 0x0a, 1, 6]);
  });
});

describe("openssl, and large lists", () => {
  it("reads a list of 20,000, and so do we, at once", async () => {
    const { signer } = await newKey("rsa-2048");
    const now = Date.UTC(2026, 5, 1);
    const revoked = Array.from({ length: 20_000 }, (_, n) => ({
      serial: (BigInt(n) * 0x1234567890abcdef1234567n + 1n).toString(16),
      revokedAt: now - n * 1000,
      reason: [0, 1, 4, 5, 9][n % 5]!,
    }));
    const issuer = Uint8Array.from([0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 6, 3, 0x55, 4, 3, 0x0c, 2, 0x43, 0x41]);
    const started = performance.now();
    const entries = revoked.map(writeCrlEntry);
    const der = await writeCrl({
      issuer,
      keyIdentifier: new Uint8Array(20),
      number: 4711,
      thisUpdate: now,
      nextUpdate: now + day,
      entries,
    }, signer);
    const read = readCrlEntries(der);
    expect(performance.now() - started).toBeLessThan(3000);
    expect(read).toEqual(revoked.map(({ serial, ...rest }) => ({ serial, ...rest })));
    expect(readCrl(der)).toMatchObject({ thisUpdate: now, nextUpdate: now + day, number: (4711).toString(16) });
    const shown = await opensslMust(["crl", "-noout", "-text"], pemOf(der, "X509 CRL"));
    const serials = [...shown.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(([, hex]) =>
      hex!.toLowerCase().replace(/^0+(?=.)/, "")
    );
    expect(serials.sort()).toEqual(revoked.map(({ serial }) => serial).sort());
    expect(shown).toContain("Version 2 (0x1)");
    expect(shown).toMatch(/X509v3 CRL Number:\s+4711/);
    expect(shown).toMatch(/X509v3 Authority Key Identifier/);
    const reasons = ["Key Compromise", "Superseded", "Cessation Of Operation", "Privilege Withdrawn"];
    for (const reason of reasons) expect(shown.split(reason).length - 1).toBe(4000);
  });
});
