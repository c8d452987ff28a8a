import { beforeAll, describe, expect, it } from "vitest";
import { childrenOf, elementAt } from "../../../handlers/core/x509/der.ts";
import { pemBlocks } from "../../../handlers/core/x509/pem.ts";
import { writeName, writeRequest } from "../../../handlers/core/x509/write-certificate.ts";
import { bits, element, integer, nothing, oid, sequence, tagged } from "../../../handlers/core/x509/write-der.ts";
import { createTestCa } from "../../support/ca.ts";
import { createTestApi } from "../../support/ca-api.ts";
import {
  altNames,
  asRequest,
  attribute,
  challengePassword,
  nameOf,
  newKey,
  random,
  requestDer,
  requestPem,
  stringExtension,
  type TestKey,
  utf8,
} from "../../support/ca-requests.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const certname = "web01.example.test";
const puppet = "1.3.6.1.4.1.34380.1";

// everything is signed by itself here: what should not be taken would at once be a certificate
let ca: Awaited<ReturnType<typeof createTestCa>>;
let api: Awaited<ReturnType<typeof createTestApi>>;
let key: TestKey;
let whole: Bytes;
beforeAll(async () => {
  ca = await createTestCa({ policy: { autosign: "all", allow_subject_alt_names: true } });
  api = await createTestApi(ca);
  key = await newKey();
  whole = await requestDer(certname, {
    key,
    extensions: [stringExtension(`${puppet}.1.13`, "web"), altNames(certname, "www.example.test")],
    attributes: [challengePassword("secret"), attribute(`${puppet}.3.2`, "true")],
  });
});

