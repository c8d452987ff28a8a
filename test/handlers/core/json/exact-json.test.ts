import { describe, expect, it } from "vitest";
import {
  assertDepth,
  isExactNumber,
  maxDepth,
  parseExact,
  stringify,
} from "../../../../handlers/core/json/exact-json.ts";
import { AppError } from "../../../../handlers/errors.ts";

const failure = (run: () => unknown): AppError => {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown");
};

const oddNumbers = [
  "9007199254740993",
  "-9007199254740993",
  "123456789012345678901234567890",
  "5e-07",
  "1.5e-07",
  "1e5",
  "1E5",
  "1.0",
  "0.10",
  "-0",
  "-0.0",
  "0.0000001",
  "12345678.12345678901",
  "1e999",
];
const plainNumbers = [
  "0",
  "1",
  "-1",
  "0.1",
  "-72.875",
  "20427.15234375",
  "0.30000000000000004",
  "999999999999999",
  "1.5e-7",
];

describe("parseExact", () => {
  it.each([...oddNumbers, ...plainNumbers])("gives %s back as it is, wherever it stands", (number) => {
    for (const text of [number, `[${number}]`, `{"a":${number},"b":["x",${number}]}`]) {
      expect(stringify(parseExact(text))).toBe(text);
    }
    expect(stringify(parseExact(` [ 1 ,\n\t${number} ]`))).toBe(`[1,${number}]`);
  });

  it.each(oddNumbers)("makes an exact number of %s only", (number) => {
    const [odd, plain] = parseExact(`[${number},17]`) as unknown[];
    expect(isExactNumber(odd)).toBe(true);
    expect(plain).toBe(17);
  });

  it("leaves other numbers as numbers, and digits in strings as strings", () => {
    expect(parseExact(`[${plainNumbers.join(",")}]`)).toEqual(plainNumbers.map(Number));
    const text = '{"9007199254740993":"1.0","a\\"":"\\\\","b":"[-0, 1e5"}';
    expect(parseExact(text)).toEqual({ "9007199254740993": "1.0", 'a"': "\\", b: "[-0, 1e5" });
    expect(stringify(parseExact(text))).toBe(text);
  });

  it("isn't fooled by an object that looks like an exact number, or by __proto__", () => {
    const text = '{"rawJSON":"1.0","__proto__":{"x":1.0}}';
    const value = parseExact(text) as object;
    expect(isExactNumber(value)).toBe(false);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(stringify(value)).toBe(text);
  });

  it("keeps any number, compared with its own text", () => {
    let state = 7;
    const next = (n: number) => (state = (state * 48271) % 2147483647) % n;
    for (let i = 0; i < 3000; i++) {
      const digits = Array.from({ length: 1 + next(18) }, () => next(10)).join("").replace(/^0+(?=\d)/, "");
      const fraction = next(2) ? "." + Array.from({ length: 1 + next(18) }, () => next(10)).join("") : "";
      const exponent = next(4) ? "" : `${next(2) ? "e" : "E"}${["", "+", "-"][next(3)]}${next(30)}`;
      const text = `[{"v":${next(2) ? "-" : ""}${digits}${fraction}${exponent}},"${digits}"]`;
      expect(stringify(parseExact(text))).toBe(text);
    }
  });

  it("names the place of a fault without quoting the text", () => {
    for (
      const text of [
        '{"a":"hunter2-secret" "b"}',
        '{"a":hunter2-secret}',
        "",
        '["hunter2-secret',
        '["\\u12"]',
        "[1.]",
        "[01]",
        "[-]",
      ]
    ) {
      const error = failure(() => parseExact(text));
      expect(error.code).toBe("bad_request");
      expect(error.message).toMatch(/^Cannot parse JSON( at character \d+)?$/);
      expect(String(error.cause ?? "")).toBe("");
    }
    expect(failure(() => parseExact('{"a":1 "b"}')).message).toBe("Cannot parse JSON at character 7");
  });

  it.each([
    ["arrays", "[".repeat(100_000)],
    ["closed arrays", "[".repeat(100_000) + "]".repeat(100_000)],
    ["objects", '{"a":'.repeat(100_000)],
    ["arrays with an odd number", "[1.0,".repeat(100_000)],
  ])("refuses absurd depth: %s", (_name, text) => {
    const error = failure(() => parseExact(text));
    expect(error.code).toBe("bad_request");
    expect(error.message).toMatch(/^JSON is nested deeper than 200 levels at character \d+$/);
  });
});

describe("assertDepth", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

  it("counts levels, not brackets", () => {
    expect(assertDepth(nested(maxDepth), maxDepth)).toBeUndefined();
    expect(failure(() => assertDepth(nested(maxDepth + 1), maxDepth)).code).toBe("bad_request");
    expect(assertDepth(`[${Array(1000).fill("[{}]").join(",")}]`, 3)).toBeUndefined();
    expect(failure(() => assertDepth('{"a":[{"b":[]}]}', 3)).message).toBe(
      "JSON is nested deeper than 3 levels at character 11",
    );
  });

  it("doesn't count brackets in strings", () => {
    for (const string of ["[[[[", '\\"[[[[', "\\\\", '\\\\\\"[[[[', "{{{{"]) {
      expect(assertDepth(`["${string}","${string}"]`, 1)).toBeUndefined();
    }
    expect(failure(() => assertDepth('["\\\\",[]]', 1)).code).toBe("bad_request");
    expect(assertDepth('["unfinished [[[[', 1)).toBeUndefined();
  });
});
