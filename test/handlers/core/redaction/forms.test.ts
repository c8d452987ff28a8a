import { describe, expect, it } from "vitest";
import { formsOf, partsOf } from "../../../../handlers/core/redaction/forms.ts";
import { createRandom } from "./random.ts";

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
const found = (secret: string, text: string): string | undefined =>
  [...formsOf(secret)].find((form) => text.includes(form));

const awkward = 'p"a\\ß/w <&>\té日😀+%';

describe("formsOf", () => {
  it("has one form of a plain secret besides base64", () => {
    const plain = [...formsOf("hunter2-tls")].filter((form) => form.includes("hunter"));
    expect(plain).toEqual(["hunter2-tls"]);
  });

  it("has no form shorter than six characters", () => {
    for (const secret of ["abcdef", "ab\ncd\nef", "éééééé", "a b\nsecond line\n x "]) {
      for (const form of formsOf(secret)) expect(form.length).toBeGreaterThanOrEqual(6);
    }
  });

  it.each([
    ["raw", awkward],
    ["JSON", JSON.stringify(awkward)],
    ["JSON in JSON", JSON.stringify(JSON.stringify(awkward))],
    ["ASCII JSON", '"p\\"a\\\\\\u00df/w <&>\\t\\u00e9\\u65e5\\ud83d\\ude00+%"'],
    ["ASCII JSON, upper case", '"p\\"a\\\\\\u00DF/w <&>\\t\\u00E9\\u65E5\\uD83D\\uDE00+%"'],
    ["JSON with escaped slashes", JSON.stringify(awkward).replaceAll("/", "\\/")],
    ["Go's JSON", JSON.stringify(awkward).replace("<", "\\u003c").replace("&", "\\u0026").replace(">", "\\u003e")],
    ["encodeURIComponent", encodeURIComponent(awkward)],
    ["encodeURI", encodeURI(awkward)],
    ["URL-encoded in lower case", encodeURIComponent(awkward).replace(/%../g, (each) => each.toLowerCase())],
    ["a form", new URLSearchParams({ a: awkward }).toString()],
    ["base64", base64(awkward)],
    ["base64 for URLs", base64(awkward).replaceAll("+", "-").replaceAll("/", "_")],
  ])("finds it %s", (_name, text) => {
    expect(found(awkward, `before ${text} after`)).toBeDefined();
  });

  it("finds base64 in all alignments, whatever stands around", () => {
    const { int, pick, text } = createRandom(5);
    for (let i = 0; i < 500; i++) {
      const secret = text(pick(["abcdef0123", "éß日😀", "?>~ÿ"]).replace(/[\ud800-\udfff]/g, ""), 6 + int(20));
      const encoded = base64(text("xyzä", int(9)) + secret + text("xyzä", int(9)));
      expect(found(secret, encoded)).toBeDefined();
      expect(found(secret, Buffer.from(encoded, "base64").toString("base64url"))).toBeDefined();
    }
  });

  it("leaves only what neighbours have a part in of base64", () => {
    const secret = "correct horse";
    for (const before of ["", "x", "xy", "xyz"]) {
      const encoded = base64(`${before}${secret}tail`);
      const longest = [...formsOf(secret)].filter((form) => encoded.includes(form))
        .reduce((most, form) => Math.max(most, form.length), 0);
      expect(longest).toBeGreaterThanOrEqual(Math.floor((secret.length * 8 - 10) / 6));
    }
  });

  it.each([60, 64, 76])("finds long base64 that is broken after %i characters", (column) => {
    const secret =
      "a secret that is long enough to be broken into several lines by what encodes it, and some more of it";
    let text = base64(secret).match(new RegExp(`.{1,${column}}`, "g"))!.join("\n");
    for (const form of [...formsOf(secret)].sort((a, b) => b.length - a.length)) text = text.replaceAll(form, "");
    // Five characters are no form, and the last one is not the secret's alone.
    expect(text.replace(/[\n=]/g, "").length).toBeLessThan(7);
  });

  it("takes lone surrogates without failing", () => {
    expect(formsOf("broken \ud800 text").has("broken \ud800 text")).toBe(true);
  });
});

describe("partsOf", () => {
  it("is the value, the value trimmed and its lines", () => {
    const key =
      "-----BEGIN PRIVATE KEY-----\r\n  MIIEvQIBADAN\r\nshort\r\nmessage\r\nlast line\r\n-----END PRIVATE KEY-----\r\n";
    expect([...partsOf(key)]).toEqual([key, key.trim(), "MIIEvQIBADAN", "last line"]);
    expect([...partsOf("  one line ")]).toEqual(["  one line ", "one line"]);
    expect([...partsOf("a\nb\nc\nd")]).toEqual(["a\nb\nc\nd"]);
  });
});
