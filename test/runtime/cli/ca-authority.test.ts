import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createCommandStore } from "../../support/ca-command.ts";
import { opensslMust } from "../../support/openssl.ts";

describe("an authority below an external root", () => {
  it("is asked for, installed, moved to, and its root's CRL renewed", async () => {
    const store = createCommandStore();
    const { run, path, write } = store;
    const made = await run("csr", "--id", "below", "--cn", "Example Puppet CA", "--key", "p-256");
    expect([made.status, made.out]).toEqual([0, expect.stringMatching(/^-----BEGIN CERTIFICATE REQUEST-----\n/)]);
    expect(made.err).toContain("hoppetdb ca install --id below");
    expect((await run("csr", "--id", "below")).out).toBe(made.out);
    expect((await run("csr", "--id", "below", "--cn", "Another")).err).toContain('"below" exists already');
    expect((await run("csr", "--id", "new")).err).toContain("--cn is required");
    expect((await run("status")).out).toMatch(/^below +Example Puppet CA +pending/m);

    const { files, crl } = await externalRoot(store, write("below.csr", made.out));
    const args = ["--id", "below", "--certificate", files.cert, "--chain", files.root];
    const missing = await run("install", ...args.slice(0, 2), "--certificate", path("nope"), "--chain", files.root);
    expect([missing.status, missing.err]).toEqual([1, `Error:\n    Could not read file '${path("nope")}' (ENOENT)\n`]);
    const wrong = await run("install", ...args.slice(0, 2), "--certificate", files.root, "--chain", files.root);
    expect([wrong.status, wrong.err]).toEqual([1, expect.stringContaining("does not belong to the certificate")]);
    const installed = await run("install", ...args, "--crl", await crl(3));
    expect([installed.status, installed.out]).toEqual([
      0,
      expect.stringContaining('Authority "below" (Example Puppet CA)'),
    ]);

    // on a store that has no CA yet it becomes the first one
    expect((await run("rollover", "--to", "nope")).status).toBe(1);
    expect((await run("rollover", "--to", "below")).out).toMatch(/^below +yes +0 /m);
    expect((await run("switch", "own", "--yes")).status).toBe(0);
    const dir = ["--key", "p-256", "--dir", path("ssl")];
    expect((await run("generate", "--certname", "a.test", ...dir)).status).toBe(0);
    const lists = await run("crl");
    const listFile = write("crl.pem", lists.out);
    const [bundle, leaf] = ["ca", "a.test"].map((name) => path("ssl", "certs", `${name}.pem`)) as [string, string];
    const verify = ["verify", "-crl_check_all", "-CAfile", bundle, "-CRLfile", listFile, leaf];
    expect(await opensslMust(verify)).toBe(`${leaf}: OK\n`);

    const before = await run("crl", "--summary");
    expect(before.out).toMatch(/^CN=Example Puppet CA +1 .* 0\nCN=Example Root +1 .* 0$/m);
    expect(await run("crl", "--update", await crl(30))).toMatchObject({
      status: 0,
      out: "1 CRL of external authorities taken\n",
    });
    expect((await run("crl", "--summary")).out).toMatch(/^CN=Example Root +2 /m);
    expect((await run("crl", "--update", bundle)).err).toContain("No valid CRLs");
    expect((await run("crl", "--authority", "below")).out.match(/BEGIN X509 CRL/g)).toHaveLength(1);
    expect((await run("crl", "--authority", "nope")).status).toBe(1);
  });

  it("takes over from the one before, whose certificates are counted until they are gone", async () => {
    const { run, prepare, inStore } = createCommandStore();
    await prepare({ "a.test": {}, "b.test": {} });
    await run("sign", "--certname", "a.test");
    const by = { kind: "command", name: "test" } as const;
    await inStore((ca) => ca.authorities.create({ id: "second", cn: "Second", key: "p-256", by }));
    expect((await run("rollover")).out).toMatch(/^puppet-ca +yes +1 .*\nNo roll-over is under way$/m);
    const moved = await run("rollover", "--space", "puppet-ca", "--to", "second");
    expect(moved.out).toMatch(/^second +yes +0 .*\npuppet-ca +no +1 .*\nRoll-over: 0 of 1 live certificates/m);
    await run("sign", "--certname", "b.test");
    expect((await run("rollover")).out).toContain("Roll-over: 1 of 2 live certificates");
    expect((await run("rollover", "--to", "second")).err).toContain("signs for puppet-ca already");
    await run("clean", "--certname", "a.test");
    expect((await run("rollover")).out).toContain("No roll-over is under way");
    expect((await run("rollover", "--space", "nope")).err).toContain('There is no space "nope"');
  });
});

