import { beforeAll, describe, expect, it } from "vitest";
import { childrenOf, elementAt } from "../../../handlers/core/x509/der.ts";
import { writeName, writeRequest } from "../../../handlers/core/x509/write-certificate.ts";
import { bits, integer, nothing, oid, sequence } from "../../../handlers/core/x509/write-der.ts";
import { certname, createEagerCa, puppet } from "../../support/eager-ca.ts";
import { asRequest, newKey, random, requestDer, requestPem, stringExtension } from "../../support/ca-requests.ts";

type Bytes = Uint8Array<ArrayBuffer>;

let { ca, api, key, whole, refused } = {} as Awaited<ReturnType<typeof createEagerCa>>;
beforeAll(async () => void ({ ca, api, key, whole, refused } = await createEagerCa()));

describe("requests that are none", () => {
  it("refuses one that is cut off, wherever", async () => {
    for (let length = 0; length < whole.length; length += length < 60 ? 1 : 7) {
      await refused(asRequest(whole.subarray(0, length)));
      // with a length that says it is whole
      if (length > 4) {
        const patched = whole.slice(0, length);
        patched.set([0x30, 0x82, (length - 4) >> 8, (length - 4) & 0xff]);
        await refused(asRequest(patched));
      }
    }
    const pem = asRequest(whole);
    for (let length = 0; length < pem.length - 1; length += 29) await refused(pem.slice(0, length));
  });

  it("refuses each one in which a bit of what is signed, or of the signature, fell over", async () => {
    const next = random(5);
    const [body] = childrenOf(whole, elementAt(whole, 0));
    for (let round = 0; round < 400; round++) {
      const changed = whole.slice();
      // the last bytes are the signature's second number
      const at = round % 8 ? next(body!.end) : whole.length - 1 - next(30);
      changed[at]! ^= 1 << next(8);
      await refused(asRequest(changed));
    }
  });

  it("refuses noise, and noise in the shape of a request, at once", async () => {
    const next = random(6);
    for (let round = 0; round < 150; round++) {
      const noise = Uint8Array.from({ length: next(300) }, () => next(256));
      await refused(asRequest(noise));
      // elements whose lengths lie
      const changed = whole.slice();
      for (let n = 0; n < 4; n++) changed[next(200)] = [0x30, 0x80, 0x84, 0xff, 0x00, 0xa0][next(6)]!;
      const { status } = await api.put(certname, asRequest(changed));
      expect(status).toBe(400);
    }
    // nested a thousand deep
    let deep: Bytes = nothing();
    for (let n = 0; n < 1000; n++) deep = sequence(deep);
    await refused(asRequest(deep));
  });

  it("refuses what is no PEM, or several, or something else", async () => {
    const pem = asRequest(whole);
    const bodies = [
      "",
      "not a request",
      "\0",
      pem.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE"),
      pem.replace("END", "FIN"),
      pem.replace(/[A-Za-z]{4}/g, "%%%%"),
      pem + pem,
      pem.replace(/\n[^-]/, "\n?"),
      `${"-".repeat(5)}BEGIN CERTIFICATE REQUEST${"-".repeat(5)}\n${"-".repeat(5)}END CERTIFICATE REQUEST${
        "-".repeat(5)
      }`,
    ];
    for (const body of bodies) await refused(body);
  });

  it("refuses a huge one, with the same answer below and above what is read", async () => {
    const big = await requestPem(certname, {
      key,
      extensions: [stringExtension(`${puppet}.1.13`, "x".repeat(60_000))],
    });
    expect(await refused(big)).toContain("larger than 65536 bytes");
    expect(await refused("x".repeat(200_000))).toContain("larger than 65536 bytes");
    expect(await refused("-----BEGIN CERTIFICATE REQUEST-----\n".repeat(40_000))).toContain("larger than");
  });
});

describe("requests that another key signed", () => {
  it("refuses the signature of another, of none, of another algorithm", async () => {
    const other = await newKey();
    const stolen = { ...key.signer, sign: other.signer.sign };
    expect(await refused(asRequest(await writeRequest(writeName(certname), [], stolen)))).toBe(
      "CSR contains a public key that does not correspond to the signing key",
    );
    const empty = { ...key.signer, sign: () => Promise.resolve(new Uint8Array(64)) };
    await refused(asRequest(await writeRequest(writeName(certname), [], empty)));
    const rsa = { ...key.signer, algorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } } as const;
    await refused(asRequest(await writeRequest(writeName(certname), [], rsa)));
    // the signed part of one with the signature of another
    const [a, b] = [await requestDer(certname, { key }), await requestDer("web02.example.test", { key })];
    const end = (der: Bytes) => childrenOf(der, elementAt(der, 0))[0]!.end;
    const mixed = sequence(a.slice(elementAt(a, 0).content, end(a)), b.slice(end(b)));
    await refused(asRequest(mixed));
  });
});

describe("keys", () => {
  const withKey = async (publicKey: Bytes): Promise<string> =>
    await refused(asRequest(await writeRequest(writeName(certname), [], { ...key.signer, publicKey })));
  const rsaKey = (n: string, e: string): Bytes =>
    sequence(sequence(oid("1.2.840.113549.1.1.1"), nothing()), bits(sequence(integer(n), integer(e))));

  it("refuses those that are weak, or of kinds that nobody can verify", async () => {
    for (const bits of [8, 512, 1024, 2040, 16384, 100_000]) await withKey(rsaKey("c".repeat(bits / 4), "10001"));
    for (const exponent of ["0", "1", "3", "10000", "1".repeat(500)]) await withKey(rsaKey("c".repeat(512), exponent));
    await withKey(rsaKey("0", "10001"));
    const ec = (curve: string, length: number) =>
      sequence(sequence(oid("1.2.840.10045.2.1"), oid(curve)), bits(new Uint8Array(length).fill(4)));
    // secp256k1, secp224r1, brainpoolP256r1; and a point that is on no curve
    const curves = ["1.3.132.0.10", "1.3.132.0.33", "1.3.36.3.3.2.8.1.1.7", "1.2.840.10045.3.1.7"];
    for (const curve of curves) await withKey(ec(curve, 65));
    // Ed25519, DSA
    for (const kind of ["1.3.101.112", "1.2.840.10040.4.1"]) {
      await withKey(sequence(sequence(oid(kind)), bits(new Uint8Array(32))));
    }
    await withKey(sequence());
  });

  it("takes RSA of 2048 bits and the NIST curves", async () => {
    for (const kind of ["rsa-2048", "p-256", "p-384"] as const) {
      const name = `${kind}.example.test`;
      expect((await api.put(name, await requestPem(name, { key: await newKey(kind) }))).status).toBe(200);
    }
  });
});

it("has left nothing of all this behind", async () => {
  const there = await ca.certificates.list({ include_cleaned: true }, { limit: 99, offset: 0 });
  expect(there.map((each) => each.certname)).toEqual([
    "operator.example.test",
    "p-256.example.test",
    "p-384.example.test",
    "rsa-2048.example.test",
  ]);
  // and it was a good one
  expect((await api.put(certname, asRequest(whole))).status).toBe(200);
});
