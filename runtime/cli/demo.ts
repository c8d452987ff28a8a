import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { readCatalogContent, sealCatalog } from "../../handlers/core/commands/whole-catalog.ts";
import { parseCommand } from "../../handlers/core/commands/parse-command.ts";
import type { Estate } from "../../handlers/interfaces/estate.ts";
import type { CaMode } from "../ca/mode.ts";
import { readConfig } from "../config.ts";
import { createLog } from "../log.ts";
import { serve } from "../serve.ts";
import { greeting } from "./serve.ts";

const recorded = fileURLToPath(
  new URL(
    import.meta.url.endsWith(".ts") ? "../../test/fixtures/puppet/" : "../../../test/fixtures/puppet/",
    import.meta.url,
  ),
);
const copies = 40;

/** `hoppetdb demo`: 200 nodes, made of five recorded ones under other names, in a store that goes away at the end. */
export const demoCommand = async (): Promise<number> => {
  const dir = mkdtempSync(join(tmpdir(), "hoppetdb-demo-"));
  const password = process.env.HOPPETDB_ADMIN_PASSWORD || "hoppetdb-demo";
  const config = readConfig({
    ...process.env,
    HOPPETDB_DATA_DIR: dir,
    HOPPETDB_STORE: `sqlite:${join(dir, "demo.sqlite")}`,
    HOPPETDB_ADMIN_PASSWORD: password,
    HOPPETDB_CA: "own",
    HOPPETDB_PARTS: process.env.HOPPETDB_PARTS || "management,worker",
  });
  const log = createLog(config.LOG === "info" ? "warn" : config.LOG, (line) => void process.stderr.write(line));
  try {
    process.stdout.write("Filling a store with 200 nodes, some seconds …\n");
    const tell = (_: string, mode: CaMode) => {
      const lines = greeting(config, `log in as admin with the password ${password}`, mode);
      process.stdout.write(`${lines.join("\n")}\nCtrl-C ends the demo and removes its data\n`);
    };
    await serve(config, log, tell, async ({ store }) => await fill(store.estate, Date.now()));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return 0;
};

type Entry = { readonly file: string; readonly params: Readonly<Record<string, string>> };

/** Loads what was recorded once for each copy, its times moved so that the last runs are of the last hour. */
const fill = async (estate: Estate, now: number): Promise<void> => {
  const order = JSON.parse(readFileSync(join(recorded, "commands/order.json"), "utf8")) as Entry[];
  const last = Math.max(...order.map(({ params }) => Date.parse(params["producer-timestamp"] ?? "") || 0));
  const commands = order.map(({ file, params }) => ({
    file,
    params,
    text: readFileSync(join(recorded, "commands", file), "utf8"),
  }));
  const catalogs = readdirSync(join(recorded, "catalogs")).map((file) =>
    readFileSync(join(recorded, "catalogs", file), "utf8")
  );
  for (let copy = 0; copy < copies; copy++) {
    const renamed = renaming(copy);
    // one run after the other, the first copy last
    const moved = moving(now - last - copy * 80_000 - (copy % 9 === 7 ? sixHours : 0));
    const text = (given: string) => moved(renamed(given));
    const told = commands.filter(({ file }) => !leftOut(file, copy));
    await Promise.all(told.map(async ({ params, text: payload }) => {
      const command = await parseCommand({
        command: (params.command ?? "").replaceAll("_", " "),
        version: Number(params.version),
        certname: renamed(params.certname ?? ""),
        producer_timestamp: null,
        payload: new TextEncoder().encode(text(payload)),
      }, now);
      await estate.apply(command, now);
    }));
    for (const catalog of catalogs) {
      const content = await readCatalogContent({
        certname: renamed(JSON.parse(catalog).name),
        contentType: "application/json",
        contentEncoding: null,
        bytes: new TextEncoder().encode(renamed(catalog)),
        receivedAt: now,
      });
      await estate.storeCatalog(sealCatalog(content));
    }
  }
};

const sixHours = 21_600_000;

/** Copies stop at different runs of what was recorded, so that the estate has failed and silent nodes too. */
const leftOut = (file: string, copy: number): boolean =>
  copy > 0 && (
    /legacy01-deactivate/.test(file) ||
    (copy % 5 === 1 && /db01-run[34]/.test(file)) ||
    (copy % 5 === 2 && /db01-run4/.test(file)) ||
    (copy % 6 === 3 && /web01-run[34]/.test(file)) ||
    (copy % 7 === 5 && /app02-run1-store_report/.test(file))
  );

/** web01, db01 … become web07, db07 …; ids of catalogs and runs become the copy's own. */
const renaming = (copy: number) => {
  const suffix = copy.toString(16).padStart(2, "0");
  return (text: string): string =>
    copy === 0 ? text : text
      .replaceAll(/\b(web|db|app|legacy)(0[12])\.example\.test/g, (_, role, number) =>
        `${role}${String(Number(number) + copy * 2).padStart(2, "0")}.example.test`)
      .replaceAll(/\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{10})[0-9a-f]{2}\b/g, `$1${suffix}`);
};

const moving = (by: number) => (text: string): string =>
  text.replaceAll(
    /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})/g,
    (time) => new Date(Date.parse(time) + by).toISOString(),
  );
