import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openCaTls } from "../../../runtime/ca/open-ca-tls.ts";
import { createTestCa, operator as by, space } from "../../support/ca.ts";
import { newKey, requestPem } from "../../support/ca-requests.ts";
import { createAuthority } from "../../support/certificates.ts";
import { createTestClock } from "../../support/clock.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const setUp = async () => {
  const ca = await createTestCa({ clock: createTestClock(Date.now()) });
  const folder = temporaryFolder();
  const shown: string[] = [];
  const open = async (files: { TLS_CERT?: string; TLS_KEY?: string } = {}) => {
    const tls = await openCaTls({
      ca,
      changes: ca.changes,
      config: { TLS_CERT: undefined, TLS_KEY: undefined, TLS_NAMES: [], ...files },
      dir: folder.path,
      clock: ca.clock,
      log: ca.log,
      showing: ({ serial }) => shown.push(serial),
    });
    onTestFinished(() => tls.close());
    return tls;
  };
  return { ca, folder, shown, open };
};

it("starts though another space's authority has an external root and its list", async () => {
  const { ca, open } = await setUp();
  const root = await createAuthority("Corporate root");
  const lab = await root.intermediate("Lab CA");
  await ca.authorities.upload({
    id: "lab",
    certificate: lab.cert,
    private_key: lab.key,
    chain: [root.cert],
    crls: await root.crl(["1234"]),
    by,
  });
  await ca.spaces.create({ id: "lab", ca_id: "lab", by });
  const tls = await open();
  expect(tls.material().ca).toBe(await ca.spaces.bundle(space));
  expect(ca.log.text()).not.toContain("cannot be used");
});

it("tells which certificate is shown, also where it is a file", async () => {
  const { ca, folder, shown, open } = await setUp();
  const certname = "hoppetdb.example.test";
  const key = await newKey();
  const made = await ca.certificates.issue({ space, certname, pem: await requestPem(certname, { key }), by });
  await open({
    TLS_CERT: folder.write("cert.pem", made.certificate!),
    TLS_KEY: folder.write(join("key.pem"), key.pem),
  });
  expect(shown).toEqual([made.serial]);
});
