import process from "node:process";
import type { CaMode } from "../ca/mode.ts";
import { type Config, readConfig } from "../config.ts";
import { showListen } from "../config/values.ts";
import { createLog } from "../log.ts";
import { serve } from "../serve.ts";
import { version } from "../version.ts";

/** `hoppetdb serve`: what to open and what is still to be set goes to standard output, the log to standard error. */
export const serveCommand = async (): Promise<number> => {
  const config = readConfig(process.env);
  const log = createLog(config.LOG, (line) => void process.stderr.write(line));
  for (const name of config.unknown) log.warn("Variable is read by nothing", { name });
  await serve(config, log, (login, mode) => process.stdout.write(`${greeting(config, login, mode).join("\n")}\n`));
  return 0;
};

/** What a person wants to know who has just started it. */
export const greeting = (config: Config, login: string, mode: CaMode): string[] => {
  const runtime = "Deno" in globalThis ? `Deno ${process.versions.deno}` : `Node ${process.versions.node}`;
  const has = (part: string) => config.PARTS.includes(part as never);
  const missing = stillToBeSet(config, mode);
  return [
    "",
    `hoppetdb ${version} on ${runtime}`,
    "",
    ...(has("management") ? [`  people    ${config.PUBLIC_URL}`, `            ${login}`] : []),
    ...(has("puppet") ? [`  agents    port 8001 at ${showListen(config.PUPPET_LISTEN)}`] : []),
    ...(has("puppetdb") ? [`  puppetdb  port 8002 at ${showListen(config.PUPPETDB_LISTEN)}`] : []),
    ...(has("puppet")
      ? [`  CA        ${mode === "own" ? "our own: hoppetdb ca help" : "the Puppetserver's (HOPPETDB_CA=proxy)"}`]
      : []),
    `  store     ${config.store.kind === "sqlite" ? config.store.path : "MongoDB"}`,
    "",
    ...(missing.length > 0 ? ["Still to be set:", ...missing.map((line) => `  ${line}`), ""] : []),
  ];
};

const stillToBeSet = (config: Config, mode: CaMode): string[] => {
  const agentSide = config.PARTS.includes("puppet") || config.PARTS.includes("puppetdb");
  return [
    ...(mode === "proxy" && agentSide && (!config.TLS_CERT || !config.TLS_CA)
      ? [
        "HOPPETDB_TLS_CERT, _KEY, _CA   PEM files of your Puppet CA; until then ports 8001 and 8002 refuse every client",
      ]
      : []),
    ...(config.PARTS.includes("puppet") && !config.PUPPETSERVER_URL
      ? ["HOPPETDB_PUPPETSERVER_URL      the Puppetserver behind port 8001, e.g. https://puppet.example.com:8140"]
      : []),
  ];
};
