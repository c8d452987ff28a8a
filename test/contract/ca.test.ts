import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Certificate } from "../../handlers/core/ca/records.ts";
import { readCrl } from "../../handlers/core/x509/crl.ts";
import { childrenOf, elementAt } from "../../handlers/core/x509/der.ts";
import { AppError } from "../../handlers/errors.ts";
import { createSqliteCa, operator as by, space, type TestCa } from "../support/ca.ts";
import { challengePassword, newKey, requestPem } from "../support/ca-requests.ts";
import { createAuthority } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { puppetCaFiles } from "../support/puppet-ca-files.ts";

const dir = mkdtempSync(join(tmpdir(), "hoppetdb-ca-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let count = 0;
const newPath = () => join(dir, `${++count}.sqlite`);

/** Two processes, as far as a store can tell: each has its own threads and caches. */
const two = async (options: Parameters<typeof createSqliteCa>[1] = {}) => {
  const path = newPath();
  const a = await createSqliteCa(path, options);
  const b = await createSqliteCa(path, { ...options, keys: "none" });
  return { path, a, b, both: [a, b] as const };
};
const codeOf = (error: unknown) => error instanceof AppError ? error.code : String(error);
const issueAll = async (cas: readonly TestCa[], names: readonly string[]): Promise<Certificate[]> => {
  const key = await newKey();
  return await Promise.all(
    names.map(async (certname, n) =>
      await cas[n % cas.length]!.certificates.issue({ space, certname, pem: await requestPem(certname, { key }), by })
    ),
  );
};
/** What is signed of a CRL: signatures of ECDSA are never the same twice. */
const bodyOf = (der: Uint8Array) => {
  const [body] = childrenOf(der, elementAt(der, 0));
  return der.slice(body!.start, body!.end);
};

describe("two processes with one CA", () => {
  it("make one CA when they start at once", async () => {
    const path = newPath();
    const [a, b] = await Promise.all([createSqliteCa(path), createSqliteCa(path)]);
    expect((await a.authorities.list()).length).toBe(2);
    await eventually(async () => {
      expect(await b.spaces.bundle(space)).toBe(await a.spaces.bundle(space));
      expect(await b.spaces.bundle("hoppetdb")).toBe(await a.spaces.bundle(space));
    });
  });

  it("give one certificate to one name, however it is asked for", async () => {
    const { both, a } = await two({ policy: { autosign: ["*.auto.test"] } });
    const key = await newKey();
    for (let round = 0; round < 15; round++) {
      const waits = `waits${round}.example.test`;
      await a.certificates.submit({ space, certname: waits, pem: await requestPem(waits, { key }), from: "" });
      const signed = await Promise.allSettled(both.map((ca) => ca.certificates.sign({ space, certname: waits, by })));
      const quick = `quick${round}.auto.test`;
      const pem = await requestPem(quick, { key });
      const put = await Promise.allSettled(
        [...both, ...both].map((ca) => ca.certificates.submit({ space, certname: quick, pem, from: "" })),
      );
      const said = (results: readonly PromiseSettledResult<unknown>[]) =>
        results.map((each) => each.status === "fulfilled" ? "done" : codeOf(each.reason)).sort();
      expect(said(signed)).toEqual(["conflict", "done"]);
      expect(said(put)).toEqual(["bad_request", "bad_request", "bad_request", "done"]);
      for (const certname of [waits, quick]) {
        const found = await a.certificates.list({ certname, include_cleaned: true }, { limit: 9, offset: 0 });
        expect(found.map(({ status }) => status)).toEqual(["signed"]);
      }
    }
  });

  it("never give a serial twice, and have everything in the inventory", async () => {
    const { both, b } = await two();
    const made = await issueAll(both, Array.from({ length: 300 }, (_, n) => `node${n}.example.test`));
    const serials = new Set(made.map(({ serial }) => serial));
    expect(serials.size).toBe(300);
    for (const serial of serials) expect(serial).toMatch(/^[1-9a-f][0-9a-f]{0,39}$/);
    const found = new Set<string | null>();
    for await (const rows of b.certificates.stream({ space })) for (const { serial } of rows) found.add(serial);
    expect(made.filter(({ serial }) => !found.has(serial))).toEqual([]);
  });

  it("revoke at once in both: the number grows by one each time, and both have the same list", async () => {
    const { both, a, b } = await two();
    const made = await issueAll(both, Array.from({ length: 40 }, (_, n) => `node${n}.example.test`));
    const numbers: number[] = [];
    await Promise.all(made.map(async ({ certname }, n) => {
      const ca = both[n % 2]!;
      await ca.certificates.revoke({ space, certname, by, reason: n % 3 ? "keyCompromise" : "superseded" });
      numbers.push((await ca.crls.current(space)).number);
    }));
    await eventually(async () => {
      const [first, second] = [await a.crls.current(space), await b.crls.current(space)];
      expect([first.number, first.entries, second.number]).toEqual([41, 40, 41]);
      expect(bodyOf(second.der)).toEqual(bodyOf(first.der));
    });
    expect(numbers.every((number) => number > 1 && number <= 41)).toBe(true);
    expect([...readCrl((await b.crls.current(space)).der).revoked].sort()).toEqual(
      made.map(({ serial }) => serial!).sort(),
    );
  });

  it("have the same list to the byte where signatures are always the same, also in a process that came later", async () => {
    const { path, both, a, b } = await two({ keys: "rsa-2048" });
    const made = await issueAll(both, Array.from({ length: 12 }, (_, n) => `node${n}.example.test`));
    for (const [n, { certname }] of made.entries()) await both[n % 2]!.certificates.revoke({ space, certname, by });
    const late = await createSqliteCa(path, { keys: "none" });
    await eventually(async () => {
      const pem = (await a.spaces.crls(space)).pem;
      expect((await b.spaces.crls(space)).pem).toBe(pem);
      expect((await late.spaces.crls(space)).pem).toBe(pem);
    });
    expect((await late.spaces.crls(space)).etag).toBe((await a.spaces.crls(space)).etag);
  });

  it("know within a second what the other one revoked", async () => {
    const { a, b } = await two();
    const [first, second] = await issueAll([a], ["first.example.test", "second.example.test"]);
    const { key_id: issuerKeyId } = (await b.authorities.get(space))!;
    const link = ({ serial, fingerprint }: Certificate) => ({
      serial: serial!,
      fingerprint: fingerprint!,
      issuerKeyId,
    });
    await eventually(async () => expect(await b.registered(link(first!))).toBe("good"));
    let told = 0;
    const noticed = new Promise<number>((resolve) =>
      b.revocations.onChange(() => ++told && resolve(performance.now()))
    );
    await a.certificates.revoke({ space, certname: "first.example.test", by });
    const at = performance.now();
    expect(await noticed - at).toBeLessThan(1000);
    expect(await b.registered(link(first!))).toBe("revoked");
    expect(await b.registered(link(second!))).toBe("good");
  });

  it("lose no revocation of an import that a running process watches", async () => {
    const path = newPath();
    const running = await createSqliteCa(path, { keys: "none" });
    const importing = await createSqliteCa(path, { keys: "none" });
    const root = await createAuthority("Puppet Root CA");
    const estate = { root, ca: await root.intermediate("Puppet CA: old") };
    const revoked = Array.from({ length: 1500 }, (_, n) => (n * 7919 % 1500 + 16).toString(16));
    const files = await puppetCaFiles(estate, { signed: [], revoked });
    let reads = 0;
    await importing.transfer.importPuppetCa(files, () => {
      // as every request with a certificate does there
      void running.revocations.fresh().then(() => reads++);
    });
    await eventually(async () => {
      await running.revocations.fresh();
      expect(revoked.filter((serial) => !running.revocations.find(space, serial))).toEqual([]);
    });
    expect(reads).toBeGreaterThan(0);
    const late = await createSqliteCa(path, { keys: "none" });
    const lists = await Promise.all(
      [running, importing, late].map(async (ca) => bodyOf((await ca.crls.current(space)).der)),
    );
    expect(readCrl((await late.crls.current(space)).der).revoked.size).toBe(1500);
    expect([lists[1], lists[2]]).toEqual([lists[0], lists[0]]);
  });

  it("clean and sign at once without a certificate that is neither revoked nor known", async () => {
    const { a, b } = await two();
    const key = await newKey();
    for (let round = 0; round < 15; round++) {
      const certname = `race${round}.example.test`;
      await a.certificates.submit({ space, certname, pem: await requestPem(certname, { key }), from: "" });
      await Promise.allSettled([
        a.certificates.sign({ space, certname, by }),
        b.certificates.clean({ space, certname, by }),
      ]);
      const rows = await a.certificates.list({ certname, include_cleaned: true }, { limit: 9, offset: 0 });
      for (const { status, cleaned_at, serial } of rows) {
        await b.revocations.fresh();
        if (status === "signed") expect(cleaned_at).toBeNull();
        else expect([status, b.revocations.find(space, serial!)?.serial]).toEqual(["revoked", serial]);
      }
    }
  });

  it("renew once for an agent that asks both, and not at all for one that is being revoked", async () => {
    const { a, b, both } = await two();
    const [agent] = await issueAll([a], ["agent.example.test"]);
    const pem = agent!.certificate!;
    const renewed = await Promise.all([...both, ...both].map((ca) => ca.certificates.renew({ pem })));
    expect(new Set(renewed.map(({ serial }) => serial)).size).toBe(1);
    const fresh = await issueAll(both, Array.from({ length: 10 }, (_, n) => `fresh${n}.example.test`));
    for (const each of fresh) {
      await Promise.allSettled([
        a.certificates.renew({ pem: each.certificate! }),
        b.certificates.revoke({ space, certname: each.certname, by }),
      ]);
      // the renewal came first and was revoked with the old one, or came too late
      expect(await a.certificates.count({ certname: each.certname, status: ["signed"] })).toBe(0);
    }
  });

  it("use a token once", async () => {
    const { both, a } = await two();
    const { token } = await a.tokens.create({ certname: "*.example.test", ttl: 3600, by });
    const key = await newKey();
    const put = await Promise.all(Array.from({ length: 8 }, async (_, n) => {
      const certname = `node${n}.example.test`;
      const pem = await requestPem(certname, { key, attributes: [challengePassword(token)] });
      return await both[n % 2]!.certificates.submit({ space, certname, pem, from: "" });
    }));
    expect(put.filter(({ signed }) => signed).length).toBe(1);
    const [used] = await a.tokens.list({ limit: 9, offset: 0 });
    expect(used?.used_by).toBe(put.find(({ signed }) => signed)!.certificate.certname);
  });
});
