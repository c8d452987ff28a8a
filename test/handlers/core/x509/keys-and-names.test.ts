import { describe, expect, it } from "vitest";
import { readCertificate } from "../../../../handlers/core/x509/certificate.ts";
import {
  type AltName,
  parseAltName,
  readAltNames,
  showAltName,
  writeAltNames,
} from "../../../../handlers/core/x509/alt-names.ts";
import { childrenOf, DerError, elementAt } from "../../../../handlers/core/x509/der.ts";
import { ocspRefusal, readOcspRequest } from "../../../../handlers/core/x509/ocsp.ts";
import { pemOf } from "../../../../handlers/core/x509/pem.ts";
import { generateKey, openPrivateKey, readPrivateKey } from "../../../../handlers/core/x509/private-key.ts";
import { keyFacts, keyIdentifier } from "../../../../handlers/core/x509/public-key.ts";
import { readName } from "../../../../handlers/core/x509/name.ts";
import { isSignedBy } from "../../../../handlers/core/x509/verify-signature.ts";
import { writeCertificate, writeName } from "../../../../handlers/core/x509/write-certificate.ts";
import { element, sequence } from "../../../../handlers/core/x509/write-der.ts";
import { random } from "../../../support/ca-requests.ts";
import { openssl, opensslMust } from "../../../support/openssl.ts";

const data = new TextEncoder().encode("what is signed");

describe("private keys", () => {
  it.each(["p-256", "p-384", "rsa-2048"] as const)(
    "%s: made, opened, and verified by who has only the certificate",
    async (kind) => {
      const pkcs8 = await generateKey(kind);
      const signer = await openPrivateKey(pkcs8);
      const what = {
        serial: "8000",
        issuer: writeName("a"),
        subject: writeName("a"),
        publicKey: signer.publicKey,
        notBefore: 0,
        notAfter: 1e12,
        extensions: [],
      };
      const der = await writeCertificate(what, signer);
      expect(await isSignedBy(der, signer.publicKey)).toBe(true);
      const other = await openPrivateKey(await generateKey(kind));
      expect(await isSignedBy(der, other.publicKey)).toBe(false);
      const [body] = childrenOf(der, elementAt(der, 0));
      const next = random(3);
      for (let n = 0; n < 20; n++) {
        const changed = der.slice();
        // only what is signed: how the rest is framed proves nothing
        changed[body!.start + next(body!.end - body!.start)]! ^= 1 << next(8);
        let right: boolean;
        try {
          right = await isSignedBy(changed, signer.publicKey);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
          right = false;
        }
        expect(right).toBe(false);
      }
      expect(readCertificate(der)).toMatchObject({ serial: "8000", notBefore: 0, notAfter: 1e12 });
      const facts = keyFacts(signer.publicKey);
      expect(facts).toEqual(
        kind === "rsa-2048" ? { kind: "rsa", bits: 2048, exponent: 65_537 } : { kind: "ec", curve: kind.toUpperCase() },
      );
    },
  );

  it("are read in the forms that openssl and Puppet write: PKCS #8, PKCS #1, SEC 1", async () => {
    const rsa = await opensslMust(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-quiet"]);
    const pkcs1 = await opensslMust(["rsa", "-traditional"], rsa);
    expect(pkcs1).toContain("BEGIN RSA PRIVATE KEY");
    const [a, b] = [await openPrivateKey(readPrivateKey(rsa)), await openPrivateKey(readPrivateKey(pkcs1))];
    expect(b.publicKey).toEqual(a.publicKey);
    expect(await a.sign(data)).toEqual(await b.sign(data));
    for (const curve of ["prime256v1", "secp384r1"]) {
      const sec1 = await opensslMust(["ecparam", "-name", curve, "-genkey"]);
      expect(sec1).toContain("BEGIN EC PRIVATE KEY");
      const pkcs8 = await opensslMust(["pkcs8", "-topk8", "-nocrypt"], sec1);
      const [c, d] = [await openPrivateKey(readPrivateKey(sec1)), await openPrivateKey(readPrivateKey(pkcs8))];
      expect(c.publicKey).toEqual(d.publicKey);
      const shown = await opensslMust(["pkey", "-pubout"], sec1);
      expect(pemOf(c.publicKey, "PUBLIC KEY").trim()).toBe(shown.trim());
    }
  });

  it("are refused, with nothing of them in the message, where they can't sign here", async () => {
    const sealed = await opensslMust([
      "genpkey",
      "-algorithm",
      "EC",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-aes256",
      "-pass",
      "pass:secret",
    ]);
    expect(() => readPrivateKey(sealed)).toThrow("with a password");
    const legacy = await opensslMust(
      ["ec", "-aes256", "-passout", "pass:secret"],
      await opensslMust(["ecparam", "-name", "prime256v1", "-genkey"]),
    );
    expect(() => readPrivateKey(legacy)).toThrow("with a password");
    for (const pem of ["", "nonsense", pemOf(data, "CERTIFICATE")]) expect(() => readPrivateKey(pem)).toThrow(DerError);
    const others = [
      await opensslMust(["genpkey", "-algorithm", "ED25519"]),
      await opensslMust(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]),
      pemOf(data, "PRIVATE KEY"),
      pemOf(sequence(), "PRIVATE KEY"),
      pemOf(data, "RSA PRIVATE KEY"),
    ];
    for (const pem of others) {
      const error = await openPrivateKey(readPrivateKey(pem)).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DerError);
      expect((error as Error).message.length).toBeLessThan(100);
    }
  });

  it("have the key identifier that openssl gives them", async () => {
    const signer = await openPrivateKey(await generateKey("p-256"));
    const id = Array.from(await keyIdentifier(signer.publicKey), (byte) => byte.toString(16).padStart(2, "0")).join(":")
      .toUpperCase();
    const key = await opensslMust([
      "req",
      "-x509",
      "-new",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-keyout",
      "/dev/null",
      "-subj",
      "/CN=a",
    ]);
    const shown = await opensslMust(["x509", "-noout", "-text"], key);
    const their = /Subject Key Identifier:\s+([0-9A-F:]+)/.exec(shown)?.[1];
    const spki = await opensslMust(["x509", "-noout", "-pubkey"], key);
    const der = Uint8Array.from(atob(spki.replace(/-----[^-]+-----|\s/g, "")), (char) => char.charCodeAt(0));
    expect(Array.from(await keyIdentifier(der), (byte) => byte.toString(16).padStart(2, "0")).join(":").toUpperCase())
      .toBe(their);
    expect(id).toHaveLength(59);
  });
});

