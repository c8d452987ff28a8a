import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCommandStore } from "../../support/ca-command.ts";

const day = 86_400_000;
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("hoppetdb ca generate", () => {
  it("writes key and certificate where Puppet has them, the private key for its owner only", async () => {
    const { run, prepare, path, env } = createCommandStore();
    await prepare();
    const names = ["--subject-alt-names", "puppet,IP:192.0.2.1,DNS:x.example.test"];
    const ran = await run("generate", "--certname", "a.test", ...names, "--key", "p-256", "--ttl", "90d");
    const dir = path("data", "ssl");
    const files = ["private_keys", "public_keys", "certs"].map((each) => join(dir, each, "a.test.pem"));
    const [key = "", publicKey = "", cert = ""] = files;
    expect(ran).toEqual({
      status: 0,
      out: [
        `Successfully saved private key for a.test to ${key}`,
        `Successfully saved public key for a.test to ${publicKey}`,
        "Successfully submitted certificate request for a.test",
        "Successfully signed certificate request for a.test",
        `Successfully saved certificate for a.test to ${cert}`,
        "",
      ].join("\n"),
      err: "",
    });
    expect(files.map(modeOf)).toEqual([0o600, 0o644, 0o644]);
    expect([modeOf(join(dir, "private_keys")), modeOf(env.HOPPETDB_DATA_DIR)]).toEqual([0o700, 0o700]);

    const leaf = new X509Certificate(readFileSync(cert));
    const secret = createPrivateKey(readFileSync(key));
    expect(leaf.checkPrivateKey(secret)).toBe(true);
    expect(createPublicKey(readFileSync(publicKey)).equals(leaf.publicKey)).toBe(true);
    expect(leaf.subjectAltName).toBe("DNS:a.test, DNS:puppet, IP Address:192.0.2.1, DNS:x.example.test");
    expect(Date.parse(leaf.validTo) - Date.now()).toBeLessThan(90 * day);
    const bundle = readFileSync(join(dir, "certs", "ca.pem"), "utf8");
    const [issuer, root] = bundle.split(/(?<=END CERTIFICATE-----\n)/).map((pem) => new X509Certificate(pem));
    expect([leaf.checkIssued(issuer!), issuer!.checkIssued(root!)]).toEqual([true, true]);
  });

  it("gives pp_cli_auth with --ca-client only, into a folder that is named", async () => {
    const { run, prepare, path, current } = createCommandStore();
    await prepare();
    const dir = ["--key", "p-256", "--dir", path("ssl")];
    const ran = await run("generate", "--certname", "a.test", "--ca-client", ...dir);
    expect([ran.status, ran.out]).toEqual([0, expect.not.stringContaining("submitted")]);
    await run("generate", "--certname", "b.test", ...dir);
    expect((await current("a.test"))?.authorization_extensions).toEqual({ pp_cli_auth: "true" });
    expect((await current("b.test"))?.authorization_extensions).toEqual({});
    expect(readdirSync(path("ssl", "certs")).sort()).toEqual(["a.test.pem", "b.test.pem", "ca.pem"]);
    // what that folder's owner trusts stays as it is
    writeFileSync(path("ssl", "certs", "ca.pem"), "his own");
    await run("generate", "--certname", "c.test", ...dir);
    expect(readFileSync(path("ssl", "certs", "ca.pem"), "utf8")).toBe("his own");
  });

  it("never replaces a key without --force, nor with it when there is no certificate for the new one", async () => {
    const { run, prepare, path, current } = createCommandStore();
    await prepare();
    const args = ["generate", "--certname", "a.test,b.test", "--key", "p-256", "--dir", path("ssl")];
    const key = path("ssl", "private_keys", "a.test.pem");
    expect((await run("generate", "--certname", "a.test", ...args.slice(3))).status).toBe(0);
    const before = readFileSync(key, "utf8");

    // of two names the other one is made
    const second = await run(...args);
    expect([second.status, second.out]).toEqual([1, expect.stringContaining("saved certificate for b.test")]);
    expect(second.err).toContain(`    Existing file at '${key}'`);
    expect(readFileSync(key, "utf8")).toBe(before);

    const taken = await run(...args, "--force");
    expect([taken.status, taken.out]).toEqual([1, ""]);
    expect(taken.err).toContain("body: a.test already has a signed certificate");
    expect(taken.err).toContain("hoppetdb ca clean --certname a.test frees the name");
    expect(readFileSync(key, "utf8")).toBe(before);
    expect(readdirSync(path("ssl", "private_keys")).sort()).toEqual(["a.test.pem", "b.test.pem"]);

    expect((await run("clean", "--certname", "a.test,b.test")).status).toBe(0);
    expect((await run(...args, "--force")).status).toBe(0);
    expect(readFileSync(key, "utf8")).not.toBe(before);
    expect(modeOf(key)).toBe(0o600);
    expect((await current("a.test"))?.certificate).toBe(readFileSync(path("ssl", "certs", "a.test.pem"), "utf8"));
  });

  it("leaves no certificate where the key cannot be written", async () => {
    const { run, prepare, write, current } = createCommandStore();
    await prepare();
    const file = write("file", "");
    const ran = await run("generate", "--certname", "a.test", "--key", "p-256", "--dir", file);
    expect([ran.status, ran.err]).toEqual([1, expect.stringMatching(/^Error:\n/)]);
    expect(await current("a.test")).toBeUndefined();
    expect(existsSync(join(file, "private_keys"))).toBe(false);
  });
});
