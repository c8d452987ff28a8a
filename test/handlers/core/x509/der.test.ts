import { describe, expect, it } from "vitest";
import {
  childrenOf,
  contentOf,
  DerError,
  elementAt,
  hexOf,
  integerHex,
  oidText,
  timeOf,
} from "../../../../handlers/core/x509/der.ts";
import { readExtensions, stringValue } from "../../../../handlers/core/x509/extensions.ts";
import { pemBlocks, pemOf } from "../../../../handlers/core/x509/pem.ts";
import { writeKeyUsage } from "../../../../handlers/core/x509/write-certificate.ts";
import {
  bits,
  boolean,
  element,
  enumerated,
  extension,
  generalizedTime,
  integer,
  octets,
  oid,
  sequence,
  tagged,
  time,
  unhex,
} from "../../../../handlers/core/x509/write-der.ts";
import { random, utf8 } from "../../../support/ca-requests.ts";

const bytes = (...all: number[]) => Uint8Array.from(all);

describe("DER", () => {
  it("writes the shortest lengths, and reads them", () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 100_000]) {
      const der = octets(new Uint8Array(length).fill(7));
      const header = length < 128 ? 2 : length < 256 ? 3 : length < 65_536 ? 4 : 5;
      expect([der.length, elementAt(der, 0)]).toEqual([header + length, {
        tag: 4,
        start: 0,
        content: header,
        end: header + length,
      }]);
      expect(octets(new Uint8Array(length)).length).toBe(element(4, new Uint8Array(0), new Uint8Array(length)).length);
    }
    expect(
      childrenOf(sequence(boolean(true), enumerated(3)), elementAt(sequence(boolean(true), enumerated(3)), 0)).map((
        { tag },
      ) => tag),
    ).toEqual([1, 10]);
    expect(hexOf(sequence(tagged(0, bits(bytes(1)))))).toBe("3006a00403020001");
  });

  it("refuses lengths that lie, do without an end, or are of another form", () => {
    const wrong = [
      [],
      [0x30],
      [0x30, 1],
      [0x30, 0x80, 0, 0],
      [0x30, 0x81],
      [0x30, 0x82, 1],
      [0x30, 0x85, 0, 0, 0, 0, 0],
      [0x30, 0x84, 255, 255, 255, 255],
      [0x3f, 0],
      [0x30, 0xff],
    ];
    for (const each of wrong) expect(() => elementAt(bytes(...each), 0)).toThrow(DerError);
    const inner = bytes(0x30, 2, 4, 5);
    expect(() => childrenOf(inner, elementAt(inner, 0))).toThrow(DerError);
    expect(() => elementAt(bytes(4, 2, 1, 1), 0, 3)).toThrow(DerError);
  });

  it("keeps integers, which are positive, whatever their first bit", () => {
    const next = random(1);
    const numbers = ["0", "1", "7f", "80", "ff", "100", "7fffffff", "80000000", "f".repeat(40)];
    for (let n = 0; n < 200; n++) {
      numbers.push(Array.from({ length: 1 + next(40) }, () => next(16).toString(16)).join("").replace(/^0+(?=.)/, ""));
    }
    for (const hex of numbers) {
      const der = integer(hex);
      expect([hex, integerHex(der, elementAt(der, 0)), der[2]! < 0x80]).toEqual([hex, hex, true]);
      // as short as can be
      expect(der.length).toBe(2 + Math.floor(hex.length / 2) + (hex.length % 2 || parseInt(hex[0]!, 16) > 7 ? 1 : 0));
    }
    expect(integer("0001")).toEqual(bytes(2, 1, 1));
    expect(hexOf(unhex("aBcDeF0"))).toBe("0abcdef0");
  });

  it("keeps object identifiers, also with numbers that no computer counts to", () => {
    const texts = [
      "0.0",
      "0.39",
      "1.2.840.113549.1.9.14",
      "1.3.6.1.4.1.34380.1.3.39",
      "2.5.29.17",
      "2.999.3",
      "2.25.329800735698586629295641978511506172918",
      "1.2.9007199254740991",
      "1.2.9007199254740993",
    ];
    for (const text of texts) {
      const der = oid(text);
      expect(oidText(der, elementAt(der, 0))).toBe(text);
    }
    expect(hexOf(oid("1.2.840.113549"))).toBe("06062a864886f70d");
    const wrong = [
      [],
      [0x80, 1],
      [0x2a, 0x80, 1],
      [0x2a, 0x86],
      [0xff],
      [0x2a, ...new Array(200).fill(0xff), 1],
      new Array(200).fill(1),
    ];
    for (const content of wrong) {
      const der = element(6, bytes(...content));
      expect(() => oidText(der, elementAt(der, 0))).toThrow(DerError);
    }
  });

  it("keeps times, with two and four digits", () => {
    for (
      const text of [
        "1970-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2026-11-23T07:00:01Z",
        "2049-12-31T23:59:59Z",
        "2050-01-01T00:00:00Z",
        "2100-02-28T12:00:00Z",
      ]
    ) {
      const ms = Date.parse(text);
      for (const der of [time(ms), generalizedTime(ms)]) expect(timeOf(der, elementAt(der, 0))).toBe(ms);
      expect(time(ms)[0]).toBe(text < "2050" ? 0x17 : 0x18);
    }
    expect(timeOf(time(Date.UTC(2026, 0, 1) + 999), elementAt(time(0), 0))).toBe(Date.UTC(2026, 0, 1));
    for (
      const [tag, text] of [[0x17, "20260101000000Z"], [0x18, "260101000000Z"], [0x17, "2601010000Z"], [
        0x17,
        "260101000000+0000",
      ], [4, "260101000000Z"]] as const
    ) {
      const der = element(tag, new TextEncoder().encode(text));
      expect(() => timeOf(der, elementAt(der, 0))).toThrow(DerError);
    }
  });

  it("writes the bits of key usages as openssl does", () => {
    expect(hexOf(writeKeyUsage(0, 2))).toBe("030205a0");
    expect(hexOf(writeKeyUsage(0, 5, 6))).toBe("03020186");
    expect(hexOf(writeKeyUsage(8))).toBe("0303070080");
  });

  it("reads extensions back, and refuses one that is there twice", () => {
    const list = sequence(extension("1.2.3", bytes(5, 0)), extension("1.2.4", utf8("ü"), true));
    expect(readExtensions(list, elementAt(list, 0))).toEqual([
      { oid: "1.2.3", critical: false, value: bytes(5, 0) },
      { oid: "1.2.4", critical: true, value: utf8("ü") },
    ]);
    const twice = sequence(extension("1.2.3", bytes(5, 0)), extension("1.2.3", bytes(5, 0)));
    expect(() => readExtensions(twice, elementAt(twice, 0))).toThrow("twice");
    expect(stringValue(utf8("ü"))).toBe("ü");
    for (const none of [bytes(), bytes(0x0c, 2, 65), bytes(0x0c, 1, 65, 66), bytes(4, 1, 65), bytes(0x0c, 1, 0xff)]) {
      expect(stringValue(none)).toBeUndefined();
    }
  });
});

