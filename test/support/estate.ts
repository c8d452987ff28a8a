import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseCommand } from "../../handlers/core/commands/parse-command.ts";
import { readCatalogContent, sealCatalog } from "../../handlers/core/commands/whole-catalog.ts";
import type {
  CatalogResource,
  Command,
  ReplaceCatalog,
  ReplaceFacts,
  StoreReport,
  WholeCatalog,
} from "../../handlers/interfaces/command.ts";
import { createRedactor, patternsOf } from "../../handlers/core/redaction/redactor.ts";
import { type Clock, timestamp } from "../../handlers/interfaces/clock.ts";
import type { Estate } from "../../handlers/interfaces/estate.ts";
import type { Redactor } from "../../handlers/interfaces/redactor.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import { openSqliteStore } from "../../runtime/storage/sqlite/open.ts";
import { createRecordingLog } from "./log.ts";
import { createTestVault } from "./vault.ts";

/** The real store, in memory. Close it. */
export const openTestStore = async (clock: Clock): Promise<Store> =>
  await openSqliteStore({
    path: ":memory:",
    vault: await createTestVault(),
    clock,
    log: createRecordingLog(),
    readers: 1,
  });

/** The real redactor, over these secrets. */
export const redactorOf = (secrets: readonly string[]): Redactor =>
  createRedactor({ patterns: patternsOf(secrets), version: 1 });

/** Stores commands one after the other, as if each had come in when it was made. */
export const fill = async (estate: Pick<Estate, "apply">, commands: readonly Command[]): Promise<void> => {
  for (const command of commands) await estate.apply(command, new Date(command.producer_timestamp).getTime());
};

/** 40 hex digits that stand for a text. */
export const hashOf = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (const char of text) hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0)!)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0").padStart(40, "a");
};

type Made<T> = Partial<Omit<T, "command" | "certname" | "producer_timestamp">>;
const common = { environment: "production", producer: "puppet.example.test" } as const;

/** A command with facts; `values` is JSON text. `at` is milliseconds since 1970. */
export const factsOf = (certname: string, at: number, values: string, more: Made<ReplaceFacts> = {}): ReplaceFacts => ({
  command: "replace facts",
  certname,
  producer_timestamp: timestamp(at),
  ...common,
  hash: hashOf(values),
  values,
  package_inventory: null,
  ...more,
});

/** A resource of a catalog; `parameters` is JSON text. */
export const resourceOf = (
  type: string,
  title: string,
  parameters = "{}",
  more: Partial<CatalogResource> = {},
): CatalogResource => ({
  type,
  title,
  resource: hashOf(`${type}[${title}]${parameters}`),
  exported: false,
  file: null,
  line: null,
  tags: [],
  parameters,
  ...more,
});

export const catalogOf = (
  certname: string,
  at: number,
  resources: readonly CatalogResource[],
  more: Made<ReplaceCatalog> = {},
): ReplaceCatalog => ({
  command: "replace catalog",
  certname,
  producer_timestamp: timestamp(at),
  ...common,
  version: "1",
  transaction_uuid: null,
  catalog_uuid: null,
  code_id: null,
  job_id: null,
  hash: hashOf(certname + JSON.stringify(resources)),
  resources,
  edges: [],
  ...more,
});

export const reportOf = (certname: string, at: number, more: Made<StoreReport> = {}): StoreReport => ({
  command: "store report",
  certname,
  producer_timestamp: timestamp(at),
  ...common,
  hash: hashOf(`${certname} ${at}`),
  type: "agent",
  puppet_version: "8.10.0",
  report_format: 12,
  configuration_version: "1",
  start_time: timestamp(at - 5000),
  end_time: timestamp(at),
  status: "unchanged",
  noop: false,
  noop_pending: false,
  corrective_change: false,
  transaction_uuid: null,
  catalog_uuid: null,
  code_id: null,
  job_id: null,
  cached_catalog_status: "not_used",
  metrics: "[]",
  logs: "[]",
  resources: "[]",
  ...more,
});

/** When the recorded runs had just ended. */
export const recordedEnd = Date.UTC(2026, 10, 22, 22, 45);

const recorded = fileURLToPath(new URL("../fixtures/puppet", import.meta.url));
type Recorded = {
  readonly file: string;
  readonly params: Readonly<Record<"command" | "version" | "certname" | "producer-timestamp", string>>;
};

/** The commands that a real Puppetserver sent for five nodes, parsed by the real parser, in their order. */
export const recordedCommands = async (): Promise<readonly Command[]> => {
  const order: readonly Recorded[] = JSON.parse(readFileSync(join(recorded, "commands/order.json"), "utf8"));
  return await Promise.all(order.map(({ file, params }) =>
    parseCommand({
      command: params.command.replaceAll("_", " "),
      version: Number(params.version),
      certname: params.certname,
      producer_timestamp: params["producer-timestamp"],
      payload: new Uint8Array(readFileSync(join(recorded, "commands", file))),
    }, 0)
  ));
};

/** The catalogs that real agents got in some of these runs, secrets included. */
export const recordedCatalogs = async (): Promise<readonly WholeCatalog[]> =>
  await Promise.all(
    readdirSync(join(recorded, "catalogs")).sort().map(async (file, i) => {
      const bytes = new Uint8Array(readFileSync(join(recorded, "catalogs", file)));
      const { name } = JSON.parse(new TextDecoder().decode(bytes));
      return sealCatalog(
        await readCatalogContent({
          certname: name,
          contentType: "application/vnd.puppet.rich+json; charset=utf-8",
          contentEncoding: null,
          bytes,
          receivedAt: recordedEnd - 60_000 + i,
        }),
      );
    }),
  );

/** What is secret in the recorded catalogs, all of it marked by Puppet itself. */
export const recordedSecrets = [
  "tok-common-0123456789abcdef",
  "hunter2-tls",
  "Sup3r$ecret!",
  "$6$salt$hash",
  "-----KEY of",
] as const;
