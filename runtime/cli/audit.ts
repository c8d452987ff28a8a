import { createReadStream, existsSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { type AuditLog, createAudit } from "../../handlers/core/audit/audit.ts";
import type { Verification } from "../../handlers/core/audit/check-chain.ts";
import { checkLines } from "../../handlers/core/audit/check-lines.ts";
import { createKeyRing } from "../../handlers/core/encryption/key-ring.ts";
import { createSecretRegistry } from "../../handlers/core/redaction/secret-registry.ts";
import type { Clock } from "../../handlers/interfaces/clock.ts";
import type { Ids } from "../../handlers/interfaces/ids.ts";
import type { Log } from "../../handlers/interfaces/log.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import type { Vault } from "../../handlers/interfaces/vault.ts";
import { type Environment, readConfig } from "../config.ts";
import { openDataDir } from "../data-dir.ts";
import { createLog } from "../log.ts";
import { openStore } from "../open-store.ts";
import { systemClock as clock, systemIds as ids } from "../system.ts";
import { processTerminal } from "./ca/terminal.ts";

/** Where a command's words go. */
export type Outlet = {
  readonly env: Environment;
  /** Resolves when more can be taken. */
  readonly out: (text: string) => Promise<void>;
  readonly err: (text: string) => void;
};

const usage = [
  "usage: hoppetdb audit verify                          check the audit log in the store",
  "       hoppetdb audit verify FILE                     check an export, under the key of this set-up",
  "       hoppetdb audit export [--from TIME] [--to TIME]",
  "                                                      write it as JSON lines, oldest first",
  "",
  "TIME is a day or a time, 2026-01-31 or 2026-01-31T12:00:00Z; --to is the first one that is left out.",
  "Both work while hoppetdb runs. Exit status of verify: 0 nothing is wrong, 1 somebody tampered with the log.",
];

/** `hoppetdb audit …`: over the store itself, whether or not hoppetdb runs. */
export const auditCommand = async (args: readonly string[], outlet: Outlet = processOutlet()): Promise<number> => {
  const [what = "", ...rest] = args;
  if (["help", "--help", "-h"].includes(what) || rest.some((each) => each === "--help" || each === "-h")) {
    await outlet.out(`${usage.join("\n")}\n`);
    return 0;
  }
  try {
    if (what === "verify") return await verify(rest, outlet);
    if (what === "export") return await exportLines(rest, outlet);
    throw new WrongUsage(what === "" ? "Say what to do" : `Unknown action "${what}"`);
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error;
    outlet.err(`${error.message}\n${usage.join("\n")}\n`);
    return 64;
  }
};

class WrongUsage extends Error {}

const verify = async (args: readonly string[], outlet: Outlet): Promise<number> => {
  const { positionals: [file, more] } = parse(args, {});
  if (more !== undefined) throw new WrongUsage(`Only one file is taken, and there is "${more}" too`);
  if (file !== undefined && !existsSync(file)) throw new Error(`There is no file "${file}"`);
  const result = file === undefined ? await withAudit(outlet, ({ audit }) => audit.verify()) : await checkLines(
    await vaultOf(outlet.env),
    createInterface({ input: createReadStream(file), crlfDelay: Infinity }),
  );
  await outlet.out(`${told(result, file).join("\n")}\n`);
  return result.ok ? 0 : 1;
};

const told = (result: Verification, file: string | undefined): readonly string[] => {
  const { ok, records, from, to, hash, hidden, problems, problem_count: count } = result;
  const where = file === undefined ? "The audit log" : `"${file}"`;
  const some = records === 0
    ? "no records"
    : records === 1
    ? `1 record, ${from}`
    : `${records} records, ${from} to ${to}`;
  const secret = hidden === 0 ? [] : [
    `${hidden} of them hold a text that has become a known secret since: of those only the place in the chain was checked.`,
  ];
  if (ok) {
    const after = from !== null && from > 1 && file === undefined
      ? [`The ones before ${from} were removed in their time.`]
      : [];
    const keep = hash === null || file !== undefined ? [] : [
      `The hash of the newest one is ${hash}: keep it elsewhere, to tell later that nothing up to it was changed.`,
    ];
    return [`${where} is whole: ${some}.`, ...after, ...secret, ...keep];
  }
  const shown = problems.length < count ? [`… and ${count - problems.length} more`] : [];
  return [
    `${where} was tampered with, or damaged: ${count} ${count === 1 ? "problem" : "problems"} in ${some}.`,
    ...problems.map(({ seq, what }) => `  at ${seq}: ${what}.`),
    ...shown.map((each) => `  ${each}`),
    "Records before the lowest of these numbers can be relied on. Compare the others with an export or a backup from",
    "before, and find out who could write to the store.",
    ...secret,
  ];
};

const exportLines = async (args: readonly string[], outlet: Outlet): Promise<number> => {
  const { values, positionals } = parse(args, { from: { type: "string" }, to: { type: "string" } });
  if (positionals.length > 0) throw new WrongUsage(`Unknown input "${positionals[0]}"`);
  const [from, to] = [timeOf("--from", values.from), timeOf("--to", values.to)];
  return await withAudit(outlet, async ({ audit, redactable }) => {
    // without the known secrets all texts would be hidden; whoever exports should know why
    await redactable();
    let text = "";
    for await (const line of audit.export({ from, to })) {
      text += line;
      if (text.length < 64 * 1024) continue;
      await outlet.out(text);
      text = "";
    }
    if (text !== "") await outlet.out(text);
    return 0;
  });
};

const parse = <O extends Record<string, { readonly type: "string" }>>(args: readonly string[], options: O) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true }) as {
      values: { readonly [Name in keyof O]?: string };
      positionals: readonly string[];
    };
  } catch (error) {
    throw new WrongUsage((error as Error).message);
  }
};

