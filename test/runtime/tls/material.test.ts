import { statSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { readMaterial } from "../../../runtime/tls/material.ts";
import { selfSigned } from "../../../runtime/tls/self-signed.ts";
import { type Authority, createAuthority } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const day = 86_400_000;
let root: Authority;
let middle: Authority;
beforeAll(async () => {
  root = await createAuthority("Test root");
  middle = await root.intermediate("Test intermediate");
});

describe("readMaterial", () => {
  it("takes a certificate with its chain, a bundle and several CRLs", async () => {
    const folder = temporaryFolder();
    const server = await middle.issue("puppet");
    const material = readMaterial({
      cert: folder.write("cert", server.chain),
      key: folder.write("key", server.key),
      ca: folder.write("ca", middle.cert + root.cert),
      crl: folder.write("crl", await middle.crl() + await root.crl()),
    }, Date.now());
    expect(material).toMatchObject({ cert: server.chain, ca: middle.cert + root.cert });
  });

  it.each<[string, () => Promise<{ cert?: string; key?: string; ca?: string; crl?: string }>, RegExp]>([
    ["another's key", async () => ({ key: (await root.issue("other")).key }), /key": the key does not belong/],
    ["no key", () => Promise.resolve({ key: "hello" }), /key": Holds no private key/],
    ["no certificate", () => Promise.resolve({ cert: "hello" }), /cert": Has no CERTIFICATE block/],
    ["a CA without a root", () => Promise.resolve({ ca: middle.cert }), /ca": has no root/],
    [
      "a CA that is none",
      async () => ({ ca: root.cert + (await root.issue("leaf")).cert }),
      /"CN=leaf" is no authority/,
    ],
    ["a CA that has expired", async () => {
      const old = await createAuthority("Old", { from: -5 * day, until: -day });
      return { ca: old.cert };
    }, /"CN=Old" expired at 2/],
    ["a CRL that is none", () => Promise.resolve({ crl: "hello" }), /crl": Has no X509 CRL block/],
  ])("refuses %s, naming the file", async (_, change, message) => {
    const folder = temporaryFolder();
    const server = await root.issue("puppet");
    const changed = await change();
    const files = {
      cert: folder.write("cert", changed.cert ?? server.cert),
      key: folder.write("key", changed.key ?? server.key),
      ca: folder.write("ca", changed.ca ?? root.cert),
      crl: folder.write("crl", changed.crl ?? await root.crl()),
    };
    expect(() => readMaterial(files, Date.now())).toThrow(message);
  });

  it.each([
    ["expired", { from: -5 * day, until: -day }, /"CN=puppet" expired at 2/],
    ["not yet valid", { from: day }, /"CN=puppet" is not valid before .*clock/],
  ])("refuses a certificate that is %s", async (_, dates, message) => {
    const folder = temporaryFolder();
    const server = await root.issue("puppet", dates);
    const files = { cert: folder.write("cert", server.cert), key: folder.write("key", server.key) };
    expect(() => readMaterial(files, Date.now())).toThrow(message);
  });

  it("refuses a chain that is none", async () => {
    const folder = temporaryFolder();
    const server = await middle.issue("puppet");
    const files = { cert: folder.write("cert", server.cert + root.cert), key: folder.write("key", server.key) };
    expect(() => readMaterial(files, Date.now())).toThrow(/certificate 1 is not signed by certificate 2/);
  });

  it("names a file that isn't there", () => {
    expect(() => readMaterial({ cert: "/nowhere/cert.pem", key: "/nowhere/key.pem" }, Date.now())).toThrow(
      '"/nowhere/cert.pem": cannot be read (ENOENT)',
    );
  });
});

describe("selfSigned", () => {
  it("makes a certificate once, keeps its key to itself, and makes a new one in time", async () => {
    const folder = temporaryFolder();
    const now = Date.now();
    const files = await selfSigned(folder.path, ["puppet.example.test"], now);
    const first = readMaterial(files, now);
    expect(statSync(files.key).mode & 0o777).toBe(0o600);
    expect(readMaterial(await selfSigned(folder.path, ["puppet.example.test"], now + 300 * day), now)).toEqual(first);
    const later = readMaterial(
      await selfSigned(folder.path, ["puppet.example.test"], now + 340 * day),
      now + 340 * day,
    );
    expect(later.cert).not.toBe(first.cert);
  });
});
