import { beforeAll, describe, expect, it } from "vitest";
import { readCrl, readCrls } from "../../../../handlers/core/x509/crl.ts";
import { DerError } from "../../../../handlers/core/x509/der.ts";
import { pemBlocks } from "../../../../handlers/core/x509/pem.ts";
import { type Authority, createAuthority } from "../../../support/certificates.ts";
import { largeCrl } from "../../../support/large-crl.ts";

let root: Authority;
beforeAll(async () => {
  root = await createAuthority("Test root");
});

const day = 86_400_000;

describe("readCrls", () => {
  it("reads serial numbers, dates and the issuer", async () => {
    const [crl, ...more] = readCrls(await root.crl(["0a1b", "80ff", "1"], { from: -2 * day, until: day }));
    expect(more).toEqual([]);
    expect([...crl!.revoked].toSorted()).toEqual(["1", "80ff", "a1b"]);
    expect(crl!.issuer.text).toBe("CN=Test root");
    expect(crl!.nextUpdate! - crl!.thisUpdate).toBe(3 * day);
  });

  it("reads a list without entries", async () => {
    expect(readCrls(await root.crl())[0]!.revoked.size).toBe(0);
  });

  it("reads every list of a bundle", async () => {
    const other = await root.intermediate("Test intermediate");
    const crls = readCrls(await other.crl(["2"]) + await root.crl(["3"]));
    expect(crls.map(({ issuer, revoked }) => [issuer.text, ...revoked])).toEqual([
      ["CN=Test intermediate", "2"],
      ["CN=Test root", "3"],
    ]);
  });

  it("refuses a text without a list, and a list that is cut off", async () => {
    expect(() => readCrls(root.cert)).toThrow(DerError);
    const [der] = pemBlocks(await root.crl(["1", "2"]), "X509 CRL");
    for (let length = 0; length < der!.length; length += 5) {
      expect(() => readCrl(der!.subarray(0, length)), `${length} bytes`).toThrow(DerError);
    }
  });

  it("refuses a list that has only a part of the revocations", () => {
    // A critical issuing distribution point, as in CRLs split by reason.
    const part = largeCrl(["1"], [0x30, 0x0c, 6, 3, 0x55, 0x1d, 0x1c, 1, 1, 0xff, 4, 2, 0x30, 0]);
    expect(() => readCrl(part)).toThrow(/critical extension "2\.5\.29\.28"/);
  });

  it("reads 20,000 entries in well under a second", () => {
    const serials = Array.from({ length: 20_000 }, (_, at) => (at + 0x100000).toString(16));
    const der = largeCrl(serials);
    const start = performance.now();
    const crl = readCrl(der);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(crl.revoked.size).toBe(20_000);
    expect(crl.revoked.has(serials[19_999]!)).toBe(true);
    expect(crl.number).toBe("7");
  });
});
