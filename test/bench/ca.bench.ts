import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createKeyRing } from "../../handlers/core/encryption/key-ring.ts";
import { writeInventoryLine } from "../../handlers/core/ca/inventory.ts";
import type { CertificateDocument } from "../../handlers/core/ca/records.ts";
import type { CertificateFilter } from "../../handlers/core/ca/types.ts";
import { readCertificate } from "../../handlers/core/x509/certificate.ts";
import { certificateParts } from "../../handlers/core/x509/extensions.ts";
import { pemBlocks, pemOf } from "../../handlers/core/x509/pem.ts";
import { openPrivateKey, readPrivateKey } from "../../handlers/core/x509/private-key.ts";
import { keyIdentifier } from "../../handlers/core/x509/public-key.ts";
import { writeCrl, writeCrlEntry } from "../../handlers/core/x509/write-crl.ts";
import type { Change } from "../../handlers/interfaces/documents.ts";
import { childrenOf, elementAt } from "../../handlers/core/x509/der.ts";
import { integer, sequence } from "../../handlers/core/x509/write-der.ts";
import { openCa, prepareCa } from "../../runtime/ca/open-ca.ts";
import { readConfig } from "../../runtime/config.ts";
import { openDataDir } from "../../runtime/data-dir.ts";
import { openStore } from "../../runtime/open-store.ts";
import { systemClock, systemIds } from "../../runtime/system.ts";
import { createRecordingLog } from "../support/log.ts";
import { createStack, stackScript } from "../e2e/stack.ts";
import { type Runtime, startProduct } from "../e2e/product.ts";
import { type CaClient, createCaClient, requestsFor } from "./ca-client.ts";
import { copiesOf, nameOf, rowOf } from "./ca-estate.ts";

// A CA with many certificates, half of them revoked: lists, one more revocation, the CRL, and how fast requests become
// certificates. Where a real puppetserver can be started, its own CA does the same in the same run, over the same files.
const count = Number(process.env.BENCH_CERTIFICATES ?? 100_000);
const enrolments = Number(process.env.BENCH_ENROLMENTS ?? 100);
const dir = mkdtempSync(join(tmpdir(), "hoppetdb-bench-ca-"));
const by = { kind: "command", name: "bench" } as const;
const names = (from: string) => Array.from({ length: enrolments * 2 }, (_, n) => `${from}${n}.bench.test`);

type Figures = Record<"list" | "revoke" | "crl" | "crlAgain" | "one" | "four", number>;
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const since = performance.now();
  await work();
  return performance.now() - since;
};
const median = (all: number[]): number => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]!;

/** `first`: which of the certificates are revoked; one that is revoked already would cost nothing. */
const measure = async (client: CaClient, from: string, first: number): Promise<Figures> => {
  const { requests } = requestsFor(names(from));
  await client.crl();
  const list: number[] = [], revoke: number[] = [], crl: number[] = [], crlAgain: number[] = [];
  for (let n = 0; n < 3; n++) list.push(await timed(() => client.list("signed")));
  for (let n = 1; n <= 5; n++) {
    // even ones are revoked already
    revoke.push(await timed(() => client.revoke(nameOf((first + n) * 2 + 1))));
    crl.push(await timed(client.crl));
    crlAgain.push(await timed(client.crl));
  }
  const [some, others] = [[...requests].slice(0, enrolments), [...requests].slice(enrolments)];
  const one = await timed(async () => {
    for (const [name, csr] of some) await client.enrol(name, csr);
  });
  const four = await timed(async () => {
    const waiting = [...others];
    await Promise.all(Array.from({ length: 4 }, async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await client.enrol(...next);
    }));
  });
  return {
    list: median(list),
    revoke: median(revoke),
    crl: median(crl),
    crlAgain: median(crlAgain),
    one: (enrolments / one) * 1000,
    four: (enrolments / four) * 1000,
  };
};

