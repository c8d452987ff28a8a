import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { createMarksCache, createRedactor, patternsOf } from "../../handlers/core/redaction/redactor.ts";
import { extractMarks } from "../../handlers/core/redaction/marks.ts";
import { seal } from "../../handlers/interfaces/sealed.ts";
import { createRandom } from "../handlers/core/redaction/random.ts";

// Cold: nothing kept (no key is given). Warm: the same content again. The regex looks for the raw secrets alone, over the
// text; the redactor looks for all their forms, walks the catalog and hides what Puppet marked.

type Resource = { title: string; type: string; parameters?: Record<string, unknown>; sensitive_parameters?: string[] };
type Catalog = { resources: Resource[]; edges: { source: string; target: string }[] };

const { int, pick, text: letters } = createRandom(42);
const read = (name: string): Catalog =>
  JSON.parse(readFileSync(new URL(`../fixtures/puppet/catalogs/${name}.json`, import.meta.url), "utf8")) as Catalog;
const words = "the quick service listens on port and writes its log to a file below var with mode owner group".split(
  " ",
);
const prose = (count: number) => Array.from({ length: count }, () => pick(words)).join(" ");

/** 1,000 resources: those of the recorded catalogs under other titles, some with the content of a small template. */
const largeCatalog = (secrets: readonly string[], hits: number): Catalog => {
  const catalogs = ["web01-run1", "db01-run1", "app02-run1"].map(read);
  const sources = catalogs.flatMap((each) => each.resources);
  const resources = Array.from({ length: 1000 }, (_, i): Resource => {
    const copy = structuredClone(sources[i % sources.length]!);
    copy.title = `${copy.title}-${i}`;
    if (i % 4 === 0) copy.parameters = { ...copy.parameters, content: `# ${prose(100)}\nlisten = ${int(65536)}\n` };
    return copy;
  });
  for (let i = 0; i < hits; i++) {
    const resource = pick(resources);
    resource.parameters = { ...resource.parameters, [`extra_${i}`]: `password=${pick(secrets)} ${prose(5)}` };
  }
  const edges = resources.slice(1).map((each, i) => ({
    source: `${resources[i]!.type}[${resources[i]!.title}]`,
    target: `${each.type}[${each.title}]`,
  }));
  return { ...catalogs[0]!, resources, edges };
};

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const newSecret = (i: number): string => {
  if (i % 20 === 0) return Array.from({ length: 12 }, () => letters(`${alphabet}+/`, 64)).join("\n");
  return i % 3 === 0 ? letters(`${alphabet}!$%&/()=?"\\ äß`, 12 + int(12)) : letters(alphabet, 16 + int(24));
};

/** Median of many runs, in ms. */
const median = (run: () => unknown): number => {
  const times: number[] = [];
  const until = performance.now() + 1_500;
  while (times.length < 15 || performance.now() < until) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
};

for (const count of [100, 1000]) {
  const secrets = Array.from({ length: count }, (_, i) => newSecret(i));
  const build = median(() => createRedactor({ patterns: patternsOf(secrets), version: 1 }));
  const redactor = createRedactor({ patterns: patternsOf(secrets), version: 1 });
  console.log(`${count} known secrets: built in ${build.toFixed(1)} ms`);

  for (const hits of [0, 40]) {
    const catalog = largeCatalog(secrets, hits);
    const text = JSON.stringify(catalog);
    const marks = seal(extractMarks(catalog));
    const prepare = median(() =>
      createRedactor({ patterns: [], version: 1, marksCache: createMarksCache() }).with(marks)
    );
    const sealed = seal(text);
    const forNode = redactor.with(marks);
    const pattern = secrets.map((each) => JSON.stringify(each).slice(1, -1).replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"))
      .join("|");
    const regex = new RegExp(pattern, "g");

    const times = {
      "known secrets alone, cold": median(() => redactor.redact(sealed, "json")),
      "whole catalog with marks, cold": median(() => forNode.redact(sealed, "catalog")),
      "whole catalog with marks, warm": median(() => forNode.redact(sealed, "catalog", "hash")),
      "regex alternation, raw secrets": median(() => text.replace(regex, "XXXXX")),
      "JSON.parse + JSON.stringify": median(() => JSON.stringify(JSON.parse(text))),
    };
    console.log(
      `  catalog of 1,000 resources, ${(text.length / 1000).toFixed(0)} kB, ${hits} known secrets in it, ` +
        `${marks.reveal().values.length} marked values (their automaton built in ${prepare.toFixed(2)} ms)`,
    );
    const regexMs = times["regex alternation, raw secrets"];
    for (const [name, ms] of Object.entries(times)) {
      const speed = name.endsWith("warm") ? "" : `${(text.length / 1e3 / ms).toFixed(0)} MB/s`;
      const ratio = ms < regexMs
        ? `${(regexMs / ms).toFixed(1)} times as fast as`
        : `${(ms / regexMs).toFixed(1)} times the time of`;
      const compared = ms === regexMs ? "" : `${ratio} the regex`;
      console.log(`    ${name.padEnd(32)} ${ms.toFixed(3).padStart(8)} ms ${speed.padStart(10)}  ${compared}`);
    }
  }
}
