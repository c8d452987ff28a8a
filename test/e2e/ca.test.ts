import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, type CaCommand, caCommand, type Client, enrol, fetchBundle, keepOpen, must } from "./ca-client.ts";
import { ocspStatus, puppetSsl } from "./ca-client.ts";
import { logIn, type Product, type Runtime, startProduct } from "./product.ts";
import { createStack, needsStack, stackScript } from "./stack.ts";

const script = stackScript();
if (!script) console.warn(`skipped: ${needsStack}`);

const ports = { management: 29000, puppet: 29001, puppetdb: 29002 };
const portsBeside = { management: 29010, puppet: 29011, puppetdb: 29012 };
const listener = `localhost:${ports.puppet}`;
const ca = `https://${listener}/puppet-ca/v1`;
const operator = "operator.example.test";

describe.skipIf(!script)("our own CA, with a real puppetserver, agents and command line", () => {
  const folders: string[] = [];
  const folder = (name: string) => {
    const path = mkdtempSync(join(tmpdir(), `hoppetdb-ca-${name}-`));
    folders.push(path);
    return path;
  };
  const [dataDir, files] = [folder("data"), folder("files")];
  const stack = createStack(script ?? "", folder("stack"), { puppetserver: 29140, puppetdb: 29081, base: 29090 });
  const env = {
    HOPPETDB_DATA_DIR: dataDir,
    HOPPETDB_CA: "own",
    HOPPETDB_CA_AUTOSIGN: `puppet.example.test,puppetdb.example.test,${operator},*.auto.test`,
    HOPPETDB_CA_ALLOW_SUBJECT_ALT_NAMES: "on",
    HOPPETDB_CA_ADMIN_CNS: operator,
    HOPPETDB_CA_OCSP_URL: `${ca}/ocsp`,
    HOPPETDB_PUPPETSERVER_URL: stack.puppetserverUrl,
    HOPPETDB_PUPPETDB_ALLOW: "puppet.example.test",
  };
  let bundle = "";
  let admin: Required<Client>;
  let command: CaCommand;
  const crls = async () => (await ask(`${ca}/certificate_revocation_list/ca`, { ca: bundle })).body;

  beforeAll(async () => {
    // the CA is made at the first start, and the Puppetserver gets its certificate from it
    const product = await startProduct("node", ports, env);
    try {
      bundle = await fetchBundle(ca);
      const names = "DNS:localhost,DNS:puppet,IP:127.0.0.1,IP:::1";
      const server = await enrol(ca, bundle, files, "puppet.example.test", names);
      const puppetdb = await enrol(ca, bundle, files, "puppetdb.example.test", "DNS:localhost");
      admin = await enrol(ca, bundle, files, operator) as Required<Client>;
      const list = await crls();
      const external = { ca: bundle, crl: list, server: server.cert, puppetdb: puppetdb.cert };
      for (const [name, pem] of Object.entries(external)) writeFileSync(join(files, `${name}.pem`), pem!);
      for (const [name, { key }] of Object.entries({ server, puppetdb })) {
        writeFileSync(join(files, `${name}.key`), key!);
      }
      command = caCommand(folder("operator"), ports.puppet, operator, admin, list);
      await stack.up({
        COMPONENTS: "puppetserver",
        EXTERNAL_CA_DIR: files,
        HEADER_AUTH: "true",
        PUPPETDB_URL: `https://localhost:${ports.puppetdb}`,
      });
    } finally {
      await product.close();
    }
  });
  afterAll(async () => {
    await stack.down();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });

  // one CA, one store: the second runtime goes on with what the first one left
  describe.each<[Runtime, Runtime]>([["node", "deno"], ["deno", "node"]])("on %s", (runtime, other) => {
    const [slow, quick] = [`${runtime}.example.test`, `${runtime}.auto.test`];
    const run = (name: string) => stack.agent(name, listener, {}, ["--keylength", "2048"]);
    const pemOf = (name: string) => join(stack.agentDir(name), "ssl", "certs", `${name}.pem`);
    const clientOf = (name: string): Required<Client> => ({
      ca: bundle,
      cert: readFileSync(pemOf(name), "utf8"),
      key: readFileSync(join(stack.agentDir(name), "ssl", "private_keys", `${name}.pem`), "utf8"),
    });
    /** Runs the operator's command; its exit status and what it printed. */
    const operate = async (...words: string[]) => {
      const { status, output } = await command(...words);
      return [status, output];
    };
    const said = (...texts: string[]) =>
      expect.toSatisfy((output: string) => texts.every((each) => output.includes(each)));
    let product: Product;

    beforeAll(async () => {
      product = await startProduct(runtime, ports, env);
    });
    afterAll(() => product?.close());

    it("takes an agent from nothing to a catalog, once it is signed", async () => {
      mkdirSync(join(stack.agentDir(slow), "etc"), { recursive: true });
      writeFileSync(
        join(stack.agentDir(slow), "etc", "csr_attributes.yaml"),
        [
          "custom_attributes:",
          "  1.3.6.1.4.1.34380.1.3.2: 'true'",
          "extension_requests:",
          "  pp_role: tester",
          "  1.3.6.1.4.1.34380.1.2.7: our own",
          "",
        ].join("\n"),
      );
      const first = await run(slow);
      expect([first.status, first.output]).toEqual([1, said("has not been signed yet")]);
      expect(await operate("list")).toEqual([0, said("Requested Certificates:", `    ${slow} `)]);
      expect(await operate("sign", "--certname", slow)).toEqual([
        0,
        said(`Successfully signed certificate request for ${slow}`),
      ]);
      const second = await run(slow);
      expect([second.status, second.output]).toEqual([2, said("Downloaded certificate", "Applied catalog")]);
      expect(readFileSync(join(stack.sandbox(slow), "etc", "motd"), "utf8")).toContain(slow);
      // what its request asked for has reached the compiler; who made up an extension may have put a secret into it
      const { facts } = await (await logIn(product.url)).json(`/api/v1/nodes/${slow}/facts`);
      expect(facts.trusted).toMatchObject({
        authenticated: "remote",
        certname: slow,
        extensions: { pp_role: "tester", "1.3.6.1.4.1.34380.1.2.7": "XXXXX" },
      });
    });

    it("signs an agent by itself, and it has its catalog in one go", async () => {
      const ran = await run(quick);
      expect([ran.status, ran.output]).toEqual([2, said("Downloaded certificate", "Applied catalog")]);
      expect(readFileSync(join(stack.sandbox(quick), "etc", "motd"), "utf8")).toContain(quick);
    });

    it("does what `puppetserver ca` asks for, with its exit statuses", async () => {
      const [one, two, waiting] = ["one", "two", "waiting"].map((each) => `${each}-${runtime}.example.test`) as [
        string,
        string,
        string,
      ];
      const nobody = "nobody.example.test";
      expect(await operate("list")).toEqual([0, said("No certificates to list")]);
      expect(await operate("sign", "--all")).toEqual([24, said("No waiting certificate requests to sign")]);
      const signed = [
        "Signed Certificates:",
        operator,
        slow,
        quick,
        'alt names: ["DNS:puppet.example.test", "DNS:localhost"',
      ];
      expect(await operate("list", "--all")).toEqual([0, said(...signed)]);
      expect(await operate("list", "--certname", `${slow},${nobody}`)).toEqual([
        1,
        said(slow, "Missing Certificates:", nobody),
      ]);

      expect(await operate("generate", "--certname", one)).toEqual([
        0,
        said(
          `Successfully submitted certificate request for ${one}`,
          `Successfully signed certificate request for ${one}`,
          `Successfully saved certificate for ${one}`,
        ),
      ]);
      const alternative = ["--subject-alt-names", "a.example.test,IP:10.0.0.1", "--ttl", "10d"];
      expect(await operate("generate", "--certname", two, ...alternative)).toEqual([
        0,
        said(`Successfully saved certificate for ${two}`),
      ]);
      expect(await operate("list", "--certname", two)).toEqual([
        0,
        said(`["DNS:${two}", "DNS:a.example.test", "IP:10.0.0.1"]`),
      ]);
      const taken = await command("generate", "--certname", slow);
      expect([taken.status, taken.output]).toEqual([1, said("code: 400", `${slow} already has a signed certificate`)]);

      expect(await operate("sign", "--certname", nobody)).toEqual([
        1,
        said(`Could not find certificate request for ${nobody}`),
      ]);
      expect(await operate("sign", "--certname", one)).toEqual([1, said("code: 409", "without a certificate request")]);
      const request = await must("openssl", [
        "req",
        "-new",
        "-key",
        join(files, `${operator}.key`),
        "-subj",
        `/CN=${waiting}`,
      ]);
      expect((await ask(`${ca}/certificate_request/${waiting}`, { ca: bundle }, "PUT", request)).status).toBe(200);
      expect(await operate("revoke", "--certname", waiting)).toEqual([
        24,
        said(`Could not revoke unsigned csr for ${waiting}`),
      ]);
      expect(await operate("sign", "--all")).toEqual([
        0,
        said(`Successfully signed certificate request for ${waiting}`),
      ]);

      expect(await operate("revoke", "--certname", one)).toEqual([0, said(`Certificate for ${one} has been revoked`)]);
      expect(await operate("revoke", "--certname", nobody)).toEqual([
        1,
        said(`Could not find certificate for ${nobody}`),
      ]);
      expect(await operate("list", "--all")).toEqual([0, said("Revoked Certificates:", one)]);
      expect(await operate("clean", "--certname", `${one},${two}`)).toEqual([
        0,
        said(
          `Cleaned files related to ${one}`,
          `Certificate for ${two} has been revoked`,
          `Cleaned files related to ${two}`,
        ),
      ]);
      expect(await operate("clean", "--certname", nobody)).toEqual([
        1,
        said(`Could not find files to clean for ${nobody}`),
      ]);
      expect(await operate("list", "--certname", one)).toEqual([1, said("Missing Certificates:")]);
    });

    it("lets nobody but operators administer the CA", async () => {
      const agent = caCommand(folder("agent"), ports.puppet, quick, clientOf(quick), await crls());
      const listed = await agent("list", "--all");
      expect([listed.status, listed.output]).toEqual([1, said("code: 403", "Forbidden request")]);
      const cleaned = await agent("clean", "--certname", slow);
      expect([cleaned.status, cleaned.output]).toEqual([1, said("code: 403")]);
      expect((await ask(`${ca}/certificate_status/${slow}`, { ca: bundle }, "DELETE")).status).toBe(403);
      expect(JSON.parse((await ask(`${ca}/certificate_status/${slow}`, admin)).body)).toMatchObject({
        state: "signed",
      });
    });

    it("issues what openssl and puppet accept", async () => {
      const list = join(files, "crl.pem");
      writeFileSync(list, await crls());
      const chain = ["-x509_strict", "-crl_check_all", "-CAfile", join(files, "ca.pem"), "-CRLfile", list];
      for (const purpose of ["sslclient", "sslserver"]) {
        const verified = await must("openssl", ["verify", ...chain, "-purpose", purpose, pemOf(slow), pemOf(quick)]);
        expect(verified).toBe(`${pemOf(slow)}: OK\n${pemOf(quick)}: OK\n`);
      }
      const shown = await must("openssl", ["x509", "-in", pemOf(slow), "-noout", "-text"]);
      for (
        const part of [
          /Subject: CN = \S+\n/,
          /Basic Constraints: critical\s+CA:FALSE/,
          /X509v3 Key Usage: critical\s+Digital Signature, Key Encipherment/,
          /Extended Key Usage: critical\s+TLS Web Server Authentication, TLS Web Client Authentication/,
          /Subject Key Identifier:\s+[0-9A-F:]{59}/,
          /Authority Key Identifier:\s+[0-9A-F:]{59}/,
          new RegExp(`Subject Alternative Name:\\s+DNS:${slow}\\n`),
          /1\.3\.6\.1\.4\.1\.34380\.1\.1\.13:\s+\.\.tester/,
          /1\.3\.6\.1\.4\.1\.34380\.1\.2\.7:\s+\.\.our own/,
          /OCSP - URI:https:\/\/localhost:29001\/puppet-ca\/v1\/ocsp/,
        ]
      ) expect(shown).toMatch(part);
      // this one renews by itself, so it is short-lived; the other one has Puppet's five years
      const lasts = (file: string, days: number) =>
        must("openssl", ["x509", "-in", file, "-noout", "-checkend", String(days * 86_400)]);
      await lasts(pemOf(slow), 89);
      await expect(lasts(pemOf(slow), 91)).rejects.toThrow("will expire");
      await lasts(pemOf(quick), 1820);
      const verified = await puppetSsl(stack.agentDir(slow), slow, "verify");
      expect([verified.status, verified.output]).toEqual([0, said(`Verified client certificate 'CN=${slow}'`)]);
    });

    it("renews an agent's certificate", async () => {
      const old = readFileSync(pemOf(slow), "utf8");
      const renewed = await ask(`${ca}/certificate_renewal`, clientOf(slow), "POST");
      expect(renewed.status).toBe(200);
      expect(renewed.body).not.toBe(old);
      expect((await ask(`${ca}/certificate_renewal`, { ca: bundle }, "POST")).status).toBe(403);
      writeFileSync(pemOf(slow), renewed.body);
      const ran = await run(slow);
      expect([[0, 2].includes(ran.status), ran.output]).toEqual([true, said("Applied catalog")]);
      const verified = await puppetSsl(stack.agentDir(slow), slow, "verify");
      expect([verified.status, verified.output]).toEqual([0, said(`Verified client certificate 'CN=${slow}'`)]);
    });

    it("refuses a revoked agent at once and everywhere, and takes it back once it was cleaned", async () => {
      const client = clientOf(quick);
      const old = join(files, `${quick}.pem`);
      writeFileSync(old, client.cert);
      const issuer = join(files, "issuer.pem");
      writeFileSync(issuer, `${bundle.split("-----END CERTIFICATE-----")[0]}-----END CERTIFICATE-----\n`);
      const ocsp = () => ocspStatus(`${ca}/ocsp`, join(files, "ca.pem"), issuer, old);
      expect(await ocsp()).toBe("good");
      // another process on the same store, of the other runtime
      const beside = await startProduct(other, portsBeside, env);
      try {
        const expirations = "/puppet-ca/v1/expirations";
        const open = [
          keepOpen(ports.puppet, expirations, client),
          keepOpen(ports.puppetdb, "/pdb/query/v4/nodes", client),
          keepOpen(portsBeside.puppet, expirations, client),
          keepOpen(portsBeside.puppetdb, "/pdb/query/v4/nodes", client),
        ];
        const [puppet, puppetdb] = ["HTTP/1.1 200", "HTTP/1.1 403"].map((each) => expect.stringContaining(each));
        expect(await Promise.all(open.map(({ answer }) => answer))).toEqual([puppet, puppetdb, puppet, puppetdb]);
        const spectator = keepOpen(ports.puppet, expirations, clientOf(slow));
        expect(await spectator.answer).toContain("HTTP/1.1 200");

        const state = JSON.stringify({ desired_state: "revoked" });
        const revoked = await ask(`${ca}/certificate_status/${quick}`, admin, "PUT", state, "application/json");
        expect(revoked.status).toBe(204);
        const answered = performance.now();
        // refused with an answer, or closed with the other connections
        const again = await ask(`https://${listener}${expirations}`, client).catch(() => undefined);
        expect([403, undefined]).toContain(again?.status);
        const closed = await Promise.all(open.map(({ closed }) => closed));
        for (const at of closed) expect(at - answered).toBeLessThan(1000);
        expect(await Promise.race([spectator.closed, Promise.resolve("open")])).toBe("open");
        spectator.end();
      } finally {
        await beside.close();
      }
      expect(await ocsp()).toBe("revoked");
      writeFileSync(join(files, "crl.pem"), await crls());
      const chain = ["-crl_check_all", "-CAfile", join(files, "ca.pem"), "-CRLfile", join(files, "crl.pem")];
      await expect(must("openssl", ["verify", ...chain, old])).rejects.toThrow("certificate revoked");

      const refused = await run(quick);
      expect([refused.status, refused.output]).toEqual([1, said("Error 403 on SERVER", "certificate is revoked")]);
      expect(await operate("clean", "--certname", quick)).toEqual([0, said(`Cleaned files related to ${quick}`)]);
      rmSync(join(stack.agentDir(quick), "ssl"), { recursive: true });
      const back = await run(quick);
      expect([back.status, back.output]).toEqual([2, said("Downloaded certificate", "Applied catalog")]);
      expect((await ask(`${ca}/expirations`, clientOf(quick))).status).toBe(200);
      expect((await ask(`${ca}/expirations`, client)).status).toBe(403);
    });
  });
});
