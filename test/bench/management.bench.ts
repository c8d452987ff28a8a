import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createKeyRing } from "../../handlers/core/encryption/key-ring.ts";
import { readCatalogContent, sealCatalog } from "../../handlers/core/commands/whole-catalog.ts";
import type { Command } from "../../handlers/interfaces/command.ts";
import { openDataDir } from "../../runtime/data-dir.ts";
import { openSqliteStore } from "../../runtime/storage/sqlite/open.ts";
import { systemClock } from "../../runtime/system.ts";
import { logIn, type Runtime, startProduct } from "../e2e/product.ts";
import { createRecordingLog } from "../support/log.ts";
import { runOf } from "./recorded-runs.ts";

// What people ask most, over HTTP and 8 connections, of a product that runs: lists of 1,000 nodes, lists by a fact, whole
// catalogs redacted. "busy": commands come in meanwhile, as from 10,000 nodes at a run each half hour.
const connections = 8;
const seconds = Number(process.env.BENCH_SECONDS ?? 3);
const nameOf = (i: number) => `node${String(i).padStart(5, "0")}.example.test`;
/** What pyppetdb does of it in a second, over as many connections on such a machine. */
const compared = { list: 35, fact: 240, catalog: 36 };

const fill = async (dir: string, count: number): Promise<void> => {
  const vault = await createKeyRing(openDataDir(dir).secretKeys(undefined));
  const path = join(dir, "hoppetdb.sqlite");
  const store = await openSqliteStore({ path, vault, clock: systemClock, log: createRecordingLog() });
  const now = Date.now();
  for (let i = 0; i < count; i += 100) {
    const batch = await Promise.all(Array.from({ length: 100 }, (_, j) => runOf(nameOf(i + j), 1)));
    await Promise.all(batch.flat().map((each) => store.estate.apply(each, now)));
  }
  for (let i = 0; i < 200; i++) {
    const content = await readCatalogContent({
      certname: nameOf(i),
      contentType: "application/json",
      contentEncoding: null,
      bytes: new TextEncoder().encode(JSON.stringify(largeCatalog(nameOf(i)))),
      receivedAt: now,
    });
    await store.estate.storeCatalog(sealCatalog(content));
    const [, catalog] = await runOf(nameOf(i), 2);
    await store.estate.apply({ ...catalog, catalog_uuid: uuidOf(nameOf(i)) } as Command, now);
  }
  await store.close();
};
const uuidOf = (name: string) => `00000000-0000-4000-8000-0000000${name.slice(4, 9)}`;
/** 1,000 resources of some 600 bytes. */
const largeCatalog = (name: string) => ({
  name,
  version: 1,
  environment: "production",
  catalog_uuid: uuidOf(name),
  code_id: null,
  catalog_format: 2,
  resources: Array.from({ length: 1000 }, (_, i) => ({
    type: "File",
    title: `/etc/app/${i}.conf`,
    tags: ["file", "class", "profile::app"],
    file: "/etc/puppetlabs/code/environments/production/modules/app/manifests/init.pp",
    line: i,
    exported: false,
    parameters: { ensure: "file", mode: "0644", owner: "root", content: `setting ${i} = value of ${name}\n`.repeat(8) },
  })),
  edges: [],
  classes: [],
});

/** Asks over kept connections for a while; answers a second. */
const rate = async (url: string, cookie: string, pathOf: (n: number) => string, warm = 0): Promise<number> => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let asked = 0;
  const ask = (): Promise<number> =>
    new Promise((resolve, reject) => {
      request(`${url}${pathOf(asked++)}`, { agent, headers: { cookie } }, (response) => {
        let bytes = 0;
        response.on("data", (chunk: Uint8Array) => bytes += chunk.length);
        response.on("end", () =>
          response.statusCode === 200 ? resolve(bytes) : reject(new Error(`${response.statusCode}`)));
        response.on("error", reject);
      }).on("error", reject).end();
    });
  for (let i = 0; i < warm; i++) await ask();
  const until = performance.now() + seconds * 1000;
  let done = 0;
  const since = performance.now();
  await Promise.all(Array.from({ length: connections }, async () => {
    while (performance.now() < until) {
      await ask();
      done++;
    }
  }));
  const took = (performance.now() - since) / 1000;
  agent.destroy();
  return done / took;
};

