import { describe, expect, it } from "vitest";
import { shownText, shownValue, writeJson } from "../../../../handlers/core/nodes/shown-json.ts";

const odd = '{"big":9007199254740993,"small":5e-07,"one":1.0,"list":[-0,12345678901234567890]}';

describe("JSON that is shown", () => {
  it("keeps numbers as they were received", () => {
    expect(writeJson({ id: "a", facts: shownText(odd) })).toBe(`{"id":"a","facts":${odd}}`);
    expect(shownValue(shownText(odd).value).text).toBe(odd);
  });

  it("keeps them in a part of a value", () => {
    const { list } = shownText(odd).value as { list: unknown };
    expect(shownValue(list).text).toBe("[-0,12345678901234567890]");
    expect(writeJson([list])).toBe("[[-0,12345678901234567890]]");
  });

  it("writes the rest as JSON.stringify does", () => {
    const value = { a: null, b: undefined, c: [1, 'é\u2028"', { d: true }], "e\n": {} };
    expect(writeJson(value)).toBe(JSON.stringify(value));
    expect(writeJson(undefined)).toBe("null");
  });
});
