import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { run } from "./stack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
export type Runtime = "node" | "deno";
export const adminPassword = "correct horse battery staple";

export type Product = Awaited<ReturnType<typeof startProduct>>;

/** The arguments that run the product's command line on a runtime. */
export const commandOf = (runtime: Runtime): [string, string[]] =>
  runtime === "node"
    ? [join(root, "node_modules/.bin/node"), [join(root, "runtime/node.ts")]]
    : [join(root, "node_modules/.bin/deno"), ["run", "-A", join(root, "runtime/deno.ts")]];

/**
 * Starts the product as a process of its own and waits until its three ports are ready. Everything that it prints is in
 * `log()`. `close` ends it as a supervisor would (SIGTERM), `kill` as a power cut would.
 */
export const startProduct = async (
  runtime: Runtime,
  ports: { management: number; puppet: number; puppetdb: number },
  env: Record<string, string>,
) => {
  const dataDir = env.HOPPETDB_DATA_DIR ?? mkdtempSync(join(tmpdir(), "hoppetdb-e2e-"));
  const [command, args] = commandOf(runtime);
  const url = `http://127.0.0.1:${ports.management}`;
  const environment: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "",
    HOPPETDB_DATA_DIR: dataDir,
    HOPPETDB_ADMIN_PASSWORD: adminPassword,
    HOPPETDB_MANAGEMENT_LISTEN: `127.0.0.1:${ports.management}`,
    HOPPETDB_PUPPET_LISTEN: `127.0.0.1:${ports.puppet}`,
    HOPPETDB_PUPPETDB_LISTEN: `127.0.0.1:${ports.puppetdb}`,
    HOPPETDB_PUBLIC_URL: url,
    HOPPETDB_LOG: "debug",
    ...env,
  };
  const child: ChildProcess = spawn(command, [...args, "serve"], {
    cwd: root,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stdout?.on("data", (data) => log += data);
  child.stderr?.on("data", (data) => log += data);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return await ended;
  };
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`The product ended with ${child.exitCode}:\n${log}`);
    return (await fetch(`${url}/healthz/ready`)).ok;
  }, () => `The product is not ready:\n${log}`);
  return {
    url,
    runtime,
    dataDir,
    puppet: `localhost:${ports.puppet}`,
    log: () => log,
    /** Another command of the product with the same settings, e.g. `check`. */
    cli: (...words: string[]) => run(command, [...args, ...words], environment),
    close: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  };
};

/** Asks again until it holds; a refused connection counts as "not yet". */
export const until = async (holds: () => Promise<boolean>, why: () => string, seconds = 30): Promise<void> => {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      if (await holds()) return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    if (Date.now() > deadline) throw new Error(why());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

export type Visitor = Awaited<ReturnType<typeof logIn>>;

/** A person with a browser: logs in and reads. */
export const logIn = async (url: string, password = adminPassword) => {
  const answer = await fetch(`${url}/api/v1/authenticate`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ user: "admin", password }),
  });
  if (answer.status !== 201) throw new Error(`Login failed with ${answer.status}: ${await answer.text()}`);
  const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  const get = (path: string) => fetch(url + path, { headers: { cookie }, redirect: "manual" });
  return {
    cookie,
    get,
    // deno-lint-ignore no-explicit-any
    json: async (path: string): Promise<any> => {
      const response = await get(path);
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
      return await response.json();
    },
    text: async (path: string): Promise<string> => await (await get(path)).text(),
  };
};
