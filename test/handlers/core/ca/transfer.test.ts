import { join } from "node:path";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readInventoryLine, writeInventoryLine } from "../../../../handlers/core/ca/inventory.ts";
import type { PuppetCaFiles } from "../../../../handlers/core/ca/types.ts";
import { readCrls } from "../../../../handlers/core/x509/crl.ts";
import { pemBlocks } from "../../../../handlers/core/x509/pem.ts";
import { createTestCa, operator as by, space } from "../../../support/ca.ts";
import { requestPem } from "../../../support/ca-requests.ts";
import { createAuthority } from "../../../support/certificates.ts";
import { createTestClock } from "../../../support/clock.ts";
import { openssl, opensslMust } from "../../../support/openssl.ts";
import { puppetCaFiles } from "../../../support/puppet-ca-files.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const each of items) found.push(each);
  return found;
};
const nowCa = () => createTestCa({ clock: createTestClock(Date.now()), keys: "none" });
const estateOf = async () => {
  const root = await createAuthority("Puppet Root CA");
  return { root, ca: await root.intermediate("Puppet CA: old") };
};
const filesOf = (names: readonly string[], pem: (name: string) => string): PuppetCaFiles["signed"] =>
  (async function* () {
    for (const name of names) yield await Promise.resolve({ name, pem: pem(name) });
  })();