describe("hoppetdb ca switch", () => {
  it("shows what is left behind, and changes nothing unless someone agrees", async () => {
    const { run, runWith, prepare, inStore } = createCommandStore();
    await prepare({ "a.test": {} });
    await run("sign", "--all");
    const mode = () => inStore((ca) => ca.mode.current());
    await inStore((ca) => ca.mode.set("own"));

    const alone = await run("switch", "proxy");
    expect([alone.status, alone.out]).toEqual([1, ""]);
    expect(alone.err).toContain("Left behind: 1 live certificate of the CA in this store");
    expect(alone.err).toContain("Nobody can be asked here: use --yes");
    const asked: string[] = [];
    const answering = (answer: boolean) => (question: string) => {
      asked.push(question);
      return Promise.resolve(answer);
    };
    expect(await runWith(answering(false), "switch", "proxy")).toMatchObject({
      status: 1,
      out: "",
      err: expect.stringContaining("Nothing was changed"),
    });
    expect(await mode()).toBe("own");
    expect(await runWith(answering(true), "switch", "proxy")).toMatchObject({
      status: 0,
      out: 'The CA of this store is "proxy" now\n',
      err: expect.stringContaining("restart every process"),
    });
    expect([await mode(), asked]).toEqual(["proxy", ["Switch to proxy?", "Switch to proxy?"]]);
    expect(await run("switch", "proxy")).toEqual({
      status: 0,
      out: 'The CA of this store is "proxy" already\n',
      err: "",
    });
    const back = await run("switch", "own", "--yes");
    expect([back.status, back.err]).toEqual([0, expect.stringContaining("Goes on:     1 live certificate")]);
    expect(await mode()).toBe("own");
  });

  it("makes a CA where there is none", async () => {
    const { run, env } = createCommandStore();
    expect((await run("switch", "proxy", "--yes")).status).toBe(1);
    expect(existsSync(env.HOPPETDB_DATA_DIR)).toBe(false);
    const ran = await run("switch", "own", "--yes");
    expect([ran.status, ran.err]).toEqual([0, expect.stringContaining("a new one will be made")]);
    expect((await run("list", "--all")).out).toBe("No certificates to list\n");
  });
});

describe("hoppetdb ca status", () => {
  it("says whose the CA is, what it has signed and what waits", async () => {
    const { run, prepare, inStore } = createCommandStore();
    await prepare({ "a.test": {}, "b.test": {}, "c.test": {} });
    expect((await run("status")).out).toContain("Nobody has chosen yet");
    await inStore((ca) => ca.mode.set("own"));
    await run("sign", "--certname", "a.test", "--ttl", "1d");
    await run("sign", "--certname", "b.test");
    await run("revoke", "--certname", "b.test");
    const { status, out } = await run("status");
    expect(status).toBe(0);
    expect(out).toContain("The CA is hoppetdb's own (own)\n");
    expect(out).toMatch(
      /^puppet-ca +Puppet CA: puppet\.example\.test +active +(hoppetdb,puppet-ca|puppet-ca,hoppetdb) .*1 revoked/m,
    );
    expect(out).toMatch(/^puppet-ca-root .* active +- /m);
    expect(out).toContain("1 live certificate (1 expiring within 30 days), 1 revoked, 0 expired\n");
    expect(out).toContain("1 request waiting to be signed: hoppetdb ca list\n");
  });
});

describe("hoppetdb ca prune", () => {
  it("says what the CRL holds, and what it leaves out", async () => {
    const { run, prepare } = createCommandStore();
    await prepare({ "a.test": {} });
    await run("sign", "--all");
    await run("revoke", "--certname", "a.test");
    expect(await run("prune")).toEqual({
      status: 0,
      out: "Total number of certificates found in Puppet's CRL is: 1.\nNo duplicate revocations found in the CRL.\n",
      err: "",
    });
  });
});

/** Signs a request as openssl's CA of one root does, and makes its CRLs, each newer than the one before. */
const externalRoot = async ({ path, write }: ReturnType<typeof createCommandStore>, request: string) => {
  const files = { root: path("root.pem"), key: path("root.key"), cert: path("below.pem") };
  const usage = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"];
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await opensslMust(
    [
      "req",
      "-x509",
      ...ec,
      "-keyout",
      files.key,
      "-out",
      files.root,
      "-subj",
      "/CN=Example Root",
      "-days",
      "99",
      ...usage,
    ],
  );
  const extensions = write(
    "ext.cnf",
    "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n" +
      "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
  );
  const signer = ["-CA", files.root, "-CAkey", files.key, "-set_serial", "7", "-days", "90", "-extfile", extensions];
  await opensslMust(["x509", "-req", "-in", request, ...signer, "-out", files.cert]);
  write("index", "");
  write("number", "01\n");
  const config = write(
    "ca.cnf",
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${path("index")}\ndefault_md=sha256\ncrlnumber=${path("number")}\n`,
  );
  const crl = async (days: number): Promise<string> => {
    const out = path(`root-${days}.crl`);
    const with_ = ["-keyfile", files.key, "-cert", files.root, "-crldays", String(days), "-out", out];
    await opensslMust(["ca", "-config", config, "-gencrl", ...with_]);
    return out;
  };
  return { files, crl };
};
