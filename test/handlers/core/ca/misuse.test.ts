import { describe, expect, it } from "vitest";
import { openCertificates } from "../../../../handlers/core/ca/authority-facts.ts";
import { stringExtension } from "../../../support/ca-requests.ts";
import { createTestCa, day, operator as by, space } from "../../../support/ca.ts";
import { challengePassword, requestPem } from "../../../support/ca-requests.ts";
import { createAuthority } from "../../../support/certificates.ts";
import { createTestClock } from "../../../support/clock.ts";
import { puppetCaFiles } from "../../../support/puppet-ca-files.ts";
import { sha256Hex } from "../../../../handlers/core/x509/fingerprints.ts";

const from = "192.0.2.9";
const admin = "operator.example.test";

describe("names with rights of their own", () => {
  const set = async (autosign: "all" | readonly string[]) =>
    await createTestCa({ policy: { autosign }, reserved: [admin] });
  const submit = async (ca: Awaited<ReturnType<typeof set>>, token?: string) =>
    (await ca.certificates.submit({
      space,
      certname: admin,
      pem: await requestPem(admin, token === undefined ? {} : { attributes: [challengePassword(token)] }),
      from,
    })).signed;

  it("are signed by a rule that names them, and by none that happens to fit", async () => {
    expect(await submit(await set("all"))).toBe(false);
    expect(await submit(await set(["*.example.test"]))).toBe(false);
    expect(await submit(await set(["*.example.test", admin]))).toBe(true);
  });

  it("are signed for a token of that name, and for no glob", async () => {
    const ca = await set("all");
    const wide = await ca.tokens.create({ certname: "*.example.test", ttl: 60, by });
    await expect(submit(ca, wide.token)).rejects.toMatchObject({ code: "bad_request" });
    expect(await ca.certificates.count({ certname: admin })).toBe(0);
    const exact = await ca.tokens.create({ certname: admin, ttl: 60, by });
    expect(await submit(ca, exact.token)).toBe(true);
  });
});

describe("an import that is run again", () => {
  it("tells every running process what was revoked meanwhile", async () => {
    const root = await createAuthority("Puppet Root CA");
    const estate = { root, ca: await root.intermediate("Puppet CA: old") };
    const [one, two] = [await estate.ca.issue("one.example.test"), await estate.ca.issue("two.example.test")];
    const signed = [["one.example.test", one], ["two.example.test", two]] as const;
    const ca = await createTestCa({ clock: createTestClock(Date.now()), keys: "none" });
    await ca.transfer.importPuppetCa(await puppetCaFiles(estate, { signed }));
    const link = async (each: typeof one) => ({
      serial: each.serial,
      fingerprint: await sha256Hex(openCertificates(each.cert, "certificate")[0]!.der),
      issuerKeyId: (await ca.authorities.get(space))!.key_id,
    });
    await ca.certificates.revoke({ space, certname: "one.example.test", by });
    expect(await ca.registered(await link(two))).toBe("good");
    await ca.transfer.importPuppetCa(await puppetCaFiles(estate, { signed, revoked: [two.serial] }));
    expect(await ca.registered(await link(two))).toBe("revoked");
    expect((await ca.certificates.current({ space, certname: "two.example.test" }))?.status).toBe("revoked");
    expect((await ca.crls.current(space)).entries).toBe(2);
  });
});

it("does not make an administrator of who renews a certificate that says pp_cli_auth: false", async () => {
  const root = await createAuthority("Puppet Root CA");
  const estate = { root, ca: await root.intermediate("Puppet CA: old") };
  const extensions = [stringExtension("1.3.6.1.4.1.34380.1.3.39", "false")];
  const old = await estate.ca.issue("web01.example.test", { extensions });
  const ca = await createTestCa({ clock: createTestClock(Date.now()), keys: "none" });
  await ca.transfer.importPuppetCa(await puppetCaFiles(estate, { signed: [["web01.example.test", old]] }));
  const renewed = await ca.certificates.renew({ pem: old.cert });
  expect(renewed.authorization_extensions).toEqual({});
});

it("revokes with a compromised key every certificate that was renewed with it", async () => {
  const { certificates, clock } = await createTestCa();
  const certname = "web01.example.test";
  const old = await certificates.issue({ space, certname, pem: await requestPem(certname), by });
  clock.advance(2 * day);
  const renewed = await certificates.renew({ pem: old.certificate! });
  expect(renewed.serial).not.toBe(old.serial);
  expect(await certificates.revokeSerial({ serial: old.serial!, by, reason: "superseded" })).toBe(1);
  expect((await certificates.get(renewed.id))?.status).toBe("signed");
  expect(await certificates.revokeSerial({ serial: old.serial!, by, reason: "keyCompromise" })).toBe(1);
  expect(await certificates.get(renewed.id)).toMatchObject({ status: "revoked", revocation_reason: "keyCompromise" });
});

it("makes a new CRL where the last one is from the future", async () => {
  const { crls, clock } = await createTestCa();
  clock.advance(365 * day);
  await crls.renew(space);
  clock.advance(-365 * day);
  expect(await crls.due()).toContain(space);
  expect((await crls.renew(space)).this_update).toBeLessThan(clock.now() + day);
  expect(await crls.due()).not.toContain(space);
});

it("never writes an extension of its own twice, whatever a space lets through", async () => {
  const constraints = { oid: "2.5.29.19", critical: true, value: Uint8Array.of(0x30, 3, 1, 1, 0xff) };
  const { certificates, spaces } = await createTestCa({ policy: { autosign: "all" } });
  await spaces.update(space, { policy: { allowed_extensions: ["2.5.29.19"] }, by });
  const certname = "web01.example.test";
  const pem = await requestPem(certname, { extensions: [constraints] });
  const { certificate } = await certificates.submit({ space, certname, pem, from });
  const [made] = openCertificates(certificate.certificate!, "certificate");
  expect(made!.extensions.filter(({ oid }) => oid === "2.5.29.19").map(({ value }) => [...value])).toEqual([[0x30, 0]]);
});