const runtime: Runtime = "Deno" in globalThis ? "deno" : "node";
const list =
  "/api/v1/nodes?limit=1000&fields=id&fields=environment&fields=report_status_computed&fields=change_report" +
  "&fields=change_facts&fields=change_catalog";
const byFact = (n: number) =>
  `/api/v1/nodes?limit=100&fields=id&fact=${
    encodeURIComponent(["os.family:eq:str:Debian", "kernel:eq:str:Linux"][n % 2]!)
  }`;

for (const count of [1000, 10_000]) {
  const dir = mkdtempSync(join(tmpdir(), "hoppetdb-bench-management-"));
  await fill(dir, count);
  const product = await startProduct(runtime, { management: 28480, puppet: 28481, puppetdb: 28482 }, {
    HOPPETDB_DATA_DIR: dir,
    HOPPETDB_PUPPETDB_TLS: "off",
    HOPPETDB_PUPPETDB_ALLOW: "anonymous",
    HOPPETDB_LOG: "info",
  });
  try {
    const { cookie } = await logIn(product.url);
    const ask = (pathOf: (n: number) => string, warm?: number) => rate(product.url, cookie, pathOf, warm);
    const quiet = {
      list: await ask(() => list, 3),
      fact: await ask(byFact, 3),
      cold: await ask((n) => `/api/v1/nodes/${nameOf(n % 200)}/catalog`),
      warm: await ask(() => `/api/v1/nodes/${nameOf(0)}/catalog`, 3),
    };
    const commands = (await Promise.all(Array.from({ length: 40 }, (_, i) => runOf(nameOf(i), 3)))).flat();
    let sent = 0;
    const taken = { yes: 0, no: 0 };
    const note = (status: number) => void taken[status === 200 ? "yes" : "no"]++;
    const timer = setInterval(() => send(commands[sent++ % commands.length]!, note), 60);
    const busy = { list: await ask(() => list), fact: await ask(byFact) };
    clearInterval(timer);
    if (taken.no > 0 || taken.yes === 0) throw new Error(`${taken.no} commands were refused, ${taken.yes} taken`);
    const times = (figure: number, than: number) =>
      `${figure.toFixed(0)}/s (${(figure / than).toFixed(1)} times ${than})`;
    console.log(`${count} nodes, ${runtime}:
  list of 1,000           ${times(quiet.list, compared.list)}, busy ${times(busy.list, compared.list)}
  list of 100 by a fact   ${times(quiet.fact, compared.fact)}, busy ${times(busy.fact, compared.fact)}
  redacted catalog, cold  ${times(quiet.cold, compared.catalog)}, warm ${times(quiet.warm, compared.catalog)}`);
  } finally {
    await product.close();
    rmSync(dir, { recursive: true });
  }
}

/** As a Puppetserver would, without waiting for the answer. */
function send(command: Command, note: (status: number) => void): void {
  const wire = command.command === "replace facts"
    ? {
      certname: command.certname,
      environment: "production",
      values: JSON.parse(command.values),
      producer_timestamp: new Date().toISOString(),
      producer: "bench",
    }
    : undefined;
  if (!wire) return;
  const path = `/pdb/cmd/v1?command=replace_facts&version=5&certname=${command.certname}`;
  const asked = request(`http://127.0.0.1:28482${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
  }, (response) => {
    response.resume();
    note(response.statusCode ?? 0);
  });
  asked.on("error", () => {});
  asked.end(JSON.stringify(wire));
}