describe("PEM", () => {
  it("keeps content of any length, in lines of 64", () => {
    const next = random(2);
    for (const length of [1, 2, 3, 47, 48, 49, 95, 96, 97, 1000]) {
      const der = Uint8Array.from({ length }, () => next(256));
      const pem = pemOf(der, "X");
      expect(pemBlocks(pem, "X")).toEqual([der]);
      expect(
        pem.split("\n").slice(1, -2).every((line, at, all) =>
          at < all.length - 1 ? line.length === 64 : line.length <= 64 && line.length > 0
        ),
      ).toBe(true);
      expect(atob(pem.split("\n").slice(1, -2).join("")).length).toBe(length);
    }
  });

  it("finds the blocks that are asked for, between whatever else", () => {
    const [a, b] = [bytes(1, 2, 3), bytes(4, 5)];
    const text = `Bag Attributes\n${pemOf(a, "ONE")}subject=x\r\n${pemOf(b, "TWO").replaceAll("\n", "\r\n")}${
      pemOf(b, "ONE")
    }`;
    expect(pemBlocks(text, "ONE")).toEqual([a, b]);
    expect(pemBlocks(text, "TWO", "ONE")).toEqual([a, b, b]);
    expect(pemBlocks("", "ONE")).toEqual([]);
    expect(() => pemBlocks("-----BEGIN ONE-----\n%%\n-----END ONE-----", "ONE")).toThrow(DerError);
    expect(contentOf(octets(a), elementAt(octets(a), 0))).toEqual(a);
  });
});