/** Fills a store of ours; gives what an administrator of it needs. */
const fill = async () => {
  const config = readConfig({ HOPPETDB_DATA_DIR: dir, HOPPETDB_CA: "own" });
  const log = createRecordingLog();
  const vault = await createKeyRing(openDataDir(dir).secretKeys(undefined));
  const store = await openStore(config, vault, systemClock, log);
  const ca = openCa({ config, store, vault, clock: systemClock, ids: systemIds, log });
  await prepareCa(ca, config, systemIds, log);
  const { key, requests } = requestsFor(["admin.bench.test", nameOf(0)]);
  const issue = (certname: string, cliAuth: boolean) =>
    ca.certificates.issue({ space: "puppet-ca", certname, pem: requests.get(certname)!, cliAuth, by });
  const admin = await issue("admin.bench.test", true);
  let template = await issue(nameOf(0), false);
  while (template.serial!.length !== 40) {
    await ca.certificates.clean({ space: "puppet-ca", certname: nameOf(0), by });
    template = await issue(nameOf(0), false);
  }
  const copies = copiesOf(template.certificate!, template.serial!);
  const now = Date.now();
  const filling = await timed(async () => {
    for (let from = 1; from <= count; from += 500) {
      const batch = Array.from({ length: Math.min(500, count + 1 - from) }, (_, at) => from + at);
      await store.documents.change(
        batch.flatMap((n) => changesOf(rowOf(template as CertificateDocument, copies(n)), n, now)),
      );
    }
  });
  console.log(`  ${count} certificates, half of them revoked; filled in ${(filling / 1000).toFixed(0)} s`);
  const page = async (filter: CertificateFilter) => {
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      times.push(await timed(() => ca.certificates.list(filter, { limit: 50, offset: 0 })));
    }
    return `${median(times).toFixed(1)} ms`;
  };
  console.log(
    `    pages of 50 from the store: all ${await page({})}, signed ${await page({ status: ["signed"] })}, ` +
      `by serial ${await page({ serial: template.serial! })}, expiring ${await page({ expiring_before: now + 1e13 })}`,
  );
  const crl = await timed(() => ca.crls.renew("puppet-ca"));
  console.log(`    the first CRL of a process, all rows read: ${crl.toFixed(0)} ms`);
  const bundle = await ca.spaces.bundle("puppet-ca");
  ca.close();
  await store.close();
  return { cert: admin.certificate!, key, ca: bundle };
};

const changesOf = (row: CertificateDocument, n: number, now: number): Change[] => {
  const revoked = n % 2 === 0;
  const state = revoked ? { status: "revoked", revoked_at: now, revocation_reason: "unspecified" } as const : {};
  const { version: _, ...document } = { ...row, ...state } as CertificateDocument & { version?: number };
  const insert: Change = { do: "insert", collection: "ca_certificates", document: document as CertificateDocument };
  if (!revoked) return [insert];
  const revocation = {
    id: `puppet-ca:${row.serial}`,
    authority: "puppet-ca",
    serial: row.serial,
    number: 1,
    revoked_at: now,
    reason: "unspecified",
    not_after: row.not_after,
  };
  return [insert, { do: "insert", collection: "ca_revocations", document: revocation }];
};

const ours = async (runtime: Runtime, admin: { cert: string; key: string; ca: string }): Promise<Figures> => {
  const ports = { management: 28310, puppet: 28311, puppetdb: 28312 };
  const product = await startProduct(runtime, ports, {
    HOPPETDB_DATA_DIR: dir,
    HOPPETDB_CA_AUTOSIGN: "*.bench.test",
    HOPPETDB_LOG: "error",
    HOPPETDB_PARTS: "management,puppet",
  });
  const client = createCaClient(ports.puppet, admin);
  try {
    return await measure(client, runtime, runtime === "node" ? 0 : 10);
  } finally {
    client.close();
    await product.close();
  }
};

