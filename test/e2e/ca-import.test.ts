import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ask, type CaCommand, caCommand, enrol, must } from "./ca-client.ts";
import { commandOf, type Product, type Runtime, startProduct } from "./product.ts";
import { createStack, needsStack, run, stackScript } from "./stack.ts";

const script = stackScript();
if (!script) console.warn(`skipped: ${needsStack}`);

const ports = { management: 29000, puppet: 29001, puppetdb: 29002 };
const listener = `localhost:${ports.puppet}`;
const ca = `https://${listener}/puppet-ca/v1`;
const [server, kept, revoked] = ["puppet.example.test", "old01.example.test", "old02.example.test"];

describe.skipIf(!script)("moving a real Puppetserver's CA into hoppetdb", () => {
  const folders: string[] = [];
  const folder = (name: string) => {
    const path = mkdtempSync(join(tmpdir(), `hoppetdb-import-${name}-`));
    folders.push(path);
    return path;
  };
  const files = folder("files");
  const stack = createStack(script ?? "", folder("stack"), { puppetserver: 29240, puppetdb: 29181, base: 29190 });
  const env = { HOPPETDB_PUPPETSERVER_URL: stack.puppetserverUrl, HOPPETDB_PUPPETDB_ALLOW: server };
  const agent = (name: string) => stack.agent(name, listener, {}, ["--keylength", "2048"]);
  const pemOf = (name: string) => join(stack.agentDir(name), "ssl", "certs", `${name}.pem`);
  let product: Product | undefined;
  let bundle = "";
  let command: CaCommand;

  beforeAll(async () => {
    // the estate as it was: the Puppetserver is the CA, hoppetdb stands in front of it
    await stack.up({
      COMPONENTS: "puppetserver",
      HEADER_AUTH: "true",
      PUPPETDB_URL: `https://localhost:${ports.puppetdb}`,
    });
    const before = await startProduct("node", ports, {
      ...env,
      HOPPETDB_DATA_DIR: folder("proxy"),
      HOPPETDB_CA: "proxy",
      HOPPETDB_TLS_CERT: stack.tls.cert,
      HOPPETDB_TLS_KEY: stack.tls.key,
      HOPPETDB_TLS_CA: stack.tls.ca,
      HOPPETDB_TLS_CRL: stack.tls.crl,
    });
    try {
      const [pem, cert, key, crl] = [stack.tls.ca, stack.tls.cert, stack.tls.key, stack.tls.crl]
        .map((file) => readFileSync(file, "utf8")) as [string, string, string, string];
      for (const name of [kept, revoked]) {
        const ran = await agent(name);
        expect([ran.status, ran.output]).toEqual([2, expect.stringContaining("Applied catalog")]);
      }
      command = caCommand(folder("operator"), ports.puppet, server, { ca: pem, cert, key }, crl);
      const done = await command("revoke", "--certname", revoked);
      expect([done.status, done.output]).toEqual([0, expect.stringContaining("has been revoked")]);
      bundle = (await ask(`${ca}/certificate/ca`, { ca: pem })).body;
    } finally {
      await before.close();
    }
  });
  afterEach(async () => {
    await product?.close();
    product = undefined;
  });
  afterAll(async () => {
    await stack.down();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });

  it.each<Runtime>(["node", "deno"])("goes on with every agent on %s", async (runtime) => {
    const own = {
      ...env,
      HOPPETDB_DATA_DIR: folder(runtime),
      HOPPETDB_CA: "own",
      HOPPETDB_CA_AUTOSIGN: "*.auto.test",
    };
    const [program, args] = commandOf(runtime);
    const imported = await run(program, [...args, "ca", "import", stack.caDir], own);
    expect([imported.status, imported.output]).toEqual([0, expect.any(String)]);
    product = await startProduct(runtime, ports, own);
    expect((await ask(`${ca}/certificate/ca`, { ca: bundle })).body).toBe(bundle);

    // the old agent notices nothing
    const before = readFileSync(pemOf(kept), "utf8");
    const ran = await agent(kept);
    expect([[0, 2].includes(ran.status), ran.output]).toEqual([true, expect.stringContaining("Applied catalog")]);
    expect(ran.output).not.toMatch(/Downloaded|Creating a new/);
    expect(readFileSync(pemOf(kept), "utf8")).toBe(before);
    expect((await ask(`${ca}/certificate/${kept}`, { ca: bundle })).body).toBe(before);
    // the revoked one stays out
    const refused = await agent(revoked);
    expect([refused.status, refused.output]).toEqual([1, expect.stringContaining("certificate is revoked")]);

    // who might administer the old CA may do so now, with the same certificate
    const listed = await command("list", "--all");
    expect(listed.status).toBe(0);
    const [signed = "", gone = ""] = listed.output.split("Revoked Certificates:");
    expect(signed).toContain(kept);
    expect(signed).toContain(`${server} `);
    expect(signed).toContain("pp_cli_auth: true");
    expect(gone).toContain(revoked);

    // a new one beside the old ones: accepted wherever the old CA is
    const fresh = `${runtime}.auto.test`;
    await enrol(ca, bundle, files, fresh);
    const crl = join(files, "crl.pem");
    writeFileSync(crl, (await ask(`${ca}/certificate_revocation_list/ca`, { ca: bundle })).body);
    const chain = ["-crl_check_all", "-CAfile", stack.tls.ca, "-CRLfile", crl];
    const made = join(files, `${fresh}.pem`);
    expect(await must("openssl", ["verify", ...chain, made, pemOf(kept)])).toBe(`${made}: OK\n${pemOf(kept)}: OK\n`);
    await expect(must("openssl", ["verify", ...chain, pemOf(revoked)])).rejects.toThrow("certificate revoked");
  });
});
