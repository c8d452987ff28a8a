import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import process from "node:process";
import { type Config, readConfig } from "../config.ts";
import { ask, type Material } from "./check/ask.ts";
import { type CaLook, lookAtCa } from "./check/ca.ts";
import { checkCertificates } from "./check/certificates.ts";
import { error, type Finding, ok, warning } from "./check/finding.ts";
import { checkPorts } from "./check/ports.ts";
import { checkPuppetserver } from "./check/puppetserver.ts";

/** `hoppetdb check`: exit status 0 when nothing is wrong, 1 otherwise. Warnings do not count. */
export const checkCommand = async (): Promise<number> => {
  const config = readConfig(process.env);
  const own = await lookAtCa(config, process.env, Date.now());
  const material = materialOf(config, own);
  const name = material.cert ? commonName(material.cert) : "";
  const findings = [
    ...checkDataDir(config),
    ...own?.findings ?? [],
    ...(config.PARTS.some((part) => part === "puppet" || part === "puppetdb")
      ? checkCertificates(own?.shown, config, Date.now())
      : []),
    ...await checkPorts(config, material),
    ...await checkServers(config, material, name),
    ...config.unknown.map((each) =>
      warning(`${each} is read by nothing`, "Is it a typing error? README.md lists the variables")
    ),
  ];
  const signs = { ok: "ok     ", warning: "WARNING", error: "ERROR  " };
  for (const { level, what, do: todo } of findings) {
    process.stdout.write(`${signs[level]}  ${what}\n${todo ? `         -> ${todo}\n` : ""}`);
  }
  const wrong = findings.filter(({ level }) => level === "error").length;
  process.stdout.write(
    wrong === 0 ? "\nNothing is wrong\n" : `\n${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong\n`,
  );
  return wrong === 0 ? 0 : 1;
};

const checkDataDir = (config: Config): Finding[] => {
  if (!existsSync(config.DATA_DIR)) return [ok(`"${config.DATA_DIR}" will be made at the first start`)];
  const open = (statSync(config.DATA_DIR).mode & 0o077) !== 0;
  return open
    ? [error(`Others may look into "${config.DATA_DIR}"`, `chmod 700 ${config.DATA_DIR}`)]
    : [ok(`"${config.DATA_DIR}" is closed to others`)];
};

const checkServers = async (config: Config, material: Material, name: string): Promise<Finding[]> => {
  const found: Finding[] = [];
  if (!config.PUPPETSERVER_URL) {
    found.push(warning("No Puppetserver is set: agents get no catalog", "Set HOPPETDB_PUPPETSERVER_URL"));
  }
  for (const url of config.PUPPETSERVER_URL ?? []) found.push(...await checkPuppetserver(url, material, name));
  if (!config.PUPPETDB_URL) return found;
  const answer = await ask(`${config.PUPPETDB_URL}/pdb/meta/v1/version`, { material });
  if (answer.kind === "failure") {
    found.push(
      error(
        `${config.PUPPETDB_URL} cannot be reached: ${answer.message}`,
        "Check HOPPETDB_PUPPETDB_URL; commands wait in the store meanwhile",
      ),
    );
  } else if (answer.status === 403) {
    found.push(error(`${config.PUPPETDB_URL} refuses "${name}"`, "Add that name to PuppetDB's certificate-allowlist"));
  } else found.push(ok(`${config.PUPPETDB_URL} answers (${answer.body.replaceAll(/\s/g, "").slice(0, 60)})`));
  return found;
};

const materialOf = (config: Config, own: CaLook | undefined): Material => {
  const read = (file: string | undefined) => file && existsSync(file) ? { pem: readFileSync(file, "utf8") } : undefined;
  const cert = read(config.UPSTREAM_CERT ?? config.TLS_CERT);
  const key = read(config.UPSTREAM_KEY ?? config.TLS_KEY);
  const ca = read(config.UPSTREAM_CA ?? config.TLS_CA);
  if (own?.shown && !config.UPSTREAM_CERT) return own.shown;
  return { ...(cert && key ? { cert: cert.pem, key: key.pem } : {}), ...(ca ? { ca: ca.pem } : {}) };
};

const commonName = (pem: string): string => /(?:^|\n)CN=(.+)/.exec(new X509Certificate(pem).subject)?.[1] ?? "";
