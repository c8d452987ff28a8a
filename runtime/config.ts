import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isLoopback, showListen } from "./config/values.ts";
import { type Values, type Variable, type VariableName, variables } from "./config/variables.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is in force: every variable, read and checked. */
export type Config = Values & {
  /** Where the SQLite file lies (`:memory:` for none), or the MongoDB URL. */
  readonly store: { readonly kind: "sqlite"; readonly path: string } | {
    readonly kind: "mongodb";
    readonly url: string;
  };
  /** Variables that begin with HOPPETDB_ and that nothing reads: typing errors, mostly. */
  readonly unknown: readonly string[];
};

/** All that is wrong with the configuration, a line each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length === 1 ? "an error" : `${problems.length} errors`}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const prefix = "HOPPETDB_";
/** Kubernetes sets these for a service that is called hoppetdb. */
const serviceLink = /^HOPPETDB_(SERVICE_|PORT(_|$))/;

/**
 * Reads the environment, and the files that `…_FILE` name. Throws ConfigError with every problem at once, each naming
 * the variable and what is expected; a secret's value is in none of them.
 */
export const readConfig = (env: Environment): Config => {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables) as [VariableName, Variable][]) {
    const text = textOf(env, name, variable, problems) ?? variable.default;
    if (text === undefined) continue;
    const read = variable.schema.safeParse(text);
    if (read.success) values[name] = read.data;
    else {
      const shown = variable.secret ? "" : `, got "${text}"`;
      problems.push(`${prefix}${name}: ${read.error.issues[0]?.message ?? "is not valid"}${shown}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const config = { ...(values as Values), store: storeOf(values as Values), unknown: unknownIn(env) };
  problems.push(...contradictions(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
};

const textOf = (env: Environment, name: VariableName, variable: Variable, problems: string[]): string | undefined => {
  const direct = env[prefix + name] || undefined;
  const file = variable.secret ? env[`${prefix}${name}_FILE`] || undefined : undefined;
  if (file === undefined) return direct;
  if (direct !== undefined) {
    problems.push(`${prefix}${name}: is set together with ${prefix}${name}_FILE, expected one of them`);
    return undefined;
  }
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    problems.push(`${prefix}${name}_FILE: cannot read "${file}" (${(error as { code?: string }).code ?? "error"})`);
    return undefined;
  }
};

const storeOf = (values: Values): Config["store"] => {
  const text = values.STORE ?? `sqlite:${join(values.DATA_DIR, "hoppetdb.sqlite")}`;
  if (!text.startsWith("sqlite:")) return { kind: "mongodb", url: text };
  const path = text.slice("sqlite:".length);
  return { kind: "sqlite", path: path === ":memory:" ? path : resolve(path) };
};

/** What is right by itself but not together, or not safe. */
const contradictions = (config: Config): string[] => {
  const found: string[] = [];
  const both = (one: VariableName, other: VariableName) => {
    if ((config[one] === undefined) !== (config[other] === undefined)) {
      const missing = config[one] === undefined ? one : other;
      found.push(`${prefix}${missing}: is needed together with ${prefix}${missing === one ? other : one}`);
    }
  };
  both("TLS_CERT", "TLS_KEY");
  both("UPSTREAM_CERT", "UPSTREAM_KEY");
  if (config.TLS_CRL && !config.TLS_CA) found.push(`${prefix}TLS_CA: is needed together with ${prefix}TLS_CRL`);

  if (config.CA === "own" && config.TLS_CA) {
    found.push(
      `${prefix}TLS_CA: is not used with ${prefix}CA=own, which believes its own certificates; leave it unset`,
    );
  }
  const ingress = config.INGRESS_SECRET !== undefined;
  const onSocket = config.PUPPET_LISTEN.kind === "unix" || config.PUPPETDB_LISTEN.kind === "unix";
  if (ingress && !config.INGRESS_CIDR && !onSocket) {
    found.push(
      `${prefix}INGRESS_CIDR: is needed together with ${prefix}INGRESS_SECRET, expected the ingress' addresses`,
    );
  }
  if (config.INGRESS_CIDR && !ingress) {
    found.push(`${prefix}INGRESS_SECRET: is needed together with ${prefix}INGRESS_CIDR`);
  }

  const plain = (port: "MANAGEMENT" | "PUPPET" | "PUPPETDB", safe: boolean, remedy: string) => {
    const at = config[`${port}_LISTEN`];
    if (!config[`${port}_TLS`] && !isLoopback(at) && !safe && config.PARTS.includes(port.toLowerCase() as never)) {
      found.push(`${prefix}${port}_TLS: off is refused on "${showListen(at)}", which others can reach; ${remedy}`);
    }
  };
  const https = config.PUBLIC_URL.startsWith("https:");
  plain(
    "MANAGEMENT",
    https,
    `expected on, a loopback address, or an https ${prefix}PUBLIC_URL where TLS ends in front`,
  );
  plain("PUPPET", ingress, `expected on, a loopback address, or ${prefix}INGRESS_SECRET where TLS ends in front`);
  plain("PUPPETDB", ingress, `expected on, a loopback address, or ${prefix}INGRESS_SECRET where TLS ends in front`);

  if (config.PARTS.includes("puppetdb") && !config.PUPPETDB_ALLOW && !isLoopback(config.PUPPETDB_LISTEN)) {
    found.push(
      `${prefix}PUPPETDB_ALLOW: is needed when port 8002 listens on "${showListen(config.PUPPETDB_LISTEN)}", ` +
        "expected the certnames of the Puppetservers, or * for every verified certificate",
    );
  }
  if (config.store.kind === "mongodb" && !config.SECRET_KEY) {
    found.push(`${prefix}SECRET_KEY: is needed with a mongodb:// store, expected the same one in every process`);
  }
  return found;
};

const unknownIn = (env: Environment): string[] =>
  Object.keys(env).filter((name) => {
    if (!name.startsWith(prefix) || serviceLink.test(name)) return false;
    const bare = name.slice(prefix.length);
    if (bare in variables) return false;
    const twin = bare.endsWith("_FILE") ? variables[bare.slice(0, -"_FILE".length) as VariableName] : undefined;
    return !(twin && "secret" in twin);
  });

/** The configuration as `hoppetdb config` prints it, a line a variable, secrets masked. */
export const showConfig = (env: Environment, config: Config): string[] =>
  (Object.entries(variables) as [VariableName, Variable][]).map(([name, variable]) => {
    const full = prefix + name;
    const origin = env[full]
      ? ""
      : variable.secret && env[`${full}_FILE`]
      ? ` (from ${env[`${full}_FILE`]})`
      : " (default)";
    if (variable.secret && config[name] !== undefined) {
      const open = name === "STORE" && config.store.kind === "sqlite";
      return `${full}=${open ? config.STORE : "********"}${origin}`;
    }
    if (name === "STORE") return `${full}=sqlite:${config.store.kind === "sqlite" ? config.store.path : ""}${origin}`;
    const text = env[full] || variable.default;
    return text === undefined ? `${full}= (unset)` : `${full}=${text}${origin}`;
  });
