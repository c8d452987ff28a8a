import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCommandStore } from "../../support/ca-command.ts";

const modeOf = (path: string) => statSync(path).mode & 0o777;

/** A CA with a live certificate, a revoked one and a cleaned one, in the layout of a Puppetserver. */
const exported = async () => {
  const store = createCommandStore();
  await store.prepare({ "live.test": {}, "revoked.test": {}, "cleaned.test": {}, "waiting.test": {} });
  await store.run("sign", "--certname", "live.test,revoked.test,cleaned.test");
  await store.run("revoke", "--certname", "revoked.test");
  await store.run("clean", "--certname", "cleaned.test");
  const dir = store.path("ca");
  return { ...store, dir, ran: await store.run("export", dir) };
};

describe("hoppetdb ca export", () => {
  it("writes a Puppetserver's layout, for its owner only", async () => {
    const { dir, ran } = await exported();
    expect([ran.status, ran.out]).toEqual([
      0,
      `Export succeeded: 3 lines in inventory.txt, 2 files in signed. Find your files in ${dir}\n`,
    ]);
    expect(ran.err).toContain("ca_key.pem is the private key of the CA, not encrypted");
    // of a root that is not exported nobody there can renew the list
    expect(ran.err).toContain('The list of "CN=Puppet Root CA: 0123456789abcd" in ca_crl.pem lapses');
    expect(readdirSync(dir).sort()).toEqual([
      "ca_crl.pem",
      "ca_crt.pem",
      "ca_key.pem",
      "ca_pub.pem",
      "inventory.txt",
      "serial",
      "signed",
    ]);
    expect([dir, join(dir, "signed"), join(dir, "ca_key.pem")].map(modeOf)).toEqual([0o700, 0o700, 0o600]);
    expect(readdirSync(join(dir, "signed")).sort()).toEqual(["live.test.pem", "revoked.test.pem"]);
  });

  it("spares a folder that is not empty, and with --force leaves nothing of the CA that was in it", async () => {
    const { dir, run } = await exported();
    writeFileSync(join(dir, "signed", "old.test.pem"), "old");
    writeFileSync(join(dir, "notes.txt"), "mine");
    const before = readFileSync(join(dir, "ca_crl.pem"), "utf8");
    expect((await run("revoke", "--certname", "live.test")).status).toBe(0);
    const refused = await run("export", dir);
    expect([refused.status, refused.err]).toEqual([1, expect.stringContaining("is not empty")]);
    expect(readFileSync(join(dir, "ca_crl.pem"), "utf8")).toBe(before);

    expect((await run("export", dir, "--force")).status).toBe(0);
    expect(readFileSync(join(dir, "ca_crl.pem"), "utf8")).not.toBe(before);
    expect(readdirSync(join(dir, "signed")).sort()).toEqual(["live.test.pem", "revoked.test.pem"]);
    expect(readFileSync(join(dir, "notes.txt"), "utf8")).toBe("mine");
    const file = await run("export", join(dir, "serial"));
    expect([file.status, file.err]).toEqual([1, expect.stringContaining("is no folder")]);
  });
});

