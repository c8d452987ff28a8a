import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import process from "node:process";

/** The script that runs a real puppetserver, PuppetDB, PostgreSQL and agents on loopback; undefined where it is missing. */
export const stackScript = (): string | undefined => {
  const file = process.env.HOPPETDB_TEST_STACK ??
    fileURLToPath(new URL("../../../shared/puppet/real-stack.sh", import.meta.url));
  return existsSync(file) ? file : undefined;
};

/** Told where the script is missing. */
export const needsStack =
  "needs a real Puppet stack: set HOPPETDB_TEST_STACK to a script that runs Debian's puppetserver, puppetdb, " +
  "postgresql and puppet-agent (packages puppetserver, puppetdb, puppet-agent, puppet-terminus-puppetdb, postgresql-15)";

export type Ran = { readonly status: number; readonly output: string };

/** Runs a command to its end; its output is kept whole. */
export const run = (command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => output += data);
    child.stderr.on("data", (data) => output += data);
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? -1, output }));
  });

export type Stack = ReturnType<typeof createStack>;

/** One stack in a folder that other users may enter. The ports are its own, so that several can stand beside each other. */
export const createStack = (
  script: string,
  dir: string,
  ports: { puppetserver: number; puppetdb: number; base: number },
) => {
  const fixed = {
    PUPPETSERVER_PORT: String(ports.puppetserver),
    PUPPETDB_PORT: String(ports.puppetdb),
    PUPPETDB_PLAIN_PORT: String(ports.base),
    PG_PORT: String(ports.base + 1),
  };
  const call = async (verb: string, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Ran> => {
    const ran = await run(script, [verb, dir, ...args], { ...fixed, ...env });
    if (verb !== "agent" && ran.status !== 0) throw new Error(`${verb} failed with ${ran.status}:\n${ran.output}`);
    return ran;
  };
  const ssl = join(dir, "server", "ssl");
  return {
    dir,
    /** The Puppetserver's own CA, where it has one. */
    caDir: join(dir, "server", "ca"),
    puppetserverUrl: `https://localhost:${ports.puppetserver}`,
    puppetdbUrl: `https://localhost:${ports.puppetdb}`,
    /** The server's own certificate: bears `localhost`, as the listeners' must. */
    tls: {
      cert: join(ssl, "certs", "puppet.example.test.pem"),
      key: join(ssl, "private_keys", "puppet.example.test.pem"),
      ca: join(ssl, "certs", "ca.pem"),
      crl: join(ssl, "crl.pem"),
    },
    up: (env: Record<string, string>) => call("up", [], env),
    down: () => call("down"),
    /** One agent run; exit status as puppet's: 0 nothing, 2 changes, 4 failures, 6 both, 1 no catalog. */
    agent: (certname: string, server: string, env: Record<string, string> = {}, args: readonly string[] = []) =>
      call("agent", [certname, ...args], { AGENT_SERVER: server, AGENT_CA_SERVER: server, ...env }),
    /** All that an agent keeps: etc, var, ssl. */
    agentDir: (certname: string) => join(dir, "agents", certname),
    /** Where the agent keeps the last catalog that it got. */
    catalogFile: (certname: string) =>
      join(dir, "agents", certname, "var", "client_data", "catalog", `${certname}.json`),
    sandbox: (certname: string) => join(dir, "sandbox", certname),
  };
};