/** A Puppet CA's folder as openssl makes one: a self-signed RSA authority, certificates with small serials, one revoked. */
const madeByOpenssl = async () => {
  const folder = temporaryFolder();
  const at = (file: string) => join(folder.path, file);
  const names = ["one.example.test", "two.example.test", "three.example.test"];
  folder.write(
    "ca.cnf",
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${at("index")}\nserial=${at("serial")}\ncrlnumber=${
      at("number")
    }\nnew_certs_dir=${folder.path}\ndefault_md=sha256\ndefault_days=100\npolicy=p\nx509_extensions=x\n[p]\ncommonName=supplied\n[x]\nbasicConstraints=critical,CA:FALSE\n1.3.6.1.4.1.34380.1.3.39=ASN1:UTF8String:true\n`,
  );
  folder.write("index", "");
  folder.write("serial", "0A\n");
  folder.write("number", "07\n");
  const ca = ["-config", at("ca.cnf"), "-cert", at("ca.pem"), "-keyfile", at("ca.key"), "-batch", "-notext"];
  await opensslMust([
    ..."req -x509 -newkey rsa:2048 -nodes -days 300 -subj".split(" "),
    "/CN=Puppet CA: openssl",
    "-keyout",
    at("pkcs8.key"),
    "-out",
    at("ca.pem"),
  ]);
  // as Puppet writes it
  await opensslMust(["rsa", "-traditional", "-in", at("pkcs8.key"), "-out", at("ca.key")]);
  for (const name of names) {
    await opensslMust([
      ..."req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj".split(" "),
      `/CN=${name}`,
      "-keyout",
      at(`${name}.key`),
      "-out",
      at(`${name}.csr`),
    ]);
    await opensslMust(["ca", ...ca, "-in", at(`${name}.csr`), "-out", at(`${name}.pem`)]);
  }
  await opensslMust(["ca", ...ca, "-revoke", at("two.example.test.pem"), "-crl_reason", "keyCompromise"]);
  await opensslMust(["ca", ...ca, "-gencrl", "-crldays", "10", "-out", at("crl.pem")]);
  const read = (file: string) => readFileSync(at(file), "utf8");
  const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}UTC`;
  const line = (serial: string, name: string) =>
    `0x${serial} ${time(Date.now() - 5000)} ${time(Date.now() + 8e9)} /CN=${name}`;
  const inventory = ["000a", "000b", "000c"].map((serial, n) => line(serial, names[n]!)).join("\n");
  const files: PuppetCaFiles = {
    caCert: read("ca.pem"),
    caKey: read("ca.key"),
    caCrl: read("crl.pem"),
    serial: "000D",
    inventory: `${inventory}\n${line("0009", "earlier.example.test")}\n`,
    signed: filesOf(names, (name) => read(`${name}.pem`)),
  };
  return { folder, at, names, read, files };
};

describe("taking a Puppetserver's CA over", () => {
  it("goes on with everything of one that openssl made, and gives back what openssl goes on with", async () => {
    const { folder, at, names, read, files } = await madeByOpenssl();
    const ca = await nowCa();
    expect(await ca.transfer.importPuppetCa(files)).toEqual({
      authority: space,
      certificates: 4,
      revocations: 1,
      problems: [],
    });
    expect(pemBlocks(await ca.spaces.bundle(space), "CERTIFICATE")).toEqual(pemBlocks(files.caCert, "CERTIFICATE"));
    const [list] = readCrls((await ca.spaces.crls(space)).pem);
    // numbered after theirs
    expect([parseInt(list!.number!, 16), [...list!.revoked]]).toEqual([10, ["b"]]);
    const one = (await ca.certificates.current({ space, certname: names[0]! }))!;
    expect(one).toMatchObject({ serial: "a", status: "signed", authorization_extensions: { pp_cli_auth: "true" } });
    expect(pemBlocks(one.certificate!, "CERTIFICATE")).toEqual(pemBlocks(read(`${names[0]}.pem`), "CERTIFICATE"));
    expect(await ca.certificates.current({ space, certname: names[1]! })).toMatchObject({
      status: "revoked",
      revocation_reason: "keyCompromise",
    });
    const fresh = await ca.certificates.issue({
      space,
      certname: "new.example.test",
      pem: await requestPem("new.example.test"),
      by,
    });
    const renewed = await ca.certificates.renew({ pem: one.certificate! });
    await ca.certificates.revoke({ space, certname: names[2]!, by });
    folder.write("lists.pem", (await ca.spaces.crls(space)).pem);
    const verify = async (pem: string) =>
      (await openssl([
        "verify",
        "-crl_check",
        "-CAfile",
        at("ca.pem"),
        "-CRLfile",
        at("lists.pem"),
        folder.write("leaf.pem", pem),
      ])).out;
    for (const pem of [one.certificate!, fresh.certificate!, renewed.certificate!]) {
      expect(await verify(pem)).toContain(": OK");
    }
    for (const name of names.slice(1)) expect(await verify(read(`${name}.pem`))).toContain("certificate revoked");

    const back = await ca.transfer.exportPuppetCa();
    expect(pemBlocks(back.caCert, "CERTIFICATE")).toEqual(pemBlocks(files.caCert, "CERTIFICATE"));
    expect(back.serial).toBe("000D");
    folder.write("back.key", back.caKey);
    const modulus = async (file: string) => await opensslMust(["rsa", "-noout", "-modulus", "-in", at(file)]);
    expect(await modulus("back.key")).toBe(await modulus("ca.key"));
    const inventory = (await collect(back.inventory)).map((line) => readInventoryLine(line)!);
    expect(inventory.map(({ serial }) => serial).sort()).toEqual(
      ["9", "a", "b", "c", fresh.serial, renewed.serial].sort(),
    );
    const signed = new Map((await collect(back.signed)).map(({ name, pem }) => [name, pem]));
    expect([...signed.keys()].sort()).toEqual([...names, "new.example.test"].sort());
    expect(signed.get(names[0]!)).toBe(renewed.certificate);
    // and in again
    const second = await nowCa();
    const again = await second.transfer.importPuppetCa({
      ...back,
      inventory: (inventory.map(writeInventoryLine)).join("\n"),
      signed: filesOf([...signed.keys()], (name) => signed.get(name)!),
    });
    expect(again).toMatchObject({ certificates: 6, revocations: 2, problems: [] });
  });

  it("refuses a CA whose parts don't fit, before anything is stored", async () => {
    const estate = await estateOf();
    const other = await estate.root.intermediate("Puppet CA: other");
    const good = await puppetCaFiles(estate, { signed: [] });
    const wrong: readonly Partial<PuppetCaFiles>[] = [
      { caKey: other.key },
      { caKey: "nothing" },
      { caKey: good.caKey.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY") },
      { caCert: estate.ca.cert },
      { caCert: estate.root.cert },
      { caCert: "nothing" },
      { caCrl: "" },
      // only the root's: ours would be lost
      { caCrl: await estate.root.crl() },
      { caCrl: await other.crl() },
      { caCrl: good.caCrl.replace(/\n[A-Za-z0-9+/]{8}/, "\nAAAAAAAA") },
    ];
    for (const part of wrong) {
      const ca = await nowCa();
      await expect(ca.transfer.importPuppetCa({ ...good, ...part })).rejects.toMatchObject({ code: "invalid" });
      for (const collection of ["ca_authorities", "ca_keys", "ca_certificates", "ca_spaces"] as const) {
        expect(ca.memory.dump(collection)).toEqual([]);
      }
    }
  });

  it("says what it left out, and takes all the rest", async () => {
    const estate = await estateOf();
    const [good, stranger] = [
      await estate.ca.issue("good.test"),
      await (await createAuthority("Else")).issue("stranger.test"),
    ];
    const files = await puppetCaFiles(estate, { signed: [["good.test", good], ["stranger.test", stranger]] });
    const ca = await nowCa();
    const twice = await ca.transfer.importPuppetCa({
      ...files,
      inventory: `nonsense\n${files.inventory?.split("\n").slice(0, 1).join("")}\n0x0001 yesterday tomorrow /CN=x\n`,
      signed: filesOf(
        ["good.test", "copy.test", "noise.test", "stranger.test"],
        (name) => name === "noise.test" ? "noise" : name === "stranger.test" ? stranger.cert : good.cert,
      ),
    });
    expect(twice.certificates).toBe(1);
    expect(twice.problems.map((line) => line.split(":")[0])).toEqual([
      "inventory.txt",
      "inventory.txt",
      "signed/copy.test",
      "signed/noise.test",
      "signed/stranger.test",
    ]);
  });

  it("can be done again after it was cut off, and ends with the same", async () => {
    const estate = await estateOf();
    const names = Array.from({ length: 250 }, (_, n) => `n${n}.test`);
    const issued = await Promise.all(names.map(async (name) => [name, await estate.ca.issue(name)] as const));
    const revoked = issued.slice(0, 20).map(([, { serial }]) => serial);
    const files = () => puppetCaFiles(estate, { signed: issued, revoked });
    const ca = await nowCa();
    const cut = await files();
    const broken = (async function* () {
      let count = 0;
      for await (const each of cut.signed) {
        if (++count > 230) throw new Error("The disk is gone");
        yield each;
      }
    })();
    await expect(ca.transfer.importPuppetCa({ ...cut, signed: broken })).rejects.toThrow("The disk is gone");
    // not in force before it is whole
    expect(await ca.spaces.get(space)).toBeUndefined();
    expect(await ca.transfer.importPuppetCa(await files())).toMatchObject({
      authority: space,
      certificates: 250,
      revocations: 20,
    });
    expect(await ca.certificates.count({ authority: space })).toBe(250);
    expect(await ca.certificates.count({ authority: space, status: ["revoked"] })).toBe(20);
    expect((await ca.crls.current(space)).entries).toBe(20);
    expect((await ca.authorities.list()).length).toBe(1);
  });

  it("loses none whose name has a certificate or a request here already", async () => {
    const estate = await estateOf();
    const ca = await createTestCa({ clock: createTestClock(Date.now()) });
    await ca.certificates.issue({ space, certname: "a.test", pem: await requestPem("a.test"), by });
    await ca.certificates.submit({ space, certname: "b.test", pem: await requestPem("b.test"), from: "" });
    const signed = await Promise.all(
      ["a.test", "b.test", "c.test"].map(async (name) => [name, await estate.ca.issue(name)] as const),
    );
    const report = await ca.transfer.importPuppetCa(await puppetCaFiles(estate, { signed }));
    expect(report).toMatchObject({ certificates: 3, problems: [] });
    for (const [certname, { serial }] of signed) {
      const found = await ca.certificates.list({ certname, serial }, { limit: 9, offset: 0 });
      expect(found.map(({ status }) => status)).toEqual(["signed"]);
    }
    await ca.certificates.clean({ space, certname: "a.test", by });
    expect((await ca.crls.current(report.authority)).entries).toBe(1);
  });
});

describe("inventory.txt", () => {
  it("is read as Puppet's versions write it, and written so", () => {
    const line = "0x0004 2026-11-21T22:43:11UTC 2031-11-21T22:43:11UTC /CN=db01.example.test";
    const read = {
      serial: "4",
      notBefore: Date.UTC(2026, 10, 21, 22, 43, 11),
      notAfter: Date.UTC(2031, 10, 21, 22, 43, 11),
      certname: "db01.example.test",
    };
    expect(readInventoryLine(line)).toEqual(read);
    expect(writeInventoryLine(read)).toBe(line);
    expect(readInventoryLine("0x1F 2026-11-21T22:43:11UTC 2031-11-21T22:43:11UTC /O=x/CN=a")).toMatchObject({
      serial: "1f",
      certname: "a",
    });
    expect(readInventoryLine("4 2026-11-21T22:43:11UTC 2031-11-21T22:43:11UTC CN = a")).toMatchObject({
      serial: "4",
      certname: "a",
    });
    const serial = "f".repeat(39);
    expect(readInventoryLine(writeInventoryLine({ ...read, serial }))).toEqual({ ...read, serial });
    for (
      const bad of [
        "",
        "#",
        "0x 2026 2031 /CN=a",
        line.replace("11-21", "13-41"),
        line.replace("/CN=", "/O="),
        line.slice(7),
      ]
    ) {
      expect(readInventoryLine(bad)).toBeUndefined();
    }
  });
});
