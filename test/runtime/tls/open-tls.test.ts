import { rmSync } from "node:fs";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openTls } from "../../../runtime/tls/open-tls.ts";
import { systemClock } from "../../../runtime/system.ts";
import { type Authority, createAuthority } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { createRecordingLog } from "../../support/log.ts";
import { temporaryFolder } from "../../support/temporary.ts";

let root: Authority;
beforeAll(async () => {
  root = await createAuthority("Test root");
});

const open = async () => {
  const folder = temporaryFolder();
  const server = await root.issue("puppet");
  const files = {
    cert: folder.write("cert.pem", server.cert),
    key: folder.write("key.pem", server.key),
    ca: folder.write("ca.pem", root.cert),
    crl: folder.write("crl.pem", await root.crl()),
  };
  const log = createRecordingLog();
  const tls = openTls({ files, clock: systemClock, log, everyMs: 20 });
  onTestFinished(() => tls.close());
  return { folder, files, tls, log, server };
};

describe("openTls", () => {
  it("follows its files without a restart", async () => {
    const { folder, tls } = await open();
    const seen: string[] = [];
    tls.onChange(({ cert }) => seen.push(cert));
    const next = await root.issue("puppet");
    folder.write("key.pem", next.key);
    folder.write("cert.pem", next.cert);
    await eventually(() => expect(seen).toContain(next.cert));
    expect(tls.material()).toMatchObject({ cert: next.cert, key: next.key });

    const leaf = await root.issue("web01");
    expect(tls.trust.identify(leaf.der).kind).toBe("verified");
    folder.write("crl.pem", await root.crl([leaf.serial]));
    await eventually(() => expect(tls.trust.identify(leaf.der)).toEqual({ kind: "anonymous", reason: "revoked" }));
  });

  it("keeps what it has while the new files don't fit, and takes them once they do", async () => {
    const { folder, tls, log, server } = await open();
    const leaf = await root.issue("web01");
    const other = await createAuthority("Another root");
    const next = await other.issue("puppet");
    folder.write("cert.pem", next.cert);
    await eventually(() => expect(log.text()).toContain("the key does not belong to the certificate"));
    folder.write("ca.pem", other.cert);
    folder.write("key.pem", next.key);
    await eventually(() => expect(log.text()).toContain("is not signed by an authority"));
    expect(tls.material().cert).toBe(server.cert);
    expect(tls.trust.identify(leaf.der).kind).toBe("verified");

    folder.write("crl.pem", await other.crl());
    await eventually(() => expect(tls.material().cert).toBe(next.cert));
    expect(tls.trust.identify(leaf.der)).toEqual({ kind: "anonymous", reason: "unknown authority" });
    expect(log.text()).not.toContain("PRIVATE KEY");
  });

  it("goes on when a file vanishes", async () => {
    const { files, tls, log, server } = await open();
    rmSync(files.cert);
    await eventually(() => expect(log.text()).toContain("ENOENT"));
    expect(tls.material().cert).toBe(server.cert);
  });

  it("refuses to start with files that don't fit", async () => {
    const { folder, files } = await open();
    folder.write("key.pem", (await root.issue("other")).key);
    expect(() => openTls({ files, clock: systemClock, log: createRecordingLog() })).toThrow(/does not belong/);
  });
});
