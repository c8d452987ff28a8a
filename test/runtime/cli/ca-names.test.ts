import { describe, expect, it } from "vitest";
import { challengePassword, requestPem, stringExtension } from "../../support/ca-requests.ts";
import { createCommandStore } from "../../support/ca-command.ts";

const day = 86_400_000;
const sum = /\(SHA256\) {2}([0-9A-F]{2}:){31}[0-9A-F]{2}/;
const role = { extensions: [stringExtension("1.3.6.1.4.1.34380.1.3.13", "compiler")] };

describe("hoppetdb ca list", () => {
  it("lays names out as `puppetserver ca list` does", async () => {
    const { run, prepare } = createCommandStore();
    await prepare({ "web01.example.test": {}, "a.test": role });
    const waiting = await run("list");
    expect([waiting.status, waiting.err]).toEqual([0, ""]);
    const lines = waiting.out.trimEnd().split("\n");
    expect(lines.map((line) => line.replace(sum, "SUM"))).toEqual([
      "Requested Certificates:",
      "    a.test                   SUM\tauthorization extensions: [pp_auth_role: compiler]",
      "    web01.example.test       SUM",
    ]);

    await run("sign", "--certname", "a.test,web01.example.test");
    await run("revoke", "--certname", "web01.example.test");
    expect((await run("list")).out).toBe("No certificates to list\n");
    const all = await run("list", "--all");
    expect([all.status, all.out.trimEnd().split("\n").map((line) => line.replace(sum, "SUM"))]).toEqual([0, [
      "Signed Certificates:",
      '    a.test       SUM\talt names: ["DNS:a.test"]\tauthorization extensions: [pp_auth_role: compiler]',
      "Revoked Certificates:",
      '    web01.example.test       SUM\talt names: ["DNS:web01.example.test"]',
    ]]);

    const some = await run("list", "--certname", "nope,a.test", "--certname", "gone");
    expect(some.status).toBe(1);
    expect(some.out).toMatch(/^Signed Certificates:\n {4}a\.test .*\nMissing Certificates:\n {4}nope\n {4}gone\n$/);
  });

  it("gives JSON that has every state with --all, and else those that are not empty", async () => {
    const { run, prepare } = createCommandStore();
    await prepare();
    const json = async (...args: string[]) => JSON.parse((await run("list", "--format", "json", ...args)).out);
    expect(await json()).toEqual({ requested: [] });
    expect(await json("--all")).toEqual({ requested: [], signed: [], revoked: [] });
    expect(await json("--certname", "nope")).toEqual({ missing: ["nope"] });
    await prepare({ "a.test": {}, "b.test": {} });
    await run("sign", "--certname", "b.test");
    expect(await json("--certname", "b.test,nope")).toEqual({
      signed: [expect.objectContaining({ name: "b.test", state: "signed", serial_number: expect.any(Number) })],
      missing: ["nope"],
    });
    expect((await json()).requested).toEqual([expect.objectContaining({ name: "a.test", state: "requested" })]);
  });
});

describe("hoppetdb ca sign", () => {
  it("goes on after a name that cannot be signed, and tells each", async () => {
    const { run, prepare, current } = createCommandStore();
    await prepare({ "a.test": {}, "b.test": {}, "c.test": {} });
    expect((await run("sign", "--certname", "c.test")).status).toBe(0);
    const ran = await run("sign", "--certname", "a.test,nope,c.test,b.test", "--ttl", "90d");
    expect(ran).toEqual({
      status: 1,
      out: "Successfully signed certificate request for a.test\nSuccessfully signed certificate request for b.test\n",
      err: "Error:\n    Could not find certificate request for nope\n" +
        "Error:\n    When attempting to sign certificate request 'c.test', received\n      code: 409\n" +
        "      body: Cannot sign certificate for host c.test without a certificate request\n",
    });
    const { not_after, signed_at, decision } = (await current("a.test"))!;
    expect(Math.abs(not_after! - signed_at! - 90 * day)).toBeLessThan(2000);
    expect(decision?.by).toEqual({ kind: "command", name: "operator" });
  });

  it("signs all that wait, rights by name only, and ends with 24 where none waits", async () => {
    const { run, prepare, current } = createCommandStore();
    await prepare();
    const nothing = await run("sign", "--all");
    expect(nothing).toEqual({ status: 24, out: "", err: "Error:\n    No waiting certificate requests to sign\n" });
    await prepare({ "a.test": {}, "b.test": role });
    const ran = await run("sign", "--all");
    expect([ran.status, ran.out]).toEqual([1, "Successfully signed certificate request for a.test\n"]);
    expect(ran.err).toContain("CSR 'b.test' contains an authorization extension");
    expect((await current("b.test"))?.status).toBe("requested");
    expect((await run("sign", "--certname", "b.test")).status).toBe(0);
  });
});