/** The same files in the folder of a real puppetserver's CA. */
const theirs = async (script: string): Promise<Figures> => {
  const folder = mkdtempSync("/var/tmp/hoppetdb-bench-stack-");
  const stack = createStack(script, folder, { puppetserver: 28340, puppetdb: 28341, base: 28342 });
  try {
    await stack.up({ COMPONENTS: "puppetserver", AUTOSIGN: "true" });
    const ca = (file: string) => join(folder, "server", "ca", file);
    const text = (file: string) => readFileSync(ca(file), "utf8");
    const authority = pemBlocks(text("ca_crt.pem"), "CERTIFICATE")[0]!;
    const signer = await openPrivateKey(readPrivateKey(text("ca_key.pem")));
    const template = text("signed/puppet.example.test.pem");
    fillFolder(ca, template, { uid: statSync(ca("serial")).uid, gid: statSync(ca("serial")).gid });
    const now = Date.now();
    const crl = await writeCrl({
      issuer: certificateParts(authority).subject,
      keyIdentifier: await keyIdentifier(signer.publicKey),
      number: 2,
      thisUpdate: now - 86_400_000,
      nextUpdate: now + 30 * 86_400_000,
      entries: Array.from(
        { length: count / 2 },
        (_, n) => writeCrlEntry({ serial: serialOf((n + 1) * 2), revokedAt: now, reason: 0 }),
      ),
    }, signer);
    const root = text("ca_crl.pem").split(/(?<=-----END X509 CRL-----\n)/).slice(1).join("");
    writeFileSync(ca("ca_crl.pem"), pemOf(crl, "X509 CRL") + root);
    const { cert, key } = stack.tls;
    const client = createCaClient(28340, {
      cert: readFileSync(cert, "utf8"),
      key: readFileSync(key, "utf8"),
      ca: text("ca_crt.pem"),
    });
    const figures = await measure(client, "real", 0);
    client.close();
    return figures;
  } finally {
    await stack.down();
    rmSync(folder, { recursive: true, force: true });
  }
};

const serialOf = (n: number): string => (0x100000 + n).toString(16);

/** Writes signed/ and inventory.txt; the certificates are the server's own with another serial, which is 1 there. */
const fillFolder = (ca: (file: string) => string, template: string, owner: { uid: number; gid: number }) => {
  const der = Buffer.from(pemBlocks(template, "CERTIFICATE")[0]!);
  const { notBefore, notAfter } = readCertificate(der);
  const inventory: string[] = [];
  for (let n = 1; n <= count; n++) {
    const serial = serialOf(n);
    const file = ca(`signed/${nameOf(n)}.pem`);
    writeFileSync(file, pemOf(withSerial(der, serial), "CERTIFICATE"));
    chownSync(file, owner.uid, owner.gid);
    inventory.push(writeInventoryLine({ serial, notBefore, notAfter, certname: nameOf(n) }));
  }
  writeFileSync(
    ca("inventory.txt"),
    `${readFileSync(ca("inventory.txt"), "utf8").trimEnd()}\n${inventory.join("\n")}\n`,
  );
  writeFileSync(ca("serial"), "200000");
};

/** A certificate of serial 1 with one of three octets in its place; all lengths around it grow by two. */
const withSerial = (der: Buffer, serial: string): Uint8Array => {
  const whole = elementAt(der, 0);
  const [body, algorithm, signature] = childrenOf(der, whole);
  const parts = childrenOf(der, body!).map(({ start, end }) => new Uint8Array(der.subarray(start, end)));
  parts[1] = integer(serial);
  const rest = [algorithm!, signature!].map(({ start, end }) => new Uint8Array(der.subarray(start, end)));
  return sequence(sequence(...parts), ...rest);
};

try {
  const admin = await fill();
  const rows: [string, Figures][] = [["hoppetdb on Node", await ours("node", admin)], [
    "hoppetdb on Deno",
    await ours("deno", admin),
  ]];
  const script = stackScript();
  if (script) rows.push(["puppetserver's CA", await theirs(script)]);
  else console.log("    no real puppetserver here: its figures are left out");
  const words: Record<keyof Figures, string> = {
    list: "certificate_statuses?state=signed, all",
    revoke: "revoke one more",
    crl: "the CRL after it",
    crlAgain: "the CRL again",
    one: "requests to certificates, one after the other",
    four: "requests to certificates, four at a time",
  };
  for (const [name, what] of Object.entries(words) as [keyof Figures, string][]) {
    const rate = name === "one" || name === "four";
    const shown = rows.map(([who, figures]) => `${who} ${figures[name].toFixed(rate ? 0 : 1)}${rate ? "/s" : " ms"}`);
    const [mine, , real] = rows.map(([, figures]) => figures[name]);
    const ratio = real === undefined
      ? ""
      : `  (Node: ${(rate ? mine! / real : real / mine!).toFixed(1)} times as fast)`;
    console.log(`    ${what.padEnd(46)} ${shown.join(", ")}${ratio}`);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
