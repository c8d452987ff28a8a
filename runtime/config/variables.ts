import { z } from "zod";
import {
  autosign,
  count,
  duration,
  list,
  listen,
  listOf,
  networks,
  onOff,
  serverUrl,
  serverUrls,
  size,
  statusUrl,
  ttl,
} from "./values.ts";

export const parts = ["management", "puppet", "puppetdb", "relay", "worker"] as const;
export type Part = (typeof parts)[number];

const minSecret = 32;
const certnames = list;

export type Variable = {
  /** Read when the variable is unset; undefined: stays unset. */
  readonly default?: string;
  readonly schema: z.ZodType<unknown, string>;
  /** Never printed, and may come from the file that NAME_FILE names. */
  readonly secret?: true;
};

/**
 * Every variable that is read, without the prefix HOPPETDB_. README's table tells what they mean; a test holds the two
 * against each other.
 */
export const variables = {
  DATA_DIR: { default: "./data", schema: z.string().min(1) },
  STORE: {
    schema: z.string().regex(
      /^(sqlite:.+|mongodb(\+srv)?:\/\/.+)$/,
      "expected sqlite:PATH, sqlite::memory: or mongodb://…",
    ),
    secret: true,
  },
  SECRET_KEY: {
    schema: list.refine((keys) => keys.length > 0 && keys.every((key) => key.length >= minSecret), {
      message: `expected at least ${minSecret} characters (several keys, newest first, separated by commas)`,
    }),
    secret: true,
  },
  ADMIN_PASSWORD: { schema: z.string().min(12, "expected at least 12 characters"), secret: true },
  PARTS: { default: parts.join(","), schema: listOf(parts) },
  MANAGEMENT_LISTEN: { default: "127.0.0.1:8000", schema: listen },
  PUPPET_LISTEN: { default: "0.0.0.0:8001", schema: listen },
  PUPPETDB_LISTEN: { default: "127.0.0.1:8002", schema: listen },
  MANAGEMENT_TLS: { default: "off", schema: onOff },
  PUPPET_TLS: { default: "on", schema: onOff },
  PUPPETDB_TLS: { default: "on", schema: onOff },
  MANAGEMENT_BODY_LIMIT: { default: "1MB", schema: size },
  PUPPET_BODY_LIMIT: { default: "512MB", schema: size },
  PUPPETDB_BODY_LIMIT: { default: "64MB", schema: size },
  PUPPETDB_PAYLOAD_LIMIT: { default: "128MB", schema: size },
  PUBLIC_URL: { default: "http://127.0.0.1:8000", schema: serverUrl },
  TRUSTED_PROXIES: { default: "", schema: networks },
  TLS_CERT: { schema: z.string().min(1) },
  TLS_KEY: { schema: z.string().min(1) },
  TLS_NAMES: { default: "", schema: certnames },
  TLS_CA: { schema: z.string().min(1) },
  TLS_CRL: { schema: z.string().min(1) },
  PUPPETSERVER_URL: { schema: serverUrls },
  PUPPETSERVER_CONCURRENCY: { default: "4", schema: count.refine((n) => n > 0, "expected at least 1") },
  PUPPETSERVER_TIMEOUT: { default: "10m", schema: duration },
  INJECTED_FACT: {
    default: "pyppetdb",
    schema: z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, "expected a fact's name: small letters, digits and underscores")
      // variables of Puppet's own
      .refine(
        (name) => !["facts", "trusted", "server_facts"].includes(name),
        "expected a name that Puppet leaves free",
      ),
  },
  PUPPETDB_URL: { schema: serverUrl },
  UPSTREAM_CERT: { schema: z.string().min(1) },
  UPSTREAM_KEY: { schema: z.string().min(1) },
  UPSTREAM_CA: { schema: z.string().min(1) },
  INGRESS_SECRET: {
    schema: z.string().min(minSecret, `expected at least ${minSecret} characters`),
    secret: true,
  },
  INGRESS_CIDR: { schema: networks },
  TRUSTED_CNS: { default: "", schema: certnames },
  PUPPETDB_ALLOW: { schema: certnames },
  PUPPETDB_ALLOW_QUERIES: { default: "", schema: certnames },
  CA: { schema: z.enum(["own", "proxy"], "expected own or proxy") },
  CA_ADMIN_CNS: { default: "", schema: certnames },
  CA_AUTOSIGN: { default: "off", schema: autosign },
  CA_AUTOSIGN_KNOWN_NODES: { default: "off", schema: onOff },
  CA_AUTOSIGN_EXEC: { schema: z.string().startsWith("/", "expected an absolute path") },
  CA_AUTOSIGN_URL: { schema: z.url({ protocol: /^https?$/, error: "expected an http or https URL" }), secret: true },
  CA_ALLOW_SUBJECT_ALT_NAMES: { default: "off", schema: onOff },
  CA_ENFORCE_RFC1123: { default: "on", schema: onOff },
  CA_TTL: { default: "1825d", schema: ttl },
  CA_RENEWAL: { default: "on", schema: onOff },
  CA_AUTO_RENEWAL_TTL: { default: "90d", schema: ttl },
  CA_REQUEST_TTL: { default: "30d", schema: duration },
  CA_CRL_TTL: { default: "30d", schema: ttl },
  CA_KEY: { default: "rsa", schema: z.enum(["rsa", "p-256", "p-384"], "expected rsa, p-256 or p-384") },
  CA_CRL_URL: { schema: statusUrl },
  CA_OCSP_URL: { schema: statusUrl },
  LOG: { default: "info", schema: z.enum(["debug", "info", "warn", "error"], "expected debug, info, warn or error") },
  REPORT_TTL: { default: "14d", schema: duration },
  UNCHANGED_REPORT_TTL: { default: "1d", schema: duration },
  CATALOG_TTL: { default: "90d", schema: duration },
  CATALOGS_PER_NODE: { default: "20", schema: count.refine((n) => n > 0, "expected at least 1") },
  NODE_TTL: { default: "7d", schema: duration },
  NODE_PURGE_TTL: { default: "14d", schema: duration },
  AUDIT_TTL: { default: "365d", schema: duration },
  BACKUP_PASSPHRASE: { schema: z.string().min(12, "expected at least 12 characters"), secret: true },
  TICK_SECRET: { schema: z.string().min(minSecret, `expected at least ${minSecret} characters`), secret: true },
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;

type Output<V extends Variable> = z.output<V["schema"]>;
/** What the variables hold once they are read: unset ones without a default are undefined. */
export type Values = {
  readonly [Name in VariableName]: (typeof variables)[Name] extends { readonly default: string }
    ? Output<(typeof variables)[Name]>
    : Output<(typeof variables)[Name]> | undefined;
};
