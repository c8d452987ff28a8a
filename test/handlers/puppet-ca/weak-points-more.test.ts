import { chmodSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { openCertificates } from "../../../handlers/core/ca/authority-facts.ts";
import { readCrls } from "../../../handlers/core/x509/crl.ts";
import { sha256Hex } from "../../../handlers/core/x509/fingerprints.ts";
import { pemBlocks } from "../../../handlers/core/x509/pem.ts";
import { executableApprover } from "../../../runtime/ca/approvers.ts";
import { listenerCertificate } from "../../../runtime/ca/listener-certificate.ts";
import { createTestCa, day, operator as by, space } from "../../support/ca.ts";
import { createTestApi } from "../../support/ca-api.ts";
import { challengePassword, newKey, requestPem, stringExtension } from "../../support/ca-requests.ts";
import { createAuthority } from "../../support/certificates.ts";
import { createTestClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { puppetCaFiles } from "../../support/puppet-ca-files.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { createTestVault } from "../../support/vault.ts";

const certname = "web01.example.test";
const name = { space, certname };
const oid = "1.3.6.1.4.1.34380.1";

describe("weak points C10 to C18", () => {
  it("C10: what the records say of a serial is said per authority, and of one certificate", async () => {
    const ca = await createTestCa({ clock: createTestClock(Date.now()), keys: "none" });
    const root = await createAuthority("Old root");
    const old = await root.intermediate("Puppet CA: old");
    const theirs = await old.issue(certname, { serial: "05" });
    await ca.transfer.importPuppetCa(
      await puppetCaFiles({ root, ca: old }, { signed: [[certname, theirs]], revoked: ["5"] }),
    );
    const second = await root.intermediate("Second");
    await ca.authorities.upload({
      id: "second",
      certificate: second.cert,
      chain: [root.cert],
      private_key: second.key,
      by,
    });
    const [a, b] = [(await ca.authorities.get(space))!.key_id, (await ca.authorities.get("second"))!.key_id];
    const same = await second.issue(certname, { serial: "05" });
    const link = async (issued: typeof same, issuerKeyId: string) =>
      await ca.registered({ serial: issued.serial, fingerprint: await sha256Hex(issued.der), issuerKeyId });
    expect([await link(theirs, a), await link(same, b)]).toEqual(["revoked", "not registered"]);
    // two certificates with one serial and one issuer: the one that is known counts
    const mine = await ca.certificates.issue({
      space,
      certname: "x.example.test",
      pem: await requestPem("x.example.test"),
      by,
    });
    const fingerprint = mine.fingerprint!;
    expect(await ca.registered({ serial: mine.serial!, fingerprint, issuerKeyId: a })).toBe("good");
    expect(await ca.registered({ serial: mine.serial!, fingerprint: "00".repeat(32), issuerKeyId: a })).toBe(
      "not registered",
    );
  });

  it("C11: nobody overwrites a waiting request, its fingerprint is shown, and requests are bounded and expire", async () => {
    const ca = await createTestCa();
    const api = await createTestApi(ca);
    const first = await requestPem(certname);
    expect((await api.put(certname, first)).status).toBe(200);
    const second = await api.put(certname, await requestPem(certname));
    expect([second.status, second.body]).toEqual([
      400,
      `${certname} already has a requested certificate; ignoring certificate request`,
    ]);
    expect((await api.call("GET", `/certificate_request/${certname}`)).body).toBe(first);
    const shown = JSON.parse((await api.call("GET", `/certificate_status/${certname}`, { as: api.asAdmin })).body);
    const [der] = pemBlocks(first, "CERTIFICATE REQUEST");
    expect(shown.fingerprint.replaceAll(":", "").toLowerCase()).toBe(await sha256Hex(der!));
    const { signal } = new AbortController();
    const expire = ca.tasks.find((task) => task.name === "ca-requests")!;
    ca.clock.advance(29 * day);
    await expire.run(signal);
    expect(await ca.certificates.current(name)).toMatchObject({ status: "requested" });
    ca.clock.advance(2 * day);
    await expire.run(signal);
    expect(await ca.certificates.current(name)).toBeUndefined();

    const bounded = { ...ca.documents, count: () => Promise.resolve(10_000) };
    const full = await createTestApi(
      await createTestCa({ memory: { ...ca.memory, documents: bounded }, clock: ca.clock }),
    );
    const refused = await full.put("one-more.example.test", await requestPem("one-more.example.test"));
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "3600"]);
  });

  it("C12: the listeners' certificate has its names, and nobody else can read its key", async () => {
    const ca = await createTestCa({ clock: createTestClock(Date.now()) });
    const folder = temporaryFolder();
    const wanted = { names: ["puppet.example.test", "puppet", "127.0.0.1", "::1"], authority: space };
    const made = await listenerCertificate(ca, folder.path, wanted, ca.clock);
    const row = await ca.certificates.current({ space: "hoppetdb", certname: "puppet.example.test" });
    expect(row?.subject_alt_names).toEqual(["DNS:puppet.example.test", "DNS:puppet", "IP:127.0.0.1", "IP:::1"]);
    expect(statSync(join(folder.path, "listener-key.pem")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder.path, "listener-key.pem"), "utf8")).toBe(made.key);
    // as long as it is good it stays, and no longer
    expect(await listenerCertificate(ca, folder.path, wanted, ca.clock)).toEqual(made);
    const more = { ...wanted, names: [...wanted.names, "new.example.test"] };
    const other = await listenerCertificate(ca, folder.path, more, ca.clock);
    expect(other.serial).not.toBe(made.serial);
    ca.clock.advance(61 * day);
    const renewed = await listenerCertificate(ca, folder.path, more, ca.clock);
    expect(renewed.serial).not.toBe(other.serial);
    // the key of another process that wrote at the same time
    folder.write("listener-key.pem", (await newKey()).pem);
    const paired = await listenerCertificate(ca, folder.path, more, ca.clock);
    expect(paired.serial).not.toBe(renewed.serial);
    expect(paired.key).toBe(readFileSync(join(folder.path, "listener-key.pem"), "utf8"));
    await ca.certificates.revokeSerial({ serial: paired.serial, force: true, by });
    expect((await listenerCertificate(ca, folder.path, more, ca.clock)).serial).not.toBe(paired.serial);
  });

  it("C13: weak keys are refused, dates lie within the authority's, and begin a day back", async () => {
    const ca = await createTestCa({ policy: { autosign: "all", ttl: 100 * 365 * 86_400 } });
    const api = await createTestApi(ca);
    const pair = await crypto.subtle.generateKey(
      { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1) },
      true,
      ["sign", "verify"],
    );
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
    const sign = async (data: Uint8Array<ArrayBuffer>) =>
      new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, data));
    const weak = { pkcs8: new Uint8Array(), pem: "", signer: { algorithm, publicKey, sign } };
    const refused = await api.put(certname, await requestPem(certname, { key: weak }));
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining("RSA key of 1024 bits")]);
    ca.clock.advance(2 * day);
    expect((await api.put(certname, await requestPem(certname))).status).toBe(200);
    const made = (await ca.certificates.current(name))!;
    const authority = (await ca.authorities.get(space))!;
    expect([made.not_before, made.not_after]).toEqual([ca.clock.now() - day, authority.not_after]);
    const { facts } = openCertificates(made.certificate!, "certificate")[0]!;
    expect([facts.notBefore, facts.notAfter]).toEqual([made.not_before, made.not_after]);
    expect(authority.not_after).toBeLessThanOrEqual((await ca.authorities.get("puppet-ca-root"))!.not_after);
  });

  it("C14: an executable gets nothing of our environment, and is ended with all that it started", async () => {
    const folder = temporaryFolder();
    process.env.HOPPETDB_SECRET_KEY = "must not be seen";
    const told = join(folder.path, "told");
    const file = folder.write(
      "approve",
      `#!/bin/sh\n{ echo "$@"; env; cat; } > ${told}\ncase $1 in hangs*) sleep 60 & echo $! > ${told}.pid; wait;; no*) exit 3;; esac\n`,
    );
    chmodSync(file, 0o700);
    const approver = executableApprover(file, 400);
    const pem = await requestPem(certname);
    expect(await approver.approve({ certname, pem })).toEqual({ approved: true, reason: "exit status 0" });
    const [first, ...rest] = readFileSync(told, "utf8").split("\n");
    delete process.env.HOPPETDB_SECRET_KEY;
    expect(first).toBe(certname);
    expect(rest.join("\n")).toContain(pem);
    expect(rest.join("\n")).not.toContain("must not be seen");
    const variables = rest.slice(0, rest.findIndex((line) => line.startsWith("-----"))).map((line) =>
      line.split("=")[0]
    );
    // what the shell itself adds is its own
    expect(variables.filter((each) => !["PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"].includes(each!))).toEqual([]);
    expect(await approver.approve({ certname: "no.example.test", pem })).toEqual({
      approved: false,
      reason: "exit status 3",
    });
    expect(await approver.approve({ certname: "hangs", pem })).toMatchObject({ approved: false });
    const pid = Number(readFileSync(`${told}.pid`, "utf8"));
    await eventually(() => expect(isRunning(pid)).toBe(false));
    const missing = executableApprover(join(folder.path, "nothing"));
    expect(await missing.approve({ certname, pem })).toMatchObject({ approved: false });
  });

  it("C15: who judges sees the whole request, and what isn't allowed is refused, not left out", async () => {
    const seen: string[] = [];
    const approver = {
      name: "test",
      approve: ({ pem }: { readonly pem: string }) => {
        seen.push(pem);
        return Promise.resolve({ approved: true, reason: "the key is right" });
      },
    };
    const ca = await createTestCa({ approvers: [approver] });
    const api = await createTestApi(ca);
    const pem = await requestPem(certname, {
      attributes: [challengePassword("pre-shared")],
      extensions: [stringExtension(`${oid}.1.13`, "web"), stringExtension(`${oid}.2.7`, "ours")],
    });
    await api.put(certname, pem);
    expect(seen).toEqual([pem]);
    const made = (await ca.certificates.current(name))!;
    expect(made.decision?.reason).toBe("test: the key is right");
    const copied = openCertificates(made.certificate!, "certificate")[0]!.extensions.map((each) => each.oid);
    expect(copied).toEqual(expect.arrayContaining([`${oid}.1.13`, `${oid}.2.7`]));
    const foreign = await requestPem("web02.example.test", { extensions: [stringExtension("1.2.3.4.5", "x")] });
    const refused = await api.put("web02.example.test", foreign);
    expect([refused.status, refused.body]).toEqual([400, "Found extensions that are not permitted: 1.2.3.4.5"]);
  });

  it("C16: an uploaded authority must fit its key and chain, and has a CRL from the start", async () => {
    const ca = await createTestCa({ clock: createTestClock(Date.now()) });
    const root = await createAuthority("Their root");
    const [below, other] = [await root.intermediate("Their CA"), await root.intermediate("Other CA")];
    const leaf = await root.issue("leaf.example.test");
    const upload = (what: Partial<Parameters<typeof ca.authorities.upload>[0]>) =>
      ca.authorities.upload({
        id: "theirs",
        certificate: below.cert,
        chain: [root.cert],
        private_key: below.key,
        by,
        ...what,
      });
    const invalid = { code: "invalid" };
    await expect(upload({ private_key: other.key })).rejects.toMatchObject({ ...invalid, field: "private_key" });
    await expect(upload({ private_key: "nonsense" })).rejects.toMatchObject({ ...invalid, field: "private_key" });
    await expect(upload({ chain: [] })).rejects.toMatchObject(invalid);
    await expect(upload({ chain: [other.cert, root.cert] })).rejects.toMatchObject(invalid);
    const wrongRoot = await createAuthority("Their root");
    await expect(upload({ chain: [wrongRoot.cert] })).rejects.toMatchObject(invalid);
    await expect(upload({ certificate: leaf.cert, private_key: leaf.key })).rejects.toMatchObject(invalid);
    expect(await ca.authorities.get("theirs")).toBeUndefined();
    const made = await upload({ crls: await root.crl(["77"]) });
    expect([made.cn, made.subject]).toEqual(["Their CA", "CN=Their CA"]);
    await expect(upload({})).rejects.toMatchObject({ code: "conflict" });
    await ca.spaces.update(space, { ca_id: "theirs", by });
    const crls = readCrls((await ca.spaces.crls(space)).pem);
    expect(crls.map(({ issuer, revoked }) => [issuer.text, [...revoked]])).toEqual([
      ["CN=Their CA", []],
      ["CN=Their root", ["77"]],
    ]);
  });

  it("C17: what the usual tool asks for is there, and signing what is signed is no success", async () => {
    const api = await createTestApi(await createTestCa());
    const { asAdmin: as } = api;
    await api.put(certname, await requestPem(certname));
    const listed = JSON.parse((await api.call("GET", "/certificate_statuses/any?state=requested", { as })).body);
    expect(listed).toMatchObject([{ name: certname, state: "requested" }]);
    expect(JSON.parse((await api.send("POST", "/sign", { certnames: [certname, "none"] })).body)).toEqual({
      signed: [certname],
      "no-csr": ["none"],
      "signing-errors": [],
    });
    expect((await api.state(certname, "signed")).status).toBe(409);
    expect((await api.send("PUT", "/clean", { certnames: [certname] })).body).toBe("Successfully cleaned all certs.");
    expect((await api.call("GET", `/certificate_status/${certname}`, { as })).status).toBe(404);
  });

  it("C18: the private key is encrypted in the store, and decrypted only to sign", async () => {
    const vault = await createTestVault();
    let opened = 0;
    const counting = {
      ...vault,
      decrypt: (...args: Parameters<typeof vault.decrypt>) => (opened++, vault.decrypt(...args)),
    };
    const ca = await createTestCa({ vault: counting });
    const stored = JSON.stringify(ca.memory.dump("ca_keys"));
    const { cert: certificate, key: private_key } = await createAuthority("Given");
    await ca.authorities.upload({ id: "given", certificate, private_key, by });
    const given = ca.memory.dump("ca_keys").find(({ id }) => id === "given")!;
    const plain = private_key.replace(/-----[^-]+-----|\s/g, "");
    expect([plain.length > 100, JSON.stringify(given).includes(plain.slice(0, 60))]).toEqual([true, false]);
    expect(stored).not.toContain("PRIVATE KEY");
    // another process serves the bundle, the records and the requests without it
    const beside = await createTestCa({ vault: counting, memory: ca.memory, clock: ca.clock });
    opened = 0;
    await beside.spaces.bundle(space);
    await beside.certificates.submit({ ...name, pem: await requestPem(certname), from: "" });
    await beside.registered({ serial: "1", issuerKeyId: "x", fingerprint: "y" });
    expect(opened).toBe(0);
    await beside.certificates.sign({ ...name, by });
    await beside.certificates.issue({ space, certname: "b.example.test", pem: await requestPem("b.example.test"), by });
    expect(opened).toBe(1);
    expect(ca.log.text() + beside.log.text()).not.toContain("PRIVATE");
  });
});

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // a dead one that nobody has waited for is none
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
};
