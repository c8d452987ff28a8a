import { describe, expect, it } from "vitest";
import { createRedactor, patternsOf } from "../../../../handlers/core/redaction/redactor.ts";
import type { ShapeName } from "../../../../handlers/interfaces/redactor.ts";
import { seal } from "../../../../handlers/interfaces/sealed.ts";
import { createRandom } from "./random.ts";

type Random = ReturnType<typeof createRandom>;

const ascii = (text: string, upper: boolean): string =>
  text.replace(/[^\x20-\x7e]/g, (each) => {
    const hex = each.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${upper ? hex.toUpperCase() : hex}`;
  });
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const lowerHex = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (each) => each.toLowerCase());

/** What others make of a text that has the secret in it; none of it by our own code. */
const encoders: readonly ((text: string, random: Random) => string)[] = [
  (text) => text,
  json,
  (text) => json(json(text)),
  (text, { chance }) => ascii(json(text), chance(50)),
  (text) => encodeURIComponent(text),
  (text) => lowerHex(encodeURIComponent(text)),
  (text) => new URLSearchParams([["a", text]]).toString(),
  (text) => lowerHex(new URLSearchParams([["a", text]]).toString()),
  (text) => Buffer.from(text, "utf8").toString("base64"),
  (text) => Buffer.from(text, "utf8").toString("base64url"),
];

const tryOr = (run: () => string, other: string): string => {
  try {
    return run();
  } catch {
    return other;
  }
};

/** Everything that one could read out of a shown text. */
const readings = (text: string): string[] => {
  const unescaped = tryOr(() => JSON.parse(`"${text.replace(/"/g, '\\"').replace(/\\\\"/g, '\\"')}"`), text);
  const unquoted = tryOr(() => JSON.parse(`"${text}"`), text);
  const percent = text.replaceAll("+", " ").replace(
    /(?:%[0-9A-Fa-f]{2})+/g,
    (each) => tryOr(() => decodeURIComponent(each), each),
  );
  const base64 = (text.match(/[A-Za-z0-9+/_-]{6,}/g) ?? []).flatMap((run) =>
    [0, 1, 2, 3].map((skip) => Buffer.from(run.slice(skip), "base64").toString("utf8"))
  );
  return [text, unescaped, unquoted, tryOr(() => JSON.parse(`"${unquoted}"`), text), percent, ...base64];
};

const leaves = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(leaves);
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, each]) => [key, ...leaves(each)]);
  }
  return [String(value)];
};

const newSecret = ({ int, pick, text, chance }: Random): string => {
  const letters = pick(["abcdefgh0123456789", 'Ab1"\\/<>&+% ', "äß日é-zq", "0123456789", "q😀z日+/= "]);
  const lines = chance(20) ? 2 + int(3) : 1;
  const made = Array.from({ length: lines }, () => `q${text(letters.replace(/[\ud800-\udfff]+/g, "w"), 5 + int(30))}j`);
  return /^\d+$/.test(letters) && chance(70) ? `4${text(letters, 7 + int(10))}` : made.join(pick(["\n", "\r\n"]));
};

