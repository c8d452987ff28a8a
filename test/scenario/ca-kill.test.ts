import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createKeyRing } from "../../handlers/core/encryption/key-ring.ts";
import type { CertificateDocument, RevocationDocument } from "../../handlers/core/ca/records.ts";
import { readCrls } from "../../handlers/core/x509/crl.ts";
import { openSqliteStore } from "../../runtime/storage/sqlite/open.ts";
import { systemClock } from "../../runtime/system.ts";
import { ask, type Client, fetchBundle } from "../e2e/ca-client.ts";
import { type Product, type Runtime, startProduct } from "../e2e/product.ts";
import { newKey, requestPem } from "../support/ca-requests.ts";
import { createRecordingLog } from "../support/log.ts";

const runtime: Runtime = "Deno" in globalThis ? "deno" : "node";
const from = runtime === "deno" ? 28310 : 28300;
const ports = { management: from, puppet: from + 1, puppetdb: from + 2 };
const ca = `https://localhost:${ports.puppet}/puppet-ca/v1`;
const dir = mkdtempSync(join(tmpdir(), "hoppetdb-ca-kill-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let running: Product | undefined;
afterAll(() => running?.kill());
const start = async () =>
  running = await startProduct(runtime, ports, {
    HOPPETDB_DATA_DIR: dir,
    HOPPETDB_CA: "own",
    HOPPETDB_CA_KEY: "p-256",
    HOPPETDB_CA_AUTOSIGN: "*.example.test,operator.example.test",
    HOPPETDB_CA_ADMIN_CNS: "operator.example.test",
    HOPPETDB_LOG: "warn",
  });

describe("kill -9 while the CA signs and revokes", () => {
  it("leaves nothing by half, and nothing that a client got is missing", async () => {
    const got = new Map<string, string>();
    const revoked = new Set<string>();
    const key = await newKey();
    let bundle = "";
    let admin: Required<Client> | undefined;
    let next = 0;

    const enrol = async (certname: string): Promise<string | undefined> => {
      const put = await ask(
        `${ca}/certificate_request/${certname}`,
        { ca: bundle },
        "PUT",
        await requestPem(certname, { key }),
      );
      if (put.status !== 200) return undefined;
      const { status, body } = await ask(`${ca}/certificate/${certname}`, { ca: bundle });
      return status === 200 ? body : undefined;
    };
    const work = async (product: Product, killAfter: number) => {
      let gone = false;
      // an answer that is cut off in the middle may never end
      const { promise: killed, reject } = Promise.withResolvers<never>();
      killed.catch(() => {});
      const worker = async () => {
        while (!gone) {
          const certname = `node${next++}.example.test`;
          try {
            const pem = await Promise.race([enrol(certname), killed]);
            if (pem) got.set(certname, pem);
            if (!pem || next % 3) continue;
            const state = JSON.stringify({ desired_state: "revoked" });
            const revoking = ask(
              `${ca}/certificate_status/${certname}`,
              admin!,
              "PUT",
              state,
              "application/json",
            );
            const { status } = await Promise.race([revoking, killed]);
            if (status === 204) revoked.add(certname);
          } catch {
            gone = true;
          }
        }
      };
      const workers = Array.from({ length: 6 }, worker);
      await new Promise((resolve) => setTimeout(resolve, killAfter));
      await product.kill();
      setTimeout(() => reject(new Error("killed")), 300);
      await Promise.all(workers);
    };

    for (let round = 0; round < 3; round++) {
      const product = await start();
      bundle ||= await fetchBundle(ca);
      const cert = admin?.cert ?? await enrol("operator.example.test");
      admin ??= { ca: bundle, cert: cert!, key: key.pem };
      await work(product, 300 + Math.random() * 400);
    }
    expect([got.size > 20, revoked.size > 3]).toEqual([true, true]);

    const vault = await createKeyRing([readFileSync(join(dir, "secret-key"), "utf8").trim()]);
    const path = join(dir, "hoppetdb.sqlite");
    const store = await openSqliteStore({ path, vault, clock: systemClock, log: createRecordingLog() });
    const rows = await store.documents.find<CertificateDocument>("ca_certificates");
    const entries = await store.documents.find<RevocationDocument>("ca_revocations");
    await store.close();
    const inventory = new Map(rows.map((row) => [row.certname, row]));
    for (const [certname, pem] of got) {
      expect([certname, inventory.get(certname)?.certificate]).toEqual([certname, pem]);
    }
    for (const certname of revoked) expect([certname, inventory.get(certname)?.status]).toEqual([certname, "revoked"]);
    for (const { status, certificate, serial, authority, not_after } of rows) {
      expect(["signed", "revoked"]).toContain(status);
      expect([certificate, serial, authority, not_after]).not.toContain(null);
    }
    const dead = rows.filter(({ status }) => status === "revoked").map(({ serial }) => serial!).sort();
    expect(entries.map(({ serial }) => serial).sort()).toEqual(dead);
    expect(new Set(rows.map(({ serial }) => serial)).size).toBe(rows.length);

    const product = await start();
    const { body } = await ask(`${ca}/certificate_revocation_list/ca`, { ca: bundle });
    await product.close();
    const [list] = readCrls(body);
    expect([...list!.revoked].sort()).toEqual(dead);
    expect(parseInt(list!.number!, 16)).toBe(dead.length + 1);
    expect(product.log()).not.toContain("PRIVATE KEY");
  }, 120_000);
});