describe("hoppetdb ca import", () => {
  it("takes all of it over, before the first start; once more changes nothing", async () => {
    const { dir } = await exported();
    const store = createCommandStore();
    const said = 'Import succeeded: 3 certificates, 2 revocations, authority "puppet-ca"\n';
    const ran = await store.run("import", dir);
    expect([ran.status, ran.out]).toEqual([0, said]);
    expect(ran.err).toContain("HOPPETDB_CA=own");
    expect((await store.run("import", dir)).out).toBe(said);
    const listed = await store.run("list", "--all");
    expect(listed.out).toMatch(
      /^Signed Certificates:\n {4}live\.test .*\nRevoked Certificates:\n {4}revoked\.test .*\n$/,
    );
    expect((await store.run("prune")).out).toBe(
      "Total number of certificates found in Puppet's CRL is: 2.\nNo duplicate revocations found in the CRL.\n",
    );
    expect((await store.run("revoke", "--certname", "live.test")).status).toBe(0);
  });

  it("has expired certificates on no CRL, which `prune` tells", async () => {
    const { dir } = await exported();
    const inventory = readFileSync(join(dir, "inventory.txt"), "utf8");
    const past = inventory.replace(
      /^(0x\S+) .*(\/CN=cleaned\.test)$/m,
      "$1 2019-01-01T00:00:00UTC 2020-01-01T00:00:00UTC $2",
    );
    expect(past).not.toBe(inventory);
    writeFileSync(join(dir, "inventory.txt"), past);
    const store = createCommandStore();
    expect((await store.run("import", dir)).status).toBe(0);
    expect((await store.run("prune")).out).toBe(
      "Total number of certificates found in Puppet's CRL is: 1.\nNo duplicate revocations found in the CRL.\n" +
        "Expired since they were revoked, and left out: 1.\n",
    );
  });

  it("tells each thing that it leaves out, and ends with 24", async () => {
    const { dir } = await exported();
    writeFileSync(join(dir, "signed", "bad.test.pem"), "junk");
    mkdirSync(join(dir, "signed", "dir.test.pem"));
    writeFileSync(join(dir, "inventory.txt"), `${readFileSync(join(dir, "inventory.txt"), "utf8")}junk\n`);
    const { status, out, err } = await createCommandStore().run("import", dir);
    expect([status, out]).toEqual([24, expect.stringContaining("3 certificates, 2 revocations")]);
    expect(err.match(/^Left out: .*$/gm)?.sort()).toEqual([
      expect.stringContaining('inventory.txt: "junk" cannot be read'),
      expect.stringContaining("signed/bad.test: "),
      expect.stringContaining("signed/dir.test.pem: cannot be read ("),
    ]);
  });

  it.each<[string, (dir: string) => void, string]>([
    ["ca_key.pem", (dir) => rmSync(join(dir, "ca_key.pem")), "has no ca_key.pem: expected the CA folder"],
    ["two files", (dir) => {
      for (const each of ["ca_crt.pem", "ca_crl.pem"]) rmSync(join(dir, each));
    }, "has no ca_crt.pem, no ca_crl.pem"],
    ["records", (dir) => {
      for (const each of ["inventory.txt", "signed"]) rmSync(join(dir, each), { recursive: true });
    }, "has neither inventory.txt nor signed"],
    ["a key that fits", (dir) => writeFileSync(join(dir, "ca_key.pem"), "junk"), "ca_key.pem: Holds no private key"],
  ])("refuses a folder without %s, and stores nothing", async (_, damage, said) => {
    const { dir } = await exported();
    damage(dir);
    const store = createCommandStore();
    const { status, out, err } = await store.run("import", dir);
    expect([status, out]).toEqual([1, ""]);
    expect(err).toContain(said);
    await store.inStore(async (ca) => expect(await ca.authorities.list()).toEqual([]));
  });

  it("finds the folder that was meant", async () => {
    const { path } = await exported();
    const { err } = await createCommandStore().run("import", path());
    expect(err).toContain(`and that is "${path("ca")}"`);
    expect((await createCommandStore().run("import", path("nowhere"))).err).toContain("There is no folder");
  });

  it("does not put another CA in front of live certificates without --force", async () => {
    const { dir } = await exported();
    const store = createCommandStore();
    await store.prepare({ "mine.test": {} });
    await store.run("sign", "--all");
    const refused = await store.run("import", dir);
    expect([refused.status, refused.err]).toEqual([1, expect.stringContaining("has 1 live certificate")]);
    const forced = await store.run("import", dir, "--force");
    expect([forced.status, forced.out]).toEqual([0, expect.stringContaining("3 certificates, 2 revocations")]);
    const progress = await store.run("rollover");
    expect(progress.out).toContain("Roll-over: 1 of 2 live certificates are of the authority that signs");
  });
});
