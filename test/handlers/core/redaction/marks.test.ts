import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseExact } from "../../../../handlers/core/json/exact-json.ts";
import { extractMarks, mergeMarks } from "../../../../handlers/core/redaction/marks.ts";

const fixtures = new URL("../../../fixtures/puppet/catalogs/", import.meta.url);
const recorded = (name: string): unknown => parseExact(readFileSync(new URL(name, fixtures), "utf8"));
const catalogOf = (...resources: unknown[]) => ({
  name: "web01.example.test",
  environment: "production_blue",
  resources,
});
const resource = (parameters: unknown, sensitive_parameters?: unknown) => ({
  type: "File",
  title: "/etc/x",
  parameters,
  sensitive_parameters,
});

describe("extractMarks", () => {
  it("finds what is marked in a recorded catalog", () => {
    const { values, parameters } = extractMarks(recorded("web01-run1.json"));
    expect(values).toEqual(expect.arrayContaining([
      "hunter2-tls",
      "tok-common-0123456789abcdef",
      "seen by web01.example.test",
      "$6$salt$hash",
      "-----KEY of intra.example.test-----",
    ]));
    expect(parameters["Class[Profile::Web]"]).toEqual(["tls_password"]);
    expect(parameters["User[demo]"]).toEqual(["password"]);
    expect(parameters["File[/tmp/estate/sandbox/web01.example.test/etc/token]"]).toEqual(["content"]);
    expect(parameters["File[/tmp/estate/sandbox/web01.example.test/etc/motd]"]).toBeUndefined();
  });

  it("marks nothing that the recorded catalogs show openly", () => {
    for (const name of readdirSync(fixtures)) {
      for (const value of extractMarks(recorded(name)).values) {
        expect(value).toMatch(/hunter2|tok-common|seen by|\$6\$salt|KEY of|Sup3r/);
      }
    }
  });

  it("takes all texts and numbers inside, whole and line by line", () => {
    const value = { a: ["  first value \n", 1234567, 12], "key text": { b: "line one\r\n  line two\nabc\nmessage\n" } };
    const { values } = extractMarks(catalogOf(resource({ content: value, other: "open value" }, ["content"])));
    expect(values).toEqual([
      "first value",
      "1234567",
      "line one\r\n  line two\nabc\nmessage",
      "line one",
      "line two",
    ]);
  });

  it("keeps big numbers exact", () => {
    const catalog = parseExact(
      JSON.stringify(catalogOf(resource({ pin: 0 }, ["pin"]))).replace(
        '"pin":0',
        '"pin":90071992547409931',
      ),
    );
    expect(extractMarks(catalog).values).toEqual(["90071992547409931"]);
  });

  it("takes rich data's Sensitive values wherever they are", () => {
    const catalog = catalogOf(
      resource({
        content: { __ptype: "Sensitive", __pvalue: "direct secret" },
        nested: [{ deep: { __ptype: "Sensitive", __pvalue: { __ptype: "Binary", __pvalue: "c2VjcmV0" } } }],
        late: {
          __ptype: "Deferred",
          name: "f",
          arguments: [{ __pcore_type__: "Sensitive", __pcore_value__: "old one" }],
        },
        open: { __ptype: "Timestamp", __pvalue: "2026-01-01T00:00:00Z" },
      }),
    );
    const { values, parameters } = extractMarks(catalog);
    expect([...values].sort()).toEqual(["c2VjcmV0", "direct secret", "old one"]);
    expect(parameters).toEqual({ "File[/etc/x]": ["content"] });
  });

  it("leaves out our own words, the certname and the environment", () => {
    const { values, parameters } = extractMarks(catalogOf(
      resource({ content: ["message", "web01.example.test", "production_blue", "x\nweb01.example.test\ny", "short"] }, [
        "content",
      ]),
    ));
    expect(values).toEqual(["x\nweb01.example.test\ny"]);
    expect(parameters).toEqual({ "File[/etc/x]": ["content"] });
  });

  it.each([
    [null],
    ["text"],
    [[]],
    [{ resources: "none" }],
    [catalogOf(null, 1, "x", [], { type: 1, parameters: null }, resource(null, ["content"]), resource({ a: 1 }, "a"))],
  ])("takes anything: %j", (catalog) => {
    expect(extractMarks(catalog).values).toEqual([]);
  });

  it("is bounded, and keeps whole values rather than lines", () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `line number ${i}`).join("\n");
    const many = extractMarks(catalogOf(resource({ content: lines, last: "last secret", huge: "h".repeat(70_000) }, [
      "content",
      "last",
      "huge",
    ])));
    expect(many.values).toHaveLength(2_000);
    expect(many.values[0]).toBe("last secret");
    const large = extractMarks(
      catalogOf(resource({ content: Array.from({ length: 40 }, (_, i) => `${i}`.padEnd(60_000, "x")) }, ["content"])),
    );
    expect(large.values.reduce((sum, each) => sum + each.length, 0)).toBeLessThanOrEqual(1_048_576);
  });
});

describe("mergeMarks", () => {
  it("unites both, the newer first", () => {
    const older = { values: ["old secret", "both of them"], parameters: { "A[x]": ["a", "b"], "B[y]": ["c"] } };
    const newer = { values: ["both of them", "new secret"], parameters: { "A[x]": ["b", "d"] } };
    expect(mergeMarks(older, newer)).toEqual({
      values: ["both of them", "new secret", "old secret"],
      parameters: { "A[x]": ["b", "d", "a"], "B[y]": ["c"] },
    });
    expect(mergeMarks(newer, newer)).toEqual(newer);
  });

  it("is bounded", () => {
    const of = (prefix: string) => ({
      values: Array.from({ length: 2_000 }, (_, i) => `${prefix} ${i}`),
      parameters: Object.fromEntries(Array.from({ length: 8_000 }, (_, i) => [`File[${prefix}${i}]`, ["content"]])),
    });
    const merged = mergeMarks(of("older"), of("newer"));
    expect(merged.values).toEqual(of("newer").values);
    expect(Object.keys(merged.parameters)).toHaveLength(10_000);
  });
});
