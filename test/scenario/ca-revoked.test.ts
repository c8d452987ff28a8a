import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyRing } from "../../handlers/core/encryption/key-ring.ts";
import { openCertificates } from "../../handlers/core/ca/authority-facts.ts";
import { ask, type Client, fetchBundle, keepOpen } from "../e2e/ca-client.ts";
import { type Product, type Runtime, startProduct } from "../e2e/product.ts";
import { createSqliteCa, operator as by } from "../support/ca.ts";
import { newKey, requestPem } from "../support/ca-requests.ts";
import { eventually } from "../support/eventually.ts";

const runtime: Runtime = "Deno" in globalThis ? "deno" : "node";
const from = runtime === "deno" ? 28340 : 28320;
const ports = { management: from, puppet: from + 1, puppetdb: from + 2 };
const beside = { management: from + 10, puppet: from + 11, puppetdb: from + 12 };
const ca = `https://localhost:${ports.puppet}/puppet-ca/v1`;
const [operator, agent, other] = ["operator.example.test", "agent.example.test", "other.example.test"];
const nodes = "/pdb/query/v4/nodes";

describe("two processes on one store, with agents that stay connected", () => {
  const dir = mkdtempSync(join(tmpdir(), "hoppetdb-ca-revoked-"));
  const env = {
    HOPPETDB_DATA_DIR: dir,
    HOPPETDB_CA: "own",
    HOPPETDB_CA_KEY: "p-256",
    HOPPETDB_CA_AUTOSIGN: "*.example.test,operator.example.test,agent.example.test",
    HOPPETDB_CA_ADMIN_CNS: operator,
    HOPPETDB_TRUSTED_CNS: agent,
    HOPPETDB_PUPPETDB_ALLOW: `${agent},${other}`,
  };
  let [first, second]: Product[] = [];
  let bundle = "";
  const clients = new Map<string, Required<Client>>();
  const put = (path: string, client: Client, body: string, type = "text/plain") =>
    ask(`${ca}${path}`, client, "PUT", body, type);
  const enrol = async (certname: string) => {
    const key = await newKey();
    expect((await put(`/certificate_request/${certname}`, { ca: bundle }, await requestPem(certname, { key }))).status)
      .toBe(200);
    const { body } = await ask(`${ca}/certificate/${certname}`, { ca: bundle });
    clients.set(certname, { ca: bundle, cert: body, key: key.pem });
  };
  const openCa = async () => {
    const vault = await createKeyRing([readFileSync(join(dir, "secret-key"), "utf8").trim()]);
    return await createSqliteCa(join(dir, "hoppetdb.sqlite"), { vault, keys: "none" });
  };

  beforeAll(async () => {
    first = await startProduct(runtime, ports, env);
    second = await startProduct(runtime, beside, env);
    bundle = await fetchBundle(ca);
    for (const certname of [operator, agent, other]) await enrol(certname);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([first?.close(), second?.close()]);
    rmSync(dir, { recursive: true, force: true });
  });

  it("give no right over the CA to who is trusted for other nodes", async () => {
    const statuses = `${ca}/certificate_statuses/any`;
    expect((await ask(statuses, clients.get(agent)!)).status).toBe(403);
    expect((await ask(statuses, { ca: bundle })).status).toBe(403);
    expect((await ask(statuses, clients.get(operator)!)).status).toBe(200);
    // nothing of the CA leaves, however it is spelled
    for (const path of ["/puppet-ca/v2/x", "/puppet-ca", "/puppet-ca/", "/%70uppet-ca/v1/certificate_statuses/any"]) {
      expect((await ask(`https://localhost:${ports.puppet}${path}`, clients.get(agent)!)).status).toBe(403);
    }
  });

  it("answer OCSP at the port itself, in both ways of writing the request", async () => {
    // CertID of SHA-1 over nothing of ours: who asks for it is told that it is not ours
    const der = Buffer.from(
      "303e303c303a30383036300906052b0e03021a05000414" + "ff".repeat(20) + "0414" + "3f".repeat(20) + "020101",
      "hex",
    );
    const text = der.toString("base64");
    expect(text).toMatch(/\/\//);
    for (const path of [encodeURIComponent(text), text]) {
      const got = await ask(`${ca}/ocsp/${path}`, { ca: bundle });
      expect([path.length, got.status, got.body.length]).toEqual([path.length, 200, 5]);
    }
  });

  it("close a revoked agent's connections within a second in both, refuse new ones, and leave the others", async () => {
    const [mine, theirs] = [clients.get(agent)!, clients.get(other)!];
    const sockets = (client: Required<Client>) => [
      keepOpen(ports.puppet, "/puppet-ca/v1/expirations", client),
      keepOpen(ports.puppetdb, nodes, client),
      keepOpen(beside.puppet, "/puppet-ca/v1/expirations", client),
      keepOpen(beside.puppetdb, nodes, client),
    ];
    const [open, spectators] = [sockets(mine), sockets(theirs)];
    for (const { answer } of [...open, ...spectators]) expect(await answer).toContain("HTTP/1.1 200");
    const state = JSON.stringify({ desired_state: "revoked" });
    const revoked = await put(`/certificate_status/${agent}`, clients.get(operator)!, state, "application/json");
    const at = performance.now();
    expect(revoked.status).toBe(204);
    // in this process at once: refused, or closed with all others before it was read
    const again = await ask(`${ca}/expirations`, mine).then(({ status }) => status, () => "closed");
    expect([403, "closed"]).toContain(again);
    for (const { closed } of open) expect(await closed - at).toBeLessThan(1000);
    for (const port of [ports.puppetdb, beside.puppetdb]) {
      expect((await ask(`https://localhost:${port}${nodes}`, mine)).status).toBe(403);
      expect((await ask(`https://localhost:${port}${nodes}`, theirs)).status).toBe(200);
    }
    for (const { closed, end } of spectators) {
      expect(await Promise.race([closed, Promise.resolve("open")])).toBe("open");
      end();
    }
    expect((await ask(`${ca}/certificate_renewal`, mine, "POST")).status).toBe(403);
  });

  it("take a new certificate for their listeners without dropping anybody", async () => {
    const shown = (port: number) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, servername: "localhost" }, () => {
          resolve(socket.getPeerCertificate().serialNumber.toLowerCase().replace(/^0+/, ""));
          socket.destroy();
        });
        socket.on("error", reject);
      });
    const client = clients.get(other)!;
    const before = [await shown(ports.puppet), await shown(ports.puppetdb), await shown(beside.puppet)];
    expect(new Set(before).size).toBe(1);
    const socket = connect({ host: "127.0.0.1", servername: "localhost", port: ports.puppet, ...client });
    let [text, isClosed] = ["", false];
    socket.on("data", (data: Uint8Array) => text += new TextDecoder().decode(data));
    socket.on("close", () => isClosed = true);
    const answers = () => text.split("HTTP/1.1 200").length - 1;
    const ask1 = () => socket.write("GET /puppet-ca/v1/expirations HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ask1();
    await eventually(() => expect(answers()).toBe(1));

    const ca = await openCa();
    await ca.authorities.create({ id: "next", parent_id: "puppet-ca-root", cn: "Next", key: "p-256", by });
    await ca.spaces.update("hoppetdb", { ca_id: "next", by });
    await eventually(async () => {
      for (const port of [ports.puppet, ports.puppetdb, beside.puppet]) expect(before).not.toContain(await shown(port));
    }, 10_000);
    ask1();
    await eventually(() => expect(answers()).toBe(2));
    expect(isClosed).toBe(false);
    socket.destroy();
    // agents believe it: it comes from the same root, and is sent with what stands between
    expect((await ask(`https://localhost:${ports.puppet}/puppet-ca/v1/expirations`, client)).status).toBe(200);
    const chain = openCertificates(readFileSync(join(dir, "listener-cert.pem"), "utf8"), "chain");
    expect(chain.map(({ facts }) => facts.issuer.text)).toEqual([
      "CN=Next",
      expect.stringMatching(/^CN=Puppet Root CA: /),
    ]);
  }, 30_000);

  it("have not written a key or a request's secret to the log", () => {
    for (const product of [first!, second!]) {
      expect(product.log()).not.toContain("PRIVATE");
      expect(product.log().split("\n").filter((line) => line.includes('"level":"error"'))).toEqual([]);
    }
  });
});
