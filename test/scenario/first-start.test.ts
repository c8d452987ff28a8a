import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { commandOf, logIn, type Product, type Runtime, startProduct } from "../e2e/product.ts";
import { run } from "../e2e/stack.ts";
import { httpsGet } from "../support/https-get.ts";

const runtime: Runtime = "Deno" in globalThis ? "deno" : "node";
const from = runtime === "deno" ? 28130 : 28120;
const ports = { management: from, puppet: from + 1, puppetdb: from + 2 };
const dir = mkdtempSync(join(tmpdir(), "hoppetdb-first-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const cli = async (args: string[], env: Record<string, string> = {}) => {
  const [command, first] = commandOf(runtime);
  return await run(command, [...first, ...args], env);
};

/** Deno's node:child_process gives no exit status for a process that was sent a signal, even one that handled it. */
const endsCleanly = async (product: Product): Promise<void> => {
  expect(await product.close()).toBe(runtime === "deno" ? null : 0);
  expect(product.log()).toContain('"event":"Stopping"');
};

describe("a first start with nothing set", () => {
  it("opens its ports, says how to log in and what is still to be set, and ends cleanly", async () => {
    const product = await startProduct(runtime, ports, {
      HOPPETDB_DATA_DIR: dir,
      HOPPETDB_ADMIN_PASSWORD: "",
      HOPPETDB_PARTS: "management,puppet,puppetdb",
    });
    const file = join(dir, "admin-password");
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of ["admin-password", "secret-key", "hoppetdb.sqlite", "listener-key.pem"]) {
      expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    const password = readFileSync(file, "utf8").trim();
    expect(product.log()).toContain(`log in as admin with the password in ${file}`);
    expect(product.log()).toContain("our own: hoppetdb ca help");
    expect(product.log()).not.toContain("HOPPETDB_TLS_CERT");
    expect(product.log()).toContain("HOPPETDB_PUPPETSERVER_URL");

    // not expected anywhere: the password and the key
    expect(product.log()).not.toContain(password);
    expect(product.log()).not.toContain(readFileSync(join(dir, "secret-key"), "utf8").trim());

    // an agent can begin at once; everything else wants a certificate
    const answer = async (port: number, path: string) => await httpsGet(`https://127.0.0.1:${port}${path}`);
    const bundle = await answer(ports.puppet, "/puppet-ca/v1/certificate/ca");
    expect([bundle.status, bundle.body.match(/BEGIN CERTIFICATE/g)?.length]).toEqual([200, 2]);
    expect((await answer(ports.puppet, "/puppet/v3/node/x")).status).toBe(403);
    expect((await answer(ports.puppetdb, "/pdb/meta/v1/version")).status).toBe(403);
    // without its credential the tick is not there
    expect((await fetch(`${product.url}/internal/v1/tick`, { method: "POST" })).status).toBe(404);

    const visitor = await logIn(product.url, password);
    const changed = await fetch(`${product.url}/api/v1/users/_self/password`, {
      method: "PUT",
      headers: { cookie: visitor.cookie, "content-type": "application/json" },
      body: JSON.stringify({ old: password, new: "another good password" }),
    });
    expect(changed.status).toBe(200);
    expect(() => statSync(file)).toThrow(/ENOENT/);
    await endsCleanly(product);
  }, 60_000);

  it(
    "starts again on the same folder with the password that was set, and does the work that a tick asks for",
    async () => {
      const secret = "a credential of more than thirty-two characters";
      const product = await startProduct(runtime, ports, {
        HOPPETDB_DATA_DIR: dir,
        HOPPETDB_TICK_SECRET: secret,
        HOPPETDB_PARTS: "management",
      });
      await logIn(product.url, "another good password");
      const tick = (credential: string) =>
        fetch(`${product.url}/internal/v1/tick`, {
          method: "POST",
          headers: { authorization: `Bearer ${credential}` },
        });
      expect((await tick("wrong")).status).toBe(401);
      expect(await (await tick(secret)).json()).toEqual({
        ran: ["prune", "relieve", "audit", "ca-crl", "ca-requests", "ca-rollover"],
      });
      expect(product.log()).not.toContain(secret);
      await endsCleanly(product);
    },
    60_000,
  );

  it("asks who the CA is where that is not plain, and does not change it by a variable", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "hoppetdb-mode-"));
    const puppetserver = { HOPPETDB_PUPPETSERVER_URL: "https://127.0.0.1:1" };
    const open = await cli(["serve"], { HOPPETDB_DATA_DIR: elsewhere, ...puppetserver });
    expect(open.status).toBe(1);
    expect(open.output).toMatch(/Set HOPPETDB_CA: [\s\S]*HOPPETDB_CA=own [\s\S]*HOPPETDB_CA=proxy /);
    rmSync(elsewhere, { recursive: true, force: true });
    const changed = await cli(["serve"], { HOPPETDB_DATA_DIR: dir, HOPPETDB_CA: "proxy" });
    expect([changed.status, changed.output]).toEqual([1, expect.stringContaining("hoppetdb ca switch proxy")]);
  }, 60_000);

  it("refuses a wrong configuration and a foreign key in words, with an exit status", async () => {
    const wrong = await cli(["serve"], { HOPPETDB_PUPPET_LISTEN: "8001", HOPPETDB_LOG: "loud" });
    expect(wrong.status).toBe(78);
    expect(wrong.output).toContain("The configuration has 2 errors:");
    const other = await cli(["serve"], {
      HOPPETDB_DATA_DIR: dir,
      HOPPETDB_SECRET_KEY: "quite another key of more than 32 characters",
    });
    expect(other.status).toBe(1);
    expect(other.output).toMatch(/encrypted under key "[0-9a-f]{16}"/);
    const mongo = await cli(["serve"], {
      HOPPETDB_DATA_DIR: dir,
      HOPPETDB_STORE: "mongodb://u:swordfish@h/d",
      HOPPETDB_SECRET_KEY: "k".repeat(40),
    });
    expect([mongo.status, mongo.output]).toEqual([1, expect.stringContaining("This version has no MongoDB store")]);
    expect(mongo.output).not.toContain("swordfish");
    expect((await cli(["frobnicate"])).status).toBe(64);
  }, 60_000);
});
