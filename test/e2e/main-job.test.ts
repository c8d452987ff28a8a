import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { logIn, type Product, type Runtime, startProduct, until } from "./product.ts";
import { crawl, leaks, siteSecrets } from "./secrets.ts";
import { createStack, needsStack, type Stack, stackScript } from "./stack.ts";

const script = stackScript();
if (!script) console.warn(`skipped: ${needsStack}`);

const [web, db] = ["web01.example.test", "db01.example.test"];
const ports = { management: 28000, puppet: 28001, puppetdb: 28002 };
const listener = `localhost:${ports.puppet}`;

/** A catalog without what differs at each compilation. */
const catalogOf = (stack: Stack, certname: string) => {
  const { catalog_uuid: _uuid, version: _version, ...rest } = JSON.parse(
    readFileSync(stack.catalogFile(certname), "utf8"),
  );
  return rest;
};

describe.skipIf(!script)("the main job, with real agents, puppetserver and PuppetDB", () => {
  const dir = mkdtempSync(join(tmpdir(), "hoppetdb-stack-"));
  const stack = createStack(script ?? "", dir, { puppetserver: 28140, puppetdb: 28081, base: 28090 });
  const direct: Record<string, unknown> = {};
  let product: Product | undefined;

  const start = async (runtime: Runtime, env: Record<string, string> = {}) => {
    product = await startProduct(runtime, ports, {
      HOPPETDB_CA: "proxy",
      HOPPETDB_TLS_CERT: stack.tls.cert,
      HOPPETDB_TLS_KEY: stack.tls.key,
      HOPPETDB_TLS_CA: stack.tls.ca,
      HOPPETDB_TLS_CRL: stack.tls.crl,
      HOPPETDB_PUPPETSERVER_URL: stack.puppetserverUrl,
      HOPPETDB_PUPPETDB_ALLOW: "puppet.example.test",
      ...env,
    });
    return product;
  };

  beforeAll(async () => {
    // first without the product: what the agents get when nothing stands in between
    await stack.up({});
    for (const certname of [web, db, web, db]) {
      const ran = await stack.agent(certname, "localhost:28140");
      expect([0, 2], ran.output).toContain(ran.status);
      direct[certname] = catalogOf(stack, certname);
    }
    await stack.down();
    // from now on the puppetserver's termini talk to the product, and it believes the identity that the product gives
    await stack.up({ HEADER_AUTH: "true", PUPPETDB_URL: `https://localhost:${ports.puppetdb}` });
  });
  afterEach(async () => {
    await product?.close();
    product = undefined;
  });
  afterAll(async () => {
    await stack.down();
    rmSync(dir, { recursive: true, force: true });
  });

  it.each<[Runtime, boolean]>([["node", true], ["node", false], ["deno", true], ["deno", false]])(
    "runs on %s, with PuppetDB behind it: %s",
    async (runtime, withPuppetdb) => {
      const { url, log, cli } = await start(runtime, withPuppetdb ? { HOPPETDB_PUPPETDB_URL: stack.puppetdbUrl } : {});
      const checked = await cli("check");
      expect([checked.status, checked.output]).toEqual([0, expect.stringContaining("Nothing is wrong")]);
      const visitor = await logIn(url);
      const latest = async (certname: string) => await visitor.json(`/api/v1/nodes/${certname}/reports?limit=1`);

      // both nodes, then the first again: it collects what the second exported
      for (const certname of [web, db, web, db]) {
        const ran = await stack.agent(certname, listener);
        expect([0, 2], ran.output).toContain(ran.status);
      }
      expect(catalogOf(stack, web)).toEqual(direct[web]);
      expect(catalogOf(stack, db)).toEqual(direct[db]);
      expect(JSON.stringify(catalogOf(stack, web))).toContain("db01.example.test.yaml");

      // a changed file is put right, and the report tells of it
      writeFileSync(join(stack.sandbox(web), "etc", "motd"), "changed by hand\n");
      expect((await stack.agent(web, listener)).status).toBe(2);
      expect((await latest(web)).result[0].report.status).toBe("changed");
      expect(readFileSync(join(stack.sandbox(web), "etc", "motd"), "utf8")).not.toContain("by hand");
      // all secrets reach the agent
      expect(readFileSync(join(stack.sandbox(web), "etc", "token"), "utf8")).toBe(siteSecrets[0]);
      expect(readFileSync(join(stack.sandbox(web), "nginx", "tls.conf"), "utf8")).toContain(siteSecrets[1]);
      expect(readFileSync(join(stack.sandbox(db), "pg", "pgpass"), "utf8")).toContain(siteSecrets[2]);

      // a failed resource, then a failed compilation
      expect([4, 6]).toContain((await stack.agent(db, listener, { AGENT_BREAK: "run" })).status);
      const failed = await latest(db);
      expect(failed.result[0].report.status).toBe("failed");
      const broken = await stack.agent(db, listener, { AGENT_BREAK: "compile" });
      expect(broken.output).toMatch(/compilation broken on request/);

      // a person reads it all, and no secret of the manifests is anywhere
      const nodes = await visitor.json("/api/v1/nodes?limit=100");
      expect(nodes.result.map((node: { id: string }) => node.id).sort()).toEqual([db, web]);
      const catalog = await visitor.text(`/api/v1/nodes/${web}/catalog`);
      expect(catalog).toContain("etc/token");
      expect(catalog).toContain("XXXXX");
      const pages = await crawl(visitor, url, [web, db]);
      expect(pages.size).toBeGreaterThan(20);
      expect([...pages].filter(([, text]) => text.startsWith("5"))).toEqual([]);
      expect(leaks(pages)).toEqual([]);
      expect(leaks([["the log", log()]])).toEqual([]);

      if (withPuppetdb) {
        const behind = (path: string) => fetch(`http://127.0.0.1:28090/pdb/query/v4${path}`);
        await until(async () => {
          const node = await (await behind(`/nodes/${db}`)).json() as { latest_report_status?: string };
          return node.latest_report_status === "failed";
        }, () => `The forwarded reports did not arrive:\n${log().slice(-3000)}`);
      }
      expect(await visitor.json("/api/v1/dead_letters")).toMatchObject({ result: [] });
    },
  );

  describe("with the puppetserver stopped", () => {
    beforeAll(async () => void await stack.down());

    it.each<Runtime>(["node", "deno"])(
      "tells the agent clearly, and goes on showing pages, on %s",
      async (runtime) => {
        const { url, log } = await start(runtime);
        const ran = await stack.agent(web, listener);
        expect(ran.status).toBe(1);
        expect(ran.output).toMatch(/502 on SERVER: The Puppetserver cannot be reached now/);
        expect((await (await logIn(url)).get("/")).status).toBe(200);
        expect(leaks([["the log", log()], ["the agent's output", ran.output]])).toEqual([]);
      },
    );
  });
});