describe("whatever stands around and however it is encoded", () => {
  const noise = (random: Random): string =>
    random.text(random.pick(["xyz ", "xyä.=", 'x\\"/', ""]) || "z", random.int(8));

  const planted = (random: Random, secrets: readonly string[]): string => {
    const secret = random.pick(secrets);
    const line = random.chance(20) ? random.pick(secret.split(/\r?\n/)) : secret;
    const encode = random.pick(encoders);
    return noise(random) + encode(noise(random) + line + noise(random), random) + noise(random);
  };
  const value = (random: Random, secrets: readonly string[], depth: number): unknown => {
    const { int, chance } = random;
    if (depth > 0 && chance(50)) {
      return chance(50)
        ? Array.from({ length: int(5) }, () => value(random, secrets, depth - 1))
        : Object.fromEntries(Array.from({ length: int(5) }, () => [
          chance(30) ? planted(random, secrets) : noise(random),
          value(random, secrets, depth - 1),
        ]));
    }
    const numbers = secrets.filter((each) => /^[1-9]\d{0,14}$/.test(each)).map(Number);
    if (numbers.length > 0 && chance(20)) return random.pick(numbers);
    return chance(50) ? planted(random, secrets) : random.pick([null, true, 17, "plain", noise(random)]);
  };

  it.each([1, 2, 3, 4, 5, 6])("no secret can be read out of what is shown (%i)", (seed) => {
    const random = createRandom(seed);
    let hidden = 0;
    for (let round = 0; round < 150; round++) {
      const secrets = Array.from({ length: 1 + random.int(5) }, () => newSecret(random));
      const redactor = createRedactor({ patterns: patternsOf(secrets.slice(0, 3)), version: 1 })
        .with(seal({ values: secrets.slice(3).flatMap((each) => [each, ...each.split(/\r?\n/)]), parameters: {} }));
      const shape = random.pick<ShapeName>([
        "json",
        "facts",
        "parameters",
        "text",
        "logs",
        "resources",
        "catalog",
        "edges",
      ]);
      const original = random.chance(20)
        ? value(random, secrets, 0)
        : Array.from({ length: 4 }, () => value(random, secrets, 4));
      let text = JSON.stringify(original);
      if (random.chance(30)) text = ascii(text, random.chance(50));
      const shown = redactor.redact(seal(text), shape).value;
      const parts = secrets.flatMap((each) => [each, ...each.split(/\r?\n/)]);
      for (const leaf of leaves(shown)) {
        hidden += leaf.includes("XXXXX") ? 1 : 0;
        for (const reading of readings(leaf)) {
          for (const part of parts) if (reading.includes(part)) throw new Error(`"${part}" can be read in "${leaf}"`);
        }
      }
    }
    expect(hidden).toBeGreaterThan(500);
  });
});

describe("our own fields", () => {
  const texts = [
    "notice",
    "web01.example.test",
    "2026-11-22T22:43:12.101+00:00",
    "contains",
    "Profile::Base",
    "production",
  ];
  const own = {
    resource: {
      type: "Profile::Base",
      exported: false,
      certname: "web01.example.test",
      environment: "production",
      line: 1234567,
    },
    log: { level: "notice", time: "2026-11-22T22:43:12.101+00:00", line: 1234567 },
    edge: { source_type: "Profile::Base", target_type: "Profile::Base", relationship: "contains" },
    report: { resource_type: "Profile::Base", skipped: false, timestamp: "2026-11-22T22:43:12.101+00:00" },
  };

  it("survive secrets made of pieces of themselves, with their names", () => {
    const random = createRandom(9);
    const piece = () => {
      const whole = random.pick([...texts, ...Object.values(own).flatMap((each) => Object.keys(each)), "1234567"]);
      if (whole.length <= 6) return whole.padEnd(6, "!");
      const start = random.int(whole.length - 6);
      return whole.slice(start, start + 6 + random.int(whole.length - start - 5));
    };
    for (let round = 0; round < 300; round++) {
      const secrets = [piece(), piece(), piece()];
      const redactor = createRedactor({ patterns: patternsOf(secrets), version: 1 });
      const shown = <T extends object>(shape: ShapeName, row: T): T =>
        (redactor.redact(seal(JSON.stringify([{ ...row, message: secrets[0], title: secrets[0] }])), shape)
          .value as T[])[0]!;
      for (
        const [shape, row] of [["resources", own.resource], ["logs", own.log], ["edges", own.edge], [
          "report_resources",
          own.report,
        ]] as const
      ) {
        const { message, ...rest } = shown<object & { message?: string }>(shape, row);
        expect(rest).toMatchObject(row);
        expect(Object.values({ message, rest })).not.toContain(secrets[0]);
      }
    }
  });
});