describe("hoppetdb ca revoke", () => {
  it("revokes each, ends with 1 for what is not there, with 24 for a mere request", async () => {
    const { run, prepare, current, inStore } = createCommandStore();
    await prepare({ "a.test": {}, "b.test": {}, "c.test": {} });
    await run("sign", "--certname", "a.test,b.test");
    const ran = await run("revoke", "--certname", "a.test,nope,c.test,b.test", "--reason", "keyCompromise");
    expect(ran).toEqual({
      status: 1,
      out: "Certificate for a.test has been revoked\nCertificate for b.test has been revoked\n",
      err: "Error:\n    Could not find certificate for nope\nError:\n    Could not revoke unsigned csr for c.test\n",
    });
    expect(await current("b.test")).toMatchObject({ status: "revoked", revocation_reason: "keyCompromise" });
    expect((await inStore((ca) => ca.authorities.crl("puppet-ca"))).entries).toBe(2);
    expect((await run("revoke", "--certname", "c.test")).status).toBe(24);
    // again, as a server that is asked again answers
    expect(await run("revoke", "--certname", "a.test")).toMatchObject({ status: 0, err: "" });
  });

  it("takes a serial in any form", async () => {
    const { run, prepare, current } = createCommandStore();
    await prepare({ "a.test": {} });
    await run("sign", "--certname", "a.test");
    const serial = (await current("a.test"))!.serial!;
    const shown = serial.padStart(40, "0").toUpperCase().replace(/..(?=.)/g, "$&:");
    expect(await run("revoke", "--serial", "0x1234")).toMatchObject({
      status: 1,
      err: "Error:\n    Could not find a certificate with serial 0x1234\n",
    });
    expect(await run("revoke", "--serial", shown, "--authority", "puppet-ca")).toEqual({
      status: 0,
      out: `Certificate with serial ${shown} has been revoked\n`,
      err: "",
    });
    expect((await run("revoke", "--serial", serial)).out).toContain("was revoked before");
    expect((await current("a.test"))?.status).toBe("revoked");
  });

  it("touches a certificate of our own listeners with --force only", async () => {
    const { run, prepare, inStore } = createCommandStore();
    await prepare();
    const name = { space: "hoppetdb", certname: "listener.test" };
    const { serial } = await inStore(async (ca) =>
      await ca.certificates.issue({
        ...name,
        pem: await requestPem(name.certname),
        by: { kind: "command", name: "listener" },
      })
    );
    for (const how of [["--certname", name.certname], ["--serial", serial!]]) {
      const refused = await run("revoke", ...how);
      expect([refused.status, refused.out]).toEqual([1, ""]);
      expect(refused.err).toContain("hoppetdb's own listeners use: revoking it needs force");
    }
    expect((await run("clean", "--certname", name.certname)).err).toContain("needs force");
    expect(await run("revoke", "--certname", name.certname, "--force")).toMatchObject({ status: 0, err: "" });
    expect((await inStore((ca) => ca.certificates.current(name)))?.status).toBe("revoked");
  });
});

