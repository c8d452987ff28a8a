import { describe, expect, it } from "vitest";
import { nextCrl } from "../../../handlers/core/ca/crl.ts";
import { openCertificates } from "../../../handlers/core/ca/authority-facts.ts";
import { sha256Hex } from "../../../handlers/core/x509/fingerprints.ts";
import { readCrl, readCrlEntries, readCrls } from "../../../handlers/core/x509/crl.ts";
import { pemBlocks } from "../../../handlers/core/x509/pem.ts";
import { createTestCa, day, operator, space } from "../../support/ca.ts";
import { createTestApi } from "../../support/ca-api.ts";
import { nameOf, newKey, requestPem } from "../../support/ca-requests.ts";
import { createAuthority } from "../../support/certificates.ts";
import { createTestClock } from "../../support/clock.ts";
import { puppetCaFiles } from "../../support/puppet-ca-files.ts";

const by = operator;
const certname = "web01.example.test";
const name = { space, certname };

const oldEstate = async () => {
  const root = await createAuthority("Puppet Root CA");
  return { root, ca: await root.intermediate("Puppet CA: old") };
};
const linkOf = async (pem: string) => {
  const { der, facts } = openCertificates(pem, "certificate")[0]!;
  return { serial: facts.serial, fingerprint: await sha256Hex(der) };
};

