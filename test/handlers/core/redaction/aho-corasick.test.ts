import { describe, expect, it } from "vitest";
import { createAutomaton, replaceSpans, uniteSpans } from "../../../../handlers/core/redaction/aho-corasick.ts";
import { createRandom } from "./random.ts";

/** The same by looking for each pattern everywhere. */
const slowly = (patterns: readonly string[], text: string): number[] | undefined => {
  const covered = new Uint8Array(text.length);
  for (const pattern of patterns) {
    for (let at = text.indexOf(pattern); at !== -1; at = text.indexOf(pattern, at + 1)) {
      covered.fill(1, at, at + pattern.length);
    }
  }
  const spans: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (covered[at] === 0) continue;
    if (at === 0 || covered[at - 1] === 0) spans.push(at, at + 1);
    else spans[spans.length - 1] = at + 1;
  }
  return spans.length === 0 ? undefined : spans;
};

describe("createAutomaton", () => {
  it("finds nothing without patterns, and takes no short ones", () => {
    expect(createAutomaton([]).find("anything")).toBeUndefined();
    expect(createAutomaton([]).test("anything")).toBe(false);
    expect(() => createAutomaton(["abcdef", "abc"])).toThrow("shorter than 4 characters");
  });

  it("merges what overlaps and what touches", () => {
    const automaton = createAutomaton(["secret", "retire", "red-12", "longer secret of its own, beyond sixteen"]);
    expect(automaton.find("a secretired-12 b")).toEqual([2, 15]);
    expect(automaton.find("secretsecret x secret")).toEqual([0, 12, 15, 21]);
    expect(automaton.find("longer secret of its own, beyond sixteen")).toEqual([0, 40]);
    expect(automaton.find("longer secret of its own, beyond fifteen")).toEqual([7, 13]);
    expect(automaton.find("secre")).toBeUndefined();
    expect(automaton.find("")).toBeUndefined();
  });

  it("finds what begins or ends anywhere in the text", () => {
    const automaton = createAutomaton(["hunter2", "hunter2-tls and more than sixteen"]);
    for (let before = 0; before < 40; before++) {
      for (const after of [0, 1, 2, 3, 17]) {
        const text = "-".repeat(before) + "hunter2" + "h".repeat(after);
        expect(automaton.find(text)).toEqual([before, before + 7]);
        expect(automaton.test(text)).toBe(true);
      }
    }
  });

  it("tells patterns apart that share long beginnings", () => {
    const begin = "-----BEGIN PRIVATE KEY-----\n";
    const patterns = Array.from({ length: 50 }, (_, i) => `${begin}${"M".repeat(i)}key ${i}`);
    const automaton = createAutomaton(patterns);
    for (const pattern of patterns) {
      expect(automaton.find(`x${pattern}y`)).toEqual([1, 1 + pattern.length]);
    }
    expect(automaton.find(`${begin}other`)).toBeUndefined();
  });

  it("agrees with a search for each pattern, on texts of few letters", () => {
    const { int, pick, text } = createRandom(11);
    for (let round = 0; round < 600; round++) {
      const letters = pick(["ab", "abc", "aé日", "abcdefgh", "\ud83d\ude00a"]);
      const least = 4 + int(4);
      const patterns = Array.from({ length: 1 + int(30) }, () => text(letters, least + int(pick([1, 4, 40]))));
      const automaton = createAutomaton(patterns);
      for (let i = 0; i < 6; i++) {
        let subject = text(letters + pick(["", "z", "zzzz"]), int(120));
        for (let planted = int(4); planted > 0; planted--) {
          const at = int(subject.length + 1);
          subject = subject.slice(0, at) + pick(patterns) + subject.slice(at);
        }
        const expected = slowly(patterns, subject);
        expect(automaton.find(subject)).toEqual(expected);
        expect(automaton.test(subject)).toBe(expected !== undefined);
      }
    }
  });

  it("hides too much rather than being held up by a text of almost-secrets", () => {
    const long = "a".repeat(60_000);
    const automaton = createAutomaton([`${long}b`, "visible"]);
    const text = `visible ${"a".repeat(400_000)} end`;
    const spans = automaton.find(text)!;
    expect(spans.slice(0, 2)).toEqual([0, 7]);
    expect(spans.length).toBe(4);
    expect(automaton.find(`visible ${"a".repeat(1000)}`)).toEqual([0, 7]);
  });

  it("stays small when secrets are long", () => {
    const { text } = createRandom(3);
    const automaton = createAutomaton(Array.from({ length: 50 }, () => text("abcdefghijklmnop", 20_000)));
    expect(automaton.states).toBeLessThan(50 * 32);
  });
});

describe("spans", () => {
  it("are united and replaced", () => {
    expect(uniteSpans([[0, 3]])).toEqual([0, 3]);
    expect(uniteSpans([[4, 6, 10, 12], [0, 4, 11, 20]])).toEqual([0, 6, 10, 20]);
    expect(replaceSpans("0123456789", [0, 2, 5, 6], "X")).toBe("X234X6789");
    expect(replaceSpans("0123456789", [8, 10], "XX")).toBe("01234567XX");
  });
});
