import { beforeAll, describe, expect, it } from "vitest";
import { hasUsage, mayBeClient, readCertificate, usages } from "../../../../handlers/core/x509/certificate.ts";
import { DerError } from "../../../../handlers/core/x509/der.ts";
import { commonNames, saysName } from "../../../../handlers/core/x509/name.ts";
import { pemBlocks, pemOf } from "../../../../handlers/core/x509/pem.ts";
import { type Authority, createAuthority } from "../../../support/certificates.ts";

let root: Authority;
beforeAll(async () => {
  root = await createAuthority("Test root");
});

describe("readCertificate", () => {
  it("reads an authority", () => {
    const facts = readCertificate(root.der);
    expect(facts).toMatchObject({ serial: root.serial, authority: true, extendedKeyUsage: undefined });
    expect(facts.subject.text).toBe("CN=Test root");
    expect(facts.issuer.der).toBe(facts.subject.der);
    expect(hasUsage(facts, usages.keyCertSign)).toBe(true);
    expect(hasUsage(facts, usages.digitalSignature)).toBe(false);
  });

  it("reads a leaf", async () => {
    const leaf = await root.issue("web01.example.test", { serial: "00f1" });
    const facts = readCertificate(leaf.der);
    expect(facts).toMatchObject({ serial: "f1", authority: false });
    expect(commonNames(facts.subject)).toEqual(["web01.example.test"]);
    expect(facts.notAfter - facts.notBefore).toBe(31 * 86_400_000);
    expect(mayBeClient(facts)).toBe(true);
    expect(hasUsage(facts, usages.keyCertSign)).toBe(false);
  });

  it("tells that a certificate is for servers only", async () => {
    const leaf = await root.issue("web01", { usages: ["1.3.6.1.5.5.7.3.1"] });
    expect(mayBeClient(readCertificate(leaf.der))).toBe(false);
  });

  it("sees every common name of a subject", async () => {
    const leaf = await root.issue("x", { subject: "CN=attacker, CN=victim" });
    expect(commonNames(readCertificate(leaf.der).subject)).toEqual(["attacker", "victim"]);
  });

  it("refuses what is cut off or has more behind it, wherever", async () => {
    const { der } = await root.issue("web01");
    expect(() => readCertificate(new Uint8Array([...der, 0]))).toThrow(DerError);
    for (let length = 0; length < der.length; length += 7) {
      expect(() => readCertificate(der.subarray(0, length)), `${length} bytes`).toThrow(DerError);
    }
  });

  it("never throws anything but DerError for flipped bytes", async () => {
    const { der } = await root.issue("web01");
    for (let at = 0; at < der.length; at++) {
      const bad = der.slice();
      bad[at] = bad[at]! ^ 0xff;
      try {
        readCertificate(bad);
      } catch (error) {
        expect(error).toBeInstanceOf(DerError);
      }
    }
    expect(readCertificate(der).serial).toMatch(/^[0-9a-f]+$/);
  });
});

describe("saysName", () => {
  it("takes the forms of nginx, Apache and OpenSSL, and no other name", async () => {
    const leaf = await root.issue("x", { subject: "O=Example\\, Inc, CN=web01" });
    const { subject } = readCertificate(leaf.der);
    expect(subject.text).toBe("CN=web01,O=Example\\, Inc");
    for (
      const text of [
        "CN=web01,O=Example\\, Inc",
        "O=Example\\, Inc,CN=web01",
        "CN=web01, O=Example\\, Inc",
        "/O=Example, Inc/CN=web01",
      ]
    ) {
      expect(saysName(text, subject), text).toBe(true);
    }
    for (const text of ["CN=web01", "CN=db01,O=Example\\, Inc", "", "web01", "/CN=web01"]) {
      expect(saysName(text, subject), text).toBe(false);
    }
  });
});

describe("pemBlocks", () => {
  it("finds the blocks with a label, in order, among others", () => {
    const text = `${pemOf(new Uint8Array([1]), "A")}text\n${pemOf(new Uint8Array([2]), "B")}${
      pemOf(new Uint8Array(100).fill(3), "A")
    }`;
    expect(pemBlocks(text, "A").map((block) => [block.length, block[0]])).toEqual([[1, 1], [100, 3]]);
    expect(pemBlocks("", "A")).toEqual([]);
  });

  it("refuses a block that is no base64", () => {
    expect(() => pemBlocks("-----BEGIN A-----\n%%%\n-----END A-----", "A")).toThrow(DerError);
  });
});