describe("weak points C1 to C9", () => {
  it("C1: an import keeps every revocation: of files, of serials without one, of those the inventory has lost", async () => {
    const ca = await createTestCa({ clock: createTestClock(Date.now()), keys: "none" });
    const estate = await oldEstate();
    const [good, revoked] = [await estate.ca.issue("good.example.test"), await estate.ca.issue("bad.example.test")];
    const files = await puppetCaFiles(estate, {
      signed: [["good.example.test", good], ["bad.example.test", revoked]],
      revoked: [revoked.serial, "5", "1234"],
      gone: [["5", "cleaned.example.test"], ["6", "lost.example.test"]],
    });
    const report = await ca.transfer.importPuppetCa(files);
    expect(report).toMatchObject({ authority: space, certificates: 4, revocations: 3, problems: [] });
    const crl = readCrls((await ca.spaces.crls(space)).pem)[0]!;
    expect([...crl.revoked].sort()).toEqual([revoked.serial, "5", "1234"].sort());
    expect((await ca.certificates.current({ space, certname: "bad.example.test" }))?.status).toBe("revoked");
    const issuerKeyId = (await ca.authorities.get(space))!.key_id;
    expect(await ca.registered({ ...await linkOf(revoked.cert), issuerKeyId })).toBe("revoked");
    expect(await ca.registered({ ...await linkOf(good.cert), issuerKeyId })).toBe("good");
    // its file is gone, its agent is not
    expect(await ca.registered({ serial: "6", fingerprint: "ab".repeat(32), issuerKeyId })).toBe("good");
    expect(await ca.registered({ serial: "5", fingerprint: "ab".repeat(32), issuerKeyId })).toBe("revoked");
  });

  it("C2: an import takes every certificate and the whole bundle, also where a CA was made at first start", async () => {
    const ca = await createTestCa({ clock: createTestClock(Date.now()) });
    const estate = await oldEstate();
    const names = Array.from({ length: 12 }, (_, n) => `node${n}.example.test`);
    const signed = await Promise.all(names.map(async (each) => [each, await estate.ca.issue(each)] as const));
    const report = await ca.transfer.importPuppetCa(await puppetCaFiles(estate, { signed }));
    expect(report).toMatchObject({ certificates: 12, problems: [] });
    expect(report.authority).toMatch(/^puppet-ca-[0-9a-f]{8}$/);
    expect(await ca.certificates.count({ authority: report.authority, status: ["signed"] })).toBe(12);
    for (const [each, { cert }] of signed) {
      expect((await ca.certificates.current({ space, certname: each }))?.certificate).toBe(cert);
    }
    const bundle = pemBlocks(await ca.spaces.bundle(space), "CERTIFICATE");
    expect(bundle.slice(0, 2)).toEqual([estate.ca.der, estate.root.der]);
    expect((await ca.spaces.get(space))?.ca_id).toBe(report.authority);
  });

  it("C3: revoke takes what is live and sign what waits, whatever other rows the name has", async () => {
    const ca = await createTestCa();
    const api = await createTestApi(ca);
    await api.put(certname, await requestPem(certname));
    expect((await api.state(certname, "signed")).status).toBe(204);
    const first = (await ca.certificates.current(name))!;
    const second = await ca.certificates.renew({ pem: first.certificate! });
    expect(await ca.certificates.current(name)).toMatchObject({ status: "signed" });
    expect((await api.state(certname, "revoked")).status).toBe(204);
    const crl = readCrls((await ca.spaces.crls(space)).pem)[0]!;
    expect([...crl.revoked].sort()).toEqual([first.serial, second.serial].sort());
    expect(await ca.certificates.clean({ ...name, by })).toEqual({ revoked: 0 });
    // enrolled again: the dead rows stand in nobody's way
    await api.put(certname, await requestPem(certname));
    expect((await api.state(certname, "signed")).status).toBe(204);
    expect((await api.state(certname, "signed")).status).toBe(409);
    const third = (await ca.certificates.current(name))!;
    expect(third.status).toBe("signed");
    expect((await api.state(certname, "revoked")).status).toBe(204);
    expect(readCrls((await ca.spaces.crls(space)).pem)[0]!.revoked).toContain(third.serial);
  });

  it("C4: DELETE revokes, and the entry and the record stay until the certificate has expired", async () => {
    const ca = await createTestCa();
    const api = await createTestApi(ca);
    await api.put(certname, await requestPem(certname));
    await api.state(certname, "signed");
    const { serial } = (await ca.certificates.current(name))!;
    expect((await api.call("DELETE", `/certificate_status/${certname}`, { as: api.asAdmin })).status).toBe(204);
    expect(readCrls((await ca.spaces.crls(space)).pem)[0]!.revoked).toContain(serial);
    expect(await ca.certificates.list({ serial: serial!, include_cleaned: true }, { limit: 9, offset: 0 }))
      .toMatchObject([
        { certname, status: "revoked", cleaned_at: ca.clock.now() },
      ]);
    ca.clock.advance(6 * 365 * day);
    const { crls } = ca;
    await crls.renew(space);
    expect(readCrls((await ca.spaces.crls(space)).pem)[0]!.revoked).not.toContain(serial);
    expect(await ca.certificates.count({ serial: serial!, include_cleaned: true })).toBe(1);
  });

  it("C5: the list is new with the revocation, has a number and reasons, and is renewed long before it lapses", async () => {
    const ca = await createTestCa();
    const { serial } = await ca.certificates.issue({ ...name, pem: await requestPem(certname), by });
    const before = await ca.crls.current(space);
    await ca.certificates.revoke({ ...name, by, reason: "keyCompromise" });
    const after = await ca.crls.current(space);
    expect(after.number).toBe(before.number + 1);
    expect(parseInt(readCrl(after.der).number!, 16)).toBe(after.number);
    expect(readCrlEntries(after.der)).toEqual([{ serial, revokedAt: ca.clock.now(), reason: 1 }]);
    const { signal } = new AbortController();
    const task = ca.tasks.find((each) => each.name === "ca-crl")!;
    await task.run(signal);
    expect((await ca.crls.current(space)).number).toBe(after.number);
    ca.clock.advance(16 * day);
    await task.run(signal);
    const renewed = await ca.crls.current(space);
    expect(renewed.number).toBe(after.number + 1);
    expect(readCrl(renewed.der).nextUpdate).toBe(ca.clock.now() + 30 * day);
    expect((await ca.crls.current("puppet-ca-root")).next_update).toBe(ca.clock.now() + 30 * day);
  });

  it("C5: however many are revoked at once, no list is from a day that has not come", () => {
    const now = Date.UTC(2026, 0, 1);
    let state = nextCrl(null, now, 30 * day);
    for (let n = 0; n < 100_000; n++) state = nextCrl(state, now, 30 * day);
    expect(state.number).toBe(100_001);
    // as it is written: a day back
    expect(state.this_update - day).toBeLessThanOrEqual(now);
  });

  it("C6: of many revocations at once each finds its way onto the list", async () => {
    const ca = await createTestCa();
    const names = Array.from({ length: 20 }, (_, n) => `node${n}.example.test`);
    const serials = await Promise.all(names.map(async (each) => {
      const issued = await ca.certificates.issue({ space, certname: each, pem: await requestPem(each), by });
      return issued.serial!;
    }));
    // a second process on the same store
    const other = await createTestCa({ memory: ca.memory, clock: ca.clock });
    await Promise.all(names.map((each, n) => (n % 2 ? ca : other).certificates.revoke({ space, certname: each, by })));
    const crl = readCrl((await ca.crls.current(space)).der);
    expect([...crl.revoked].sort()).toEqual(serials.toSorted());
    expect(parseInt(crl.number!, 16)).toBe(21);
  });

  it("C7: a revoked authority signs nothing, is on its parent's list, and what it signed is refused", async () => {
    const ca = await createTestCa();
    await ca.authorities.create({ id: "second", parent_id: "puppet-ca-root", cn: "Second", key: "p-256", by });
    await ca.spaces.create({ id: "lab", ca_id: "second", by });
    const issued = await ca.certificates.issue({ space: "lab", certname, pem: await requestPem(certname), by });
    await expect(ca.authorities.revoke({ id: "second", by })).rejects.toMatchObject({ code: "conflict" });
    const revoked = await ca.authorities.revoke({ id: "second", by, force: true });
    const at = readCrlEntries((await ca.crls.current("puppet-ca-root")).der);
    expect(at).toMatchObject([{ serial: revoked.serial, revokedAt: ca.clock.now() }]);
    ca.clock.advance(day);
    await ca.crls.renew("puppet-ca-root");
    // the day of the revocation is not written anew
    expect(readCrlEntries((await ca.crls.current("puppet-ca-root")).der)).toEqual(at);
    const another = { space: "lab", certname: "web02.example.test", pem: await requestPem("web02.example.test"), by };
    await expect(ca.certificates.issue(another)).rejects.toMatchObject({ code: "conflict" });
    await expect(ca.certificates.renew({ pem: issued.certificate! })).rejects.toMatchObject({ code: "conflict" });
    const root = (await ca.authorities.get("puppet-ca-root"))!;
    const link = { ...await linkOf(revoked.certificate), issuerKeyId: root.key_id };
    expect(await ca.registered(link)).toBe("revoked");
    await expect(ca.spaces.create({ id: "more", ca_id: "second", by })).rejects.toMatchObject({ code: "invalid" });
  });

  it("C8: a renewal leaves the old certificate good, gives the same again, and grows no list", async () => {
    const ca = await createTestCa();
    const old = await ca.certificates.issue({ ...name, pem: await requestPem(certname), by });
    const [first, again] = [
      await ca.certificates.renew({ pem: old.certificate! }),
      await ca.certificates.renew({ pem: old.certificate! }),
    ];
    expect(first.serial).not.toBe(old.serial);
    expect(again.serial).toBe(first.serial);
    expect((await ca.certificates.get(old.id))?.status).toBe("signed");
    // with the new one at once: there is nothing to be renewed yet
    expect((await ca.certificates.renew({ pem: first.certificate! })).serial).toBe(first.serial);
    expect(await ca.certificates.count({ certname })).toBe(2);
    expect((await ca.crls.current(space)).entries).toBe(0);
    ca.clock.advance(60 * day);
    const next = await ca.certificates.renew({ pem: first.certificate! });
    expect(next.serial).not.toBe(first.serial);
  });

  it("C9: a subject is one common name and nothing else", async () => {
    const ca = await createTestCa({ policy: { autosign: "all" } });
    const api = await createTestApi(ca);
    const key = await newKey();
    const [cn, organization] = ["2.5.4.3", "2.5.4.10"] as const;
    for (
      const subject of [
        nameOf([cn, certname], [cn, "victim.example.test"]),
        nameOf([cn, "victim.example.test"], [cn, certname]),
        nameOf([organization, "Example"], [cn, certname]),
        nameOf(),
      ]
    ) {
      const answer = await api.put(certname, await requestPem(certname, { key, subject }));
      expect([answer.status, answer.body]).toEqual([400, expect.stringContaining("exactly one common name")]);
    }
    expect(await ca.certificates.current(name)).toBeUndefined();
    await api.put(certname, await requestPem(certname, { key }));
    const { certificate } = (await ca.certificates.current(name))!;
    expect(openCertificates(certificate!, "certificate")[0]!.facts.subject.text).toBe(`CN=${certname}`);
  });
});
