import { beforeAll, describe, expect, it } from "vitest";
import { element, integer, oid, sequence, tagged } from "../../../handlers/core/x509/write-der.ts";
import { certname, createEagerCa, puppet } from "../../support/eager-ca.ts";
import { altNames, challengePassword, nameOf, requestPem, stringExtension, utf8 } from "../../support/ca-requests.ts";

let { key, refused } = {} as Awaited<ReturnType<typeof createEagerCa>>;
beforeAll(async () => void ({ key, refused } = await createEagerCa()));

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
});
