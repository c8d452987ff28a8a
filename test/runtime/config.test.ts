import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, type Environment, readConfig, showConfig } from "../../runtime/config.ts";
import { variables } from "../../runtime/config/variables.ts";

const secret = "0123456789abcdef0123456789abcdef";
const problemsOf = (env: Environment): readonly string[] => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe("readConfig", () => {
  it("needs nothing", () => {
    const config = readConfig({});
    expect(config.PUPPET_LISTEN).toEqual({ kind: "tcp", host: "0.0.0.0", port: 8001 });
    expect(config.MANAGEMENT_TLS).toBe(false);
    expect(config.REPORT_TTL).toBe(14 * 86_400_000);
    expect(config.store.kind === "sqlite" && config.store.path).toMatch(/\/data\/hoppetdb\.sqlite$/);
    expect(config.PARTS).toEqual(["management", "puppet", "puppetdb", "relay", "worker"]);
  });

  it("names every wrong variable at once, with what is expected", () => {
    expect(problemsOf({
      HOPPETDB_PUPPET_LISTEN: "8001",
      HOPPETDB_REPORT_TTL: "two weeks",
      HOPPETDB_PUPPETSERVER_URL: "https://puppet:8140/path",
      HOPPETDB_PARTS: "management,ui",
      HOPPETDB_CA: "both",
    })).toEqual([
      'HOPPETDB_PARTS: expected some of management, puppet, puppetdb, relay, worker, got "management,ui"',
      'HOPPETDB_PUPPET_LISTEN: expected host:port or unix:/path, got "8001"',
      "HOPPETDB_PUPPETSERVER_URL: expected URLs such as https://puppet.example.com:8140, without a path, separated by commas," +
      ' got "https://puppet:8140/path"',
      'HOPPETDB_CA: expected own or proxy, got "both"',
      'HOPPETDB_REPORT_TTL: expected a duration such as 14d, 12h, 30m, 90s or 500ms, got "two weeks"',
    ]);
  });

  it("never shows a secret that is wrong", () => {
    const problems = problemsOf({ HOPPETDB_SECRET_KEY: "hunter2", HOPPETDB_ADMIN_PASSWORD: "swordfish" });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toMatch(/hunter2|swordfish/);
  });

  it("reads a secret from the file that its twin names", () => {
    const dir = mkdtempSync(join(tmpdir(), "hoppetdb-config-"));
    const file = join(dir, "key");
    writeFileSync(file, `${secret}\n`);
    expect(readConfig({ HOPPETDB_SECRET_KEY_FILE: file }).SECRET_KEY).toEqual([secret]);
    expect(problemsOf({ HOPPETDB_SECRET_KEY_FILE: file, HOPPETDB_SECRET_KEY: secret })[0]).toMatch(/is set together/);
    expect(problemsOf({ HOPPETDB_SECRET_KEY_FILE: join(dir, "none") })[0]).toMatch(/cannot read ".*none" \(ENOENT\)/);
    rmSync(dir, { recursive: true });
  });

  it.each<[string, Environment, RegExp]>([
    [
      "plain HTTP for people",
      { HOPPETDB_MANAGEMENT_LISTEN: "0.0.0.0:8000" },
      /MANAGEMENT_TLS: off is refused on "0.0.0.0:8000"/,
    ],
    ["a plain puppet port", { HOPPETDB_PUPPET_TLS: "off" }, /PUPPET_TLS: off is refused/],
    ["half an ingress", { HOPPETDB_INGRESS_SECRET: secret }, /INGRESS_CIDR: is needed/],
    ["the other half", { HOPPETDB_INGRESS_CIDR: "10.0.0.0/8" }, /INGRESS_SECRET: is needed/],
    ["half a certificate", { HOPPETDB_TLS_CERT: "/a.pem" }, /TLS_KEY: is needed together with HOPPETDB_TLS_CERT/],
    ["an open puppetdb port", { HOPPETDB_PUPPETDB_LISTEN: "0.0.0.0:8002" }, /PUPPETDB_ALLOW: is needed when port 8002/],
    ["mongodb without a key", { HOPPETDB_STORE: "mongodb://host/db" }, /SECRET_KEY: is needed with a mongodb/],
    ["a wrong network", { HOPPETDB_TRUSTED_PROXIES: "10.0.0.0/33" }, /TRUSTED_PROXIES: expected addresses/],
  ])("refuses %s", (_, env, problem) => {
    expect(problemsOf(env).join("\n")).toMatch(problem);
  });

  it("lets TLS end in front where that is said", () => {
    expect(
      problemsOf({ HOPPETDB_MANAGEMENT_LISTEN: "0.0.0.0:8000", HOPPETDB_PUBLIC_URL: "https://hoppetdb.example.com" }),
    )
      .toEqual([]);
    expect(
      problemsOf({
        HOPPETDB_PUPPET_LISTEN: "unix:/run/p.sock",
        HOPPETDB_PUPPET_TLS: "off",
        HOPPETDB_INGRESS_SECRET: secret,
      }),
    )
      .toEqual([]);
  });

  it("tells of variables that nothing reads, but not of what Kubernetes sets for a service", () => {
    const config = readConfig({
      HOPPETDB_PUPETDB_URL: "https://p:8081",
      HOPPETDB_SERVICE_HOST: "10.0.0.1",
      HOPPETDB_PORT_8001_TCP: "tcp://10.0.0.1:8001",
      HOPPETDB_SECRET_KEY_FILE: "",
    });
    expect(config.unknown).toEqual(["HOPPETDB_PUPETDB_URL"]);
  });
});

describe("showConfig", () => {
  it("prints a line a variable and masks secrets", () => {
    const env = { HOPPETDB_SECRET_KEY: secret, HOPPETDB_LOG: "debug" };
    const lines = showConfig(env, readConfig(env));
    expect(lines).toHaveLength(Object.keys(variables).length);
    expect(lines).toContain("HOPPETDB_SECRET_KEY=********");
    expect(lines).toContain("HOPPETDB_LOG=debug");
    expect(lines).toContain("HOPPETDB_MANAGEMENT_LISTEN=127.0.0.1:8000 (default)");
    expect(lines.join("\n")).not.toContain(secret);
  });
});

describe("README", () => {
  it("explains every variable", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const missing = Object.keys(variables).filter((name) => !readme.includes(`HOPPETDB_${name}`));
    expect(missing).toEqual([]);
  });
});