describe("alternative names", () => {
  it("are written and read back", () => {
    const names: AltName[] = [
      { kind: "DNS", value: "web01.example.test" },
      { kind: "IP", value: "192.0.2.1" },
      { kind: "IP", value: "::1" },
      { kind: "IP", value: "2001:db8::1:0:2" },
    ];
    expect(readAltNames(writeAltNames(names))).toEqual(names);
    expect(names.map(showAltName)).toEqual(["DNS:web01.example.test", "IP:192.0.2.1", "IP:::1", "IP:2001:db8::1:0:2"]);
    const forms = {
      "2001:DB8:0:0:0:0:0:1": "2001:db8::1",
      "::": "::",
      "1::": "1::",
      "0:0:0:0:0:0:0:0": "::",
      "1:2:3:4:5:6:7:8": "1:2:3:4:5:6:7:8",
    };
    for (const [text, shown] of Object.entries(forms)) {
      expect(parseAltName(`IP:${text}`)).toEqual({ kind: "IP", value: shown });
    }
    expect(parseAltName(" a.test ")).toEqual({ kind: "DNS", value: "a.test" });
    const wrong = [
      "",
      "IP:",
      "IP:1.2.3",
      "IP:256.1.1.1",
      "IP:1.2.3.4.5",
      "IP::::",
      "IP:1::2::3",
      "IP:12345::",
      "IP:1:2:3:4:5:6:7",
      "IP:1:2:3:4:5:6:7:8:9",
      "IP:a.test",
      "IP:1:2:3:4:5:6:7:",
      "a b",
    ];
    for (const text of wrong) expect([text, parseAltName(text)]).toEqual([text, undefined]);
  });

  it("refuses addresses and names that are none", () => {
    for (const length of [0, 3, 5, 15, 17]) {
      expect(() => readAltNames(sequence(element(0x87, new Uint8Array(length))))).toThrow(DerError);
    }
    for (const text of ["", "a b", "a\0b", "ü"]) {
      expect(() => readAltNames(sequence(element(0x82, new TextEncoder().encode(text))))).toThrow(DerError);
    }
    expect(readAltNames(sequence(element(0x86, new TextEncoder().encode("http://x"))))).toEqual([{
      kind: "other",
      value: "[6]",
    }]);
  });
});

describe("names", () => {
  it("are written as one common name, with an organization where one is given", () => {
    const read = (der: Uint8Array) => readName(der, elementAt(der, 0));
    expect(read(writeName("web01")).text).toBe("CN=web01");
    expect(read(writeName("CA, the", "Exämple")).text).toBe("CN=CA\\, the,O=Exämple");
  });
});

describe("OCSP requests", () => {
  it("that are none are refused, never anything else", async () => {
    const next = random(4);
    const good = await openssl(["ocsp", "-reqout", "/dev/stdout", "-issuer", "/dev/null", "-serial", "1"]);
    expect(good.status).not.toBe(0);
    for (let n = 0; n < 300; n++) {
      const noise = Uint8Array.from({ length: next(80) }, () => [0x30, 2, 4, 6, 0x10, 0xa2, 0x80, next(256)][next(8)]!);
      try {
        readOcspRequest(noise);
      } catch (error) {
        expect(error).toBeInstanceOf(DerError);
      }
    }
    expect([...ocspRefusal("malformed")]).toEqual([0x30, 3, 0x0a, 1, 1]);
  });
});