const timeOf = (flag: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const ms = iso ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw new WrongUsage(`${flag} "${text}" is no time such as 2026-01-31 or 2026-01-31T12:00:00Z`);
  return ms;
};

const vaultOf = async (env: Environment): Promise<Vault> => {
  const { DATA_DIR, SECRET_KEY } = readConfig(env);
  const keys = SECRET_KEY ?? (existsSync(DATA_DIR) ? openDataDir(DATA_DIR).keptSecretKeys() : undefined);
  if (!keys) {
    throw new Error(
      `There is no key in "${DATA_DIR}": set HOPPETDB_DATA_DIR or HOPPETDB_SECRET_KEY as for hoppetdb serve`,
    );
  }
  return await createKeyRing(keys);
};

type Opened = { readonly audit: AuditLog; readonly redactable: () => Promise<void> };

const withAudit = async <T>({ env, err }: Outlet, work: (opened: Opened) => Promise<T>): Promise<T> => {
  const config = readConfig(env);
  const path = config.store.kind === "sqlite" ? config.store.path : undefined;
  if (path === ":memory:") {
    throw new Error("A store in memory is gone with its process: set HOPPETDB_STORE to the one that is served");
  }
  if (path !== undefined && !existsSync(path)) {
    throw new Error(
      `There is no store at "${path}": set HOPPETDB_DATA_DIR or HOPPETDB_STORE as for hoppetdb serve, or start that first`,
    );
  }
  const log = createLog("error", err);
  const vault = await vaultOf(env);
  const store = await openStore(config, vault, clock, log);
  try {
    return await withRedactor({ ...store, vault, clock, ids, log }, work);
  } finally {
    await store.close();
  }
};

type Parts = Pick<Store, "documents" | "changes"> & {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
};

const withRedactor = async <T>(parts: Parts, work: (opened: Opened) => Promise<T>): Promise<T> => {
  // nothing is added by it, so that it need not know what a name is
  const secrets = createSecretRegistry({ ...parts, isName: () => Promise.resolve(true) });
  try {
    await secrets.refresh();
    const redactor = () => secrets.redactor();
    return await work({
      audit: createAudit({ ...parts, redactor }),
      redactable: () => Promise.resolve(redactor()).then(() => {}),
    });
  } finally {
    secrets.close();
  }
};

/**
 * For commands that change something: records what was done, by whom of this machine's users (`os:root`), with the known
 * secrets of the store replaced. Resolves when it is durable. Throws the store's AppError.
 */
export const recordFromCli = (
  parts: Parts,
  what: {
    /** The command: `user reset-password`. */
    readonly action: string;
    readonly target: string | null;
    readonly before?: unknown;
    readonly after?: unknown;
    readonly outcome?: "done" | "refused" | "failed";
  },
): Promise<void> =>
  withRedactor(parts, ({ audit }) =>
    audit.record({
      outcome: "done",
      ...what,
      actor: `os:${processTerminal().by.name}`,
      via: "cli",
      address: null,
      status: null,
      request_id: null,
    }));

const processOutlet = (): Outlet => ({
  env: process.env,
  out: (text) =>
    new Promise((resolve) => {
      if (process.stdout.write(text)) resolve();
      else process.stdout.once("drain", resolve);
    }),
  err: (text) => void process.stderr.write(text),
});