describe("hoppetdb ca clean", () => {
  it("revokes and frees the name; 24 for a mere request, 1 for what is not there", async () => {
    const { run, prepare, current, inStore } = createCommandStore();
    await prepare({ "a.test": {}, "b.test": {} });
    await run("sign", "--certname", "a.test");
    expect(await run("clean", "--certname", "a.test")).toEqual({
      status: 0,
      out: "Certificate for a.test has been revoked\nCleaned files related to a.test\n",
      err: "",
    });
    expect(await run("clean", "--certname", "b.test")).toEqual({
      status: 24,
      out: "Cleaned files related to b.test\n",
      err: "",
    });
    expect(await run("clean", "--certname", "nope,a.test")).toEqual({
      status: 1,
      out: "",
      err: "Error:\n    Could not find files to clean for nope\nError:\n    Could not find files to clean for a.test\n",
    });
    expect(await current("a.test")).toBeUndefined();
    expect((await inStore((ca) => ca.authorities.crl("puppet-ca"))).entries).toBe(1);
    await prepare({ "a.test": {} });
    expect((await current("a.test"))?.status).toBe("requested");
  });
});

describe("hoppetdb ca token", () => {
  it("prints the token alone on standard output, and it enrols once", async () => {
    const { run, prepare, inStore } = createCommandStore();
    await prepare();
    const made = await run("token", "create", "--certname", "a.test", "--ttl", "30m");
    expect([made.status, made.out]).toEqual([0, expect.stringMatching(/^[A-Za-z0-9_-]{40,}\n$/)]);
    const token = made.out.trim();
    expect(made.err).toContain("1.2.840.113549.1.9.7");
    expect(made.err).not.toContain(token);

    const listed = await run("token", "list");
    expect(listed.out).not.toContain(token);
    expect(listed.out).toMatch(/^[0-9a-f]{16} {2}a\.test {4}usable {2}.* {2}operator$/m);
    const pem = await requestPem("a.test", { attributes: [challengePassword(token)] });
    const { signed } = await inStore((ca) =>
      ca.certificates.submit({ space: "puppet-ca", certname: "a.test", pem, from: "127.0.0.1" })
    );
    expect(signed).toBe(true);
    expect((await run("token", "list")).out).toContain("used by a.test");
  });

  it("makes one without the word create, too, and removes it", async () => {
    const { run, prepare } = createCommandStore();
    await prepare();
    expect((await run("token", "list")).out).toBe("No tokens to list\n");
    expect((await run("token", "--certname", "*.example.test")).status).toBe(0);
    expect(await run("token", "--certname", "a b")).toMatchObject({
      status: 1,
      out: "",
      err: expect.stringContaining("is no certname or glob"),
    });
    const id = /^[0-9a-f]{16}/m.exec((await run("token", "list")).out)![0];
    expect(await run("token", "remove", id)).toEqual({
      status: 0,
      out: "Removed the token for *.example.test\n",
      err: "",
    });
    expect(await run("token", "remove", id)).toMatchObject({ status: 1, err: `Error:\n    There is no token ${id}\n` });
  });
});

it("warns that agents are sent elsewhere while the mode is proxy", async () => {
  const { run, prepare, inStore } = createCommandStore();
  await prepare({ "a.test": {} });
  await inStore((ca) => ca.mode.set("proxy"));
  const ran = await run("sign", "--all");
  expect([ran.status, ran.err]).toEqual([0, expect.stringMatching(/^Warning: .*HOPPETDB_CA=proxy/)]);
  expect((await run("list", "--all")).err).toBe("");
});

it("does not let what a request holds steer the terminal", async () => {
  const { run, prepare } = createCommandStore();
  await prepare({ "a.test": { extensions: [stringExtension("1.3.6.1.4.1.34380.1.3.13", "x\u001b[2Jy")] } });
  expect((await run("list")).out).toContain("pp_auth_role: x\\u001b[2Jy");
});