const records = () => ca.certificates.count({ include_cleaned: true });
/** Puts it, and gives the text of the refusal: 400, and nothing is left. */
const refused = async (pem: string, name = certname): Promise<string> => {
  const before = await records();
  const { status, body, type } = await api.put(name, pem);
  expect([status, type, await records() - before]).toEqual([400, "text/plain;charset=utf-8", 0]);
  expect(body).toMatch(/\S{4}/);
  expect(body).not.toMatch(/internal|undefined|\[object|at .*\.ts/i);
  return body;
};

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

describe("what a request asks for", () => {
  const asks = async (extensions: Parameters<typeof requestPem>[1]) =>
    await refused(await requestPem(certname, { key, ...extensions }));

  it("refuses extensions that are foreign, give rights, or stand there twice", async () => {
    expect(await asks({ extensions: [stringExtension("1.2.3.4", "x")] })).toContain("not permitted: 1.2.3.4");
    // basicConstraints CA:TRUE, key usage keyCertSign
    const constraints = { oid: "2.5.29.19", critical: true, value: sequence(element(1, Uint8Array.of(0xff))) };
    expect(await asks({ extensions: [constraints] })).toContain("not permitted: 2.5.29.19");
    expect(await asks({ extensions: [stringExtension(`${puppet}.3.39`, "true")] })).toContain(
      `not permitted: ${puppet}.3.39`,
    );
    for (const one of ["1", "2", "13", "40"]) {
      const body = await asks({ extensions: [stringExtension(`${puppet}.3.${one}`, "true")] });
      expect(body).toContain("contains an authorization extension, which is disallowed");
    }
    const twice = stringExtension(`${puppet}.1.13`, "web");
    expect(await asks({ extensions: [twice, twice] })).toContain("twice");
    const list = (text: string) => sequence(sequence(oid(`${puppet}.1.13`), element(4, utf8(text))));
    const two = (id: string, text: string) => sequence(oid(id), element(0x31, list(text)));
    const [own, microsoft] = ["1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"] as const;
    expect(await asks({ attributes: [two(own, "a"), two(microsoft, "b")] })).toContain("two different lists");
    expect(await asks({ attributes: [challengePassword("a"), challengePassword("b")] })).toContain("twice");
  });

  it("is not led astray by object identifiers that are written in other ways, or endless", async () => {
    const raw = (last: readonly number[]) => {
      const content = oid(`${puppet}.3.39`).slice(2, -1);
      const id = element(6, content, Uint8Array.from(last));
      const list = sequence(sequence(id, element(4, utf8("true"))));
      return { attributes: [sequence(oid("1.2.840.113549.1.9.14"), element(0x31, list))] };
    };
    // 39 with a leading zero, and as the beginning of a number that never ends
    for (const last of [[0x80, 0x27], [0xa7], [0x80, 0x80, 0x27], [...new Array(400).fill(0xff), 0x7f]]) {
      await asks(raw(last));
    }
    const registered = oid(`${puppet}.1.13`).slice(2, -1);
    const id = element(6, registered, Uint8Array.from([...new Array(200).fill(0xff), 0x7f]));
    await asks({
      attributes: [
        sequence(oid("1.2.840.113549.1.9.14"), element(0x31, sequence(sequence(id, element(4, utf8("x")))))),
      ],
    });
  });

  it("refuses alternative names with wildcards, of other kinds, too many, or that are none", async () => {
    expect(await asks({ extensions: [altNames("*.example.test")] })).toContain("wildcard");
    const email = {
      oid: "2.5.29.17",
      critical: false,
      value: sequence(element(0x81, new TextEncoder().encode("a@b.c"))),
    };
    expect(await asks({ extensions: [email] })).toContain("Only DNS and IP names");
    const many = Array.from({ length: 11 }, (_, n) => `n${n}.example.test`);
    expect(await asks({ extensions: [altNames(...many)] })).toContain("11 subject alternative names");
    for (const name of ["a b", "", "a\0b", "-a", "a_b.example.test", "a..b", "x".repeat(64), "/etc"]) {
      await asks({ extensions: [altNames(certname, name)] });
    }
    const address = { oid: "2.5.29.17", critical: false, value: sequence(element(0x87, Uint8Array.of(1, 2, 3))) };
    await asks({ extensions: [address] });
  });
});

describe("names", () => {
  it("refuses what cannot be a certname, said in the path, in the request, or in both", async () => {
    const names = [
      ...[
        "../x",
        "..",
        "a/b",
        "/etc",
        "ca",
        "CA",
        "UPPER.example.test",
        "Ä.example.test",
        "ä.example.test",
        "-a",
        "a-",
      ],
      ...[
        "*.example.test",
        "a*",
        "a b",
        " a",
        "a\0b",
        "a\nb",
        "a\\b",
        "a%00b",
        "a..b",
        ".a",
        "a.",
        "a;b",
        "a$b",
        "",
        " ",
      ],
      ...[
        "a".repeat(300),
        `${"a".repeat(64)}.example.test`,
        "a_b.example.test",
        "xn--\u{1f600}",
        "a:b",
        "a@b",
        "'",
        '"',
      ],
    ];
    for (const name of names) {
      const pem = await requestPem(name, { key });
      if (name !== "" && name !== ".." && name !== "../x") await refused(pem, name);
      expect(await refused(pem, certname)).toContain("does not match requested key");
      await refused(await requestPem(certname, { key }), name === "" || name === ".." ? "a_" : name);
    }
  });

  it("refuses a name that is not the one asked for, in any string type", async () => {
    for (const other of ["web02.example.test", "WEB01.example.test", "web01.example.test.", "web01.example.test\0"]) {
      await refused(await requestPem(other, { key }));
    }
    // BMPString of the same name is the same name; a set of two names is none
    const pair = sequence(oid("2.5.4.3"), utf8(certname));
    await refused(await requestPem(certname, { key, subject: sequence(element(0x31, pair, pair)) }));
    await refused(await requestPem(certname, { key, subject: nameOf(["2.5.4.3", certname], ["2.5.4.5", "1"]) }));
    await refused(
      await requestPem(certname, { key, subject: sequence(element(0x31, sequence(oid("2.5.4.3"), integer("5")))) }),
    );
    await refused(await requestPem(certname, { key, subject: tagged(0, utf8(certname)) }));
  });

  it("has left nothing of all this behind", async () => {
    const there = (await ca.certificates.list({ include_cleaned: true }, { limit: 99, offset: 0 })).map((each) =>
      each.certname
    );
    expect(there).toEqual([
      "operator.example.test",
      "p-256.example.test",
      "p-384.example.test",
      "rsa-2048.example.test",
    ]);
    expect(pemBlocks(asRequest(whole), "CERTIFICATE REQUEST")[0]).toEqual(whole);
    // and it was a good one
    expect((await api.put(certname, asRequest(whole))).status).toBe(200);
  });
});
