import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createNodes } from "../../handlers/core/nodes/nodes.ts";
import type { Condition } from "../../handlers/core/query/plan.ts";
import { createRedactor, patternsOf } from "../../handlers/core/redaction/redactor.ts";
import { openSqliteStore } from "../../runtime/storage/sqlite/open.ts";
import { systemClock } from "../../runtime/system.ts";
import { createRecordingLog } from "../support/log.ts";
import { createTestVault } from "../support/vault.ts";
import { day0, recorded, runOf } from "./recorded-runs.ts";

// How fast the store takes what Puppet sends, what it costs on disk, and how lists grow with the estate. The figures that
// can be compared between machines are the ratios.
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const since = performance.now();
  await work();
  return (performance.now() - since) / 1000;
};
const median = async (work: () => Promise<unknown>, times = 15): Promise<number> => {
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push(await seconds(work));
  return all.sort((a, b) => a - b)[Math.floor(times / 2)]! * 1000;
};
const dir = mkdtempSync(join(tmpdir(), "hoppetdb-bench-"));
const open = async (name: string) =>
  await openSqliteStore({
    path: join(dir, name),
    vault: await createTestVault(),
    clock: systemClock,
    log: createRecordingLog(),
  });
const sizeOf = (name: string) => statSync(join(dir, name)).size;

{
  const store = await open("days.sqlite");
  const nodes = Array.from({ length: 50 }, (_, i) => `node${i}.example.test`);
  const apply = async (run: number) => {
    const commands = (await Promise.all(nodes.map((certname) => runOf(certname, run)))).flat();
    return [
      commands.length,
      await seconds(() => Promise.all(commands.map((each) => store.estate.apply(each, day0 + run * 1_800_000)))),
    ] as const;
  };
  const [first, cold] = await apply(0);
  /** Commands and seconds of runs with the same catalog, and of those with another one. */
  const same = { done: 0, took: 0 };
  const other = { done: 0, took: 0 };
  for (let run = 1; run < 49; run++) {
    const [count, time] = await apply(run);
    const sum = run % 10 === 0 ? other : same;
    sum.done += count;
    sum.took += time;
  }
  const rate = ({ done, took }: typeof same) => done / took;
  const day = { done: same.done + other.done, took: same.took + other.took };
  console.log(
    `new nodes: ${(first / cold).toFixed(0)} commands/s; a day of runs: ${rate(day).toFixed(0)} commands/s, ${
      rate(same).toFixed(0)
    } of runs with the same catalog, ${rate(other).toFixed(0)} with another one (${
      (rate(same) / rate(other)).toFixed(1)
    } times as many)`,
  );
  const retention = {
    reportTtl: 14 * 86_400_000,
    unchangedReportTtl: 86_400_000,
    catalogTtl: 0,
    catalogsPerNode: 20,
    nodeTtl: 0,
    nodePurgeTtl: 0,
  };
  while ((await store.estate.prune(retention, day0 + 2 * 86_400_000)).more);
  await store.close();
  const reopened = await open("days.sqlite");
  await reopened.close();
  console.log(
    `${
      (sizeOf("days.sqlite") / 50 / 1024).toFixed(0)
    } kB per node after a day of 48 runs, details of unchanged runs gone; one recorded run is ${
      (recorded.reduce((sum, [, , body]) => sum + body.length, 0) / 1024).toFixed(0)
    } kB on the wire`,
  );
}

const figures: Record<string, number[]> = {};
for (const count of [1000, 10_000]) {
  const name = `${count}.sqlite`;
  const store = await open(name);
  for (let i = 0; i < count; i += 100) {
    const batch = await Promise.all(
      Array.from({ length: 100 }, (_, j) => runOf(`node${String(i + j).padStart(5, "0")}.example.test`, 1)),
    );
    await Promise.all(batch.flat().map((each) => store.estate.apply(each, day0)));
  }
  const redactor = createRedactor({ patterns: patternsOf(["no such secret"]), version: 1 });
  const nodes = createNodes({ estate: store.estate, redactor: () => redactor, clock: systemClock }).seenBy({
    nodes: undefined,
  });
  const all = async (plan: Parameters<typeof store.estate.run>[0]) => {
    for await (const _ of store.estate.run(plan)) { /* read to the end */ }
  };
  const certname = "node00500.example.test";
  const is = (field: string, right: string | boolean) => ({ op: "=", left: { field }, right }) as const;
  /** As an agent collects: of living nodes, not its own. */
  const exported = (...more: Condition[]): Condition => ({
    op: "and",
    of: [
      is("type", "Demo::Monitored"),
      is("exported", true),
      { op: "not", of: is("certname", "node00001.example.test") },
      {
        op: "in",
        left: [{ field: "certname" }],
        plan: { entity: "nodes", select: [{ as: "certname", field: "certname" }], where: is("active", true) },
      },
      ...more,
    ],
  });
  const measured: Record<string, () => Promise<unknown>> = {
    "first page of nodes": () => all({ entity: "nodes", select: [], order: [{ field: "certname" }], limit: 100 }),
    "one node": () => all({ entity: "nodes", select: [], where: is("certname", certname) }),
    "facts of a node": () => nodes.facts(certname),
    "catalog of a node": () => nodes.catalog(certname),
    "reports of a node": () =>
      all({
        entity: "reports",
        select: [{ as: "hash", field: "hash" }],
        where: is("certname", certname),
        order: [{ field: "producer_timestamp", direction: "desc" }],
        limit: 20,
      }),
    "one exported, collected": () => all({ entity: "resources", select: [], where: exported(is("title", certname)) }),
    "all exported of a type": () => all({ entity: "resources", select: [], where: exported() }),
    "fact filter, a path": () =>
      store.estate.count({
        entity: "factsets",
        select: [],
        where: { op: "=", left: { field: "facts", path: ["os", "family"] }, right: "none" },
      }),
  };
  for (const [what, work] of Object.entries(measured)) (figures[what] ??= []).push(await median(work));
  console.log(
    `${count} nodes: ${(sizeOf(name) / count / 1024).toFixed(0)} kB a node, ${
      (process.memoryUsage().rss / 1048576).toFixed(0)
    } MB resident`,
  );
  await store.close();
}
console.log("\n                        1,000    10,000 nodes   (ms, median)");
for (const [what, [small = 0, large = 0]] of Object.entries(figures)) {
  console.log(
    `${what.padEnd(22)} ${small.toFixed(2).padStart(7)} ${large.toFixed(2).padStart(9)}    ${
      (large / small).toFixed(1)
    } times`,
  );
}
rmSync(dir, { recursive: true });
