import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCertificates } from "../../../../handlers/core/ca/authority-facts.ts";
import { readCrls } from "../../../../handlers/core/x509/crl.ts";
import { pemBlocks } from "../../../../handlers/core/x509/pem.ts";
import { createTestCa, day, operator as by, space } from "../../../support/ca.ts";
import { createTestApi } from "../../../support/ca-api.ts";
import { altNames, requestPem, stringExtension } from "../../../support/ca-requests.ts";
import { createAuthority } from "../../../support/certificates.ts";
import { createTestClock } from "../../../support/clock.ts";
import { opensslMust } from "../../../support/openssl.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

const certname = "web01.example.test";
const name = { space, certname };
const puppet = "1.3.6.1.4.1.34380.1";
const { signal } = new AbortController();
type TestCa = Awaited<ReturnType<typeof createTestCa>>;

const issue = async (ca: TestCa, certname: string, options: Parameters<typeof requestPem>[1] = {}) =>
  await ca.certificates.issue({ space, certname, pem: await requestPem(certname, options), by, authorized: true });

describe("renewal", () => {
  it("keeps key, names and extensions, has the time of renewals, and is by the space's authority of now", async () => {
    const ca = await createTestCa({ policy: { allow_subject_alt_names: true } });
    const extensions = [
      altNames(certname, "www.example.test"),
      stringExtension(`${puppet}.1.13`, "web"),
      stringExtension(`${puppet}.3.13`, "compiler"),
    ];
    const old = await issue(ca, certname, { extensions });
    ca.clock.advance(30 * day);
    await ca.authorities.create({ id: "next", parent_id: "puppet-ca-root", cn: "Next", key: "p-256", by });
    await ca.spaces.update(space, { ca_id: "next", by });
    const renewed = await ca.certificates.renew({ pem: old.certificate! });
    expect(renewed).toMatchObject({
      authority: "next",
      status: "signed",
      claim: null,
      renewal_of: old.id,
      not_before: (await ca.authorities.get("next"))!.not_before,
      not_after: ca.clock.now() + 90 * day,
      subject_alt_names: old.subject_alt_names,
      authorization_extensions: { pp_auth_role: "compiler" },
    });
    const [before, after] = [old, renewed].map((each) => openCertificates(each.certificate!, "certificate")[0]!);
    expect(after!.publicKey).toEqual(before!.publicKey);
    const copied = (of: typeof before) =>
      of!.extensions.filter(({ oid }) => oid.startsWith(puppet) || oid === "2.5.29.17");
    expect(copied(after)).toEqual(copied(before));
    expect((await ca.certificates.current(name))?.serial).toBe(renewed.serial);
  });

  it("is for what is good and known: not revoked, cleaned, foreign, or where the space doesn't", async () => {
    const ca = await createTestCa({ clock: createTestClock(Date.now()) });
    const forbidden = { code: "forbidden" };
    const revoked = await issue(ca, "revoked.test");
    await ca.certificates.revoke({ space, certname: "revoked.test", by });
    await expect(ca.certificates.renew({ pem: revoked.certificate! })).rejects.toMatchObject(forbidden);
    const cleaned = await issue(ca, "cleaned.test");
    await ca.certificates.clean({ space, certname: "cleaned.test", by });
    await expect(ca.certificates.renew({ pem: cleaned.certificate! })).rejects.toMatchObject(forbidden);
    // also while an authority waits for its certificate
    await ca.authorities.request({ id: "waits", cn: "Waits", key: "p-256", by });
    const foreign = await (await createAuthority("Elsewhere")).issue(certname);
    await expect(ca.certificates.renew({ pem: foreign.cert })).rejects.toMatchObject(forbidden);
    const good = await issue(ca, "good.test");
    await ca.spaces.update(space, { policy: { allow_renewal: false }, by });
    await expect(ca.certificates.renew({ pem: good.certificate! })).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("rolling over", () => {
  it("trusts both until the last old certificate is gone, and shows how far it is", async () => {
    const ca = await createTestCa();
    await issue(ca, "a.test");
    await issue(ca, "b.test");
    const listener = await ca.certificates.issue({
      space: "hoppetdb",
      certname: "l.test",
      pem: await requestPem("l.test"),
      by,
    });
    await ca.authorities.create({ id: "root2", cn: "Second root", key: "p-256", by });
    await ca.authorities.create({ id: "next", parent_id: "root2", cn: "Next", key: "p-256", by });
    await ca.spaces.update(space, { ca_id: "next", by });
    const subjects = async () =>
      openCertificates(await ca.spaces.bundle(space), "bundle").map(({ facts }) => facts.subject.text.slice(3));
    const lists = async () => readCrls((await ca.spaces.crls(space)).pem).map(({ issuer }) => issuer.text.slice(3));
    const both = ["Next", "Second root", "Puppet CA: puppet.example.test", "Puppet Root CA: 0123456789abcd"];
    expect([await subjects(), await lists()]).toEqual([both, both]);
    expect((await issue(ca, "c.test")).authority).toBe("next");
    // 2 agents and the listener
    expect(await ca.spaces.progress(space)).toEqual([{ authority: "next", current: true, live: 1 }, {
      authority: space,
      current: false,
      live: 3,
    }]);
    const rollover = ca.tasks.find((task) => task.name === "ca-rollover")!;
    await rollover.run(signal);
    expect((await ca.spaces.get("hoppetdb"))?.ca_id).toBe(space);
    await ca.certificates.clean({ space, certname: "a.test", by });
    const b = (await ca.certificates.current({ space, certname: "b.test" }))!;
    await ca.certificates.renew({ pem: b.certificate! });
    expect(await ca.spaces.progress(space)).toMatchObject([{ live: 2 }, { live: 2 }]);
    await ca.certificates.revokeSerial({ authority: space, serial: b.serial!, by });
    ca.clock.advance(61_000);
    expect(await subjects()).toEqual(both);
    // no agent has one of the old authority any more: our listeners may follow
    await rollover.run(signal);
    expect((await ca.spaces.get("hoppetdb"))?.ca_id).toBe("next");
    await ca.certificates.revokeSerial({ serial: listener.serial!, force: true, by });
    ca.clock.advance(61_000);
    expect([await subjects(), await lists()]).toEqual([both.slice(0, 2), both.slice(0, 2)]);
    // back again: it isn't its own predecessor
    await ca.spaces.update(space, { ca_id: space, by });
    expect((await ca.spaces.get(space))?.ca_id_history).toEqual(["next"]);
  });
});

describe("authorities", () => {
  it("are made where they can sign, and removed where nothing needs them", async () => {
    const ca = await createTestCa();
    const create = (id: string, parent_id: string | null = null) =>
      ca.authorities.create({ id, parent_id, cn: id, key: "p-256", by });
    await expect(create("puppet-ca")).rejects.toMatchObject({ code: "conflict" });
    for (const id of ["", "a b", "../x", "x".repeat(65)]) {
      await expect(create(id)).rejects.toMatchObject({ code: "invalid", field: "id" });
    }
    await expect(create("child", "nobody")).rejects.toMatchObject({ code: "not_found" });
    // below one that may have nothing below it nobody would believe it
    await expect(create("child", space)).rejects.toMatchObject({ code: "invalid", field: "parent_id" });
    await create("child", "puppet-ca-root");
    await expect(ca.authorities.remove(space)).rejects.toThrow(
      /the spaces (puppet-ca, hoppetdb|hoppetdb, puppet-ca) use it$/,
    );
    await expect(ca.authorities.remove("puppet-ca-root")).rejects.toThrow(
      /it is the parent of (puppet-ca, child|child, puppet-ca)$/,
    );
    await ca.spaces.create({ id: "lab", ca_id: "child", by });
    await ca.certificates.issue({ space: "lab", certname, pem: await requestPem(certname), by });
    await expect(ca.spaces.remove("lab")).rejects.toMatchObject({ code: "invalid" });
    for (const id of [space, "hoppetdb"]) await expect(ca.spaces.remove(id)).rejects.toMatchObject({ code: "invalid" });
    await expect(ca.authorities.revoke({ id: "puppet-ca-root", by, force: true })).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await ca.authorities.remove("nothing")).toBe(false);
    await create("free");
    expect(await ca.authorities.remove("free")).toBe(true);
    expect(ca.memory.dump("ca_keys").map(({ id }) => id)).not.toContain("free");
  });

  it("may stand below an external root: request, certificate of openssl's, and its lists", async () => {
    const ca = await createTestCa({ clock: createTestClock(Date.now()) });
    const folder = temporaryFolder();
    const at = (file: string) => join(folder.path, file);
    const pending = await ca.authorities.request({ id: "ours", cn: "Ours", key: "p-384", by });
    expect(pending).toMatchObject({ status: "pending", certificate: "" });
    await expect(ca.spaces.update(space, { ca_id: "ours", by })).rejects.toMatchObject({ code: "invalid" });
    folder.write("ours.csr", pending.request!);
    folder.write(
      "ext",
      "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    );
    folder.write(
      "ca.cnf",
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${at("index")}\ncrlnumber=${at("number")}\ndefault_md=sha256\n`,
    );
    folder.write("index", "");
    folder.write("number", "01\n");
    await opensslMust([
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj".split(" "),
      "/CN=External root",
      "-keyout",
      at("root.key"),
      "-out",
      at("root.pem"),
    ]);
    await opensslMust([
      "x509",
      "-req",
      "-in",
      at("ours.csr"),
      "-CA",
      at("root.pem"),
      "-CAkey",
      at("root.key"),
      "-days",
      "20",
      "-extfile",
      at("ext"),
      "-out",
      at("ours.pem"),
    ]);
    const crl = async () => {
      await opensslMust([
        ..."ca -gencrl -crldays 10 -config".split(" "),
        at("ca.cnf"),
        "-cert",
        at("root.pem"),
        "-keyfile",
        at("root.key"),
        "-out",
        at("crl.pem"),
      ]);
      return await opensslMust(["crl", "-in", at("crl.pem")]);
    };
    const [root, certificate] = [
      await opensslMust(["x509", "-in", at("root.pem")]),
      await opensslMust(["x509", "-in", at("ours.pem")]),
    ];
    const install = (what: Partial<Parameters<typeof ca.authorities.install>[0]>) =>
      ca.authorities.install({ id: "ours", certificate, chain: [root], crls: "", by, ...what });
    await expect(install({ certificate: root })).rejects.toMatchObject({ code: "invalid" });
    await expect(install({ chain: [] })).rejects.toMatchObject({ code: "invalid" });
    const installed = await install({ crls: await crl() });
    expect(installed).toMatchObject({
      status: "active",
      subject: "CN=Ours",
      issuer: "CN=External root",
      request: null,
    });
    await expect(install({})).rejects.toMatchObject({ code: "conflict" });
    await ca.spaces.update(space, { ca_id: "ours", by });
    expect(pemBlocks(await ca.spaces.bundle(space), "CERTIFICATE").slice(0, 2)).toEqual(
      [certificate, root].flatMap((pem) => pemBlocks(pem, "CERTIFICATE")),
    );
    const leaf = await issue(ca, certname);
    // it lives no longer than what signs it
    expect(leaf.not_after).toBe(installed.not_after);

    // the root's next list, as operators put it
    const api = await createTestApi(ca);
    const list = async (headers: Record<string, string>) =>
      await api.call("GET", "/certificate_revocation_list/ca", { headers });
    const had = await list({});
    const put = async (body: string) =>
      await api.call("PUT", "/certificate_revocation_list", { as: api.asAdmin, body });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await put(await crl())).body).toBe("Successfully updated CRLs.");
    const [etag, modified] = [had.headers.get("ETag")!, had.headers.get("Last-Modified")!];
    expect((await list({ "If-None-Match": etag })).status).toBe(200);
    expect((await list({ "If-Modified-Since": modified })).status).toBe(200);
    const now = readCrls((await list({})).body);
    expect(now.map(({ issuer, number }) => [issuer.text, number])).toEqual(
      expect.arrayContaining([["CN=External root", "2"]]),
    );
    // an older one, one of somebody else, none
    expect((await put(readOld(had.body))).status).toBe(400);
    expect((await put(await (await createAuthority("Nobody")).crl())).status).toBe(400);
    expect((await put("nothing")).body).toBe("No valid CRLs submitted.");
    folder.write("chain.pem", await ca.spaces.bundle(space));
    folder.write("lists.pem", (await list({})).body);
    folder.write("leaf.pem", leaf.certificate!);
    await opensslMust([
      "verify",
      "-crl_check_all",
      "-CAfile",
      at("chain.pem"),
      "-CRLfile",
      at("lists.pem"),
      at("leaf.pem"),
    ]);
  });
});

/** The list of the external root in what was given out. */
const readOld = (lists: string): string =>
  lists.split(/(?=-----BEGIN)/).find((each) => readCrls(each)[0]?.issuer.text === "CN=External root")!;
