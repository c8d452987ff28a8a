import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { openCaForCommand } from "../../../runtime/ca/command-ca.ts";
import { requestPem } from "../../support/ca-requests.ts";
import { createBackupStore, passphrase } from "./set-up.ts";

describe("a backup", () => {
  it("is one encrypted file that only its owner reads, and leaves nothing else behind", async () => {
    const { backUp, verify, path, secretKeys, env } = await createBackupStore();
    const file = path("monday");
    // SQLite's own are no copies
    const inDataDir = () => readdirSync(env.HOPPETDB_DATA_DIR).filter((name) => !/-(wal|shm)$/.test(name)).sort();
    const before = inDataDir();
    const { manifest, bytes, problems } = await backUp(file);
    expect(problems).toEqual([]);
    expect(manifest.counts).toMatchObject({ ca_authorities: 2, ca_keys: 2, ca_certificates: 1, nodes: 0 });
    expect([statSync(file).mode & 0o777, statSync(file).size]).toEqual([0o600, bytes]);
    expect(inDataDir()).toEqual(before);
    expect(readdirSync(path()).sort()).toEqual(["data", "monday"]);
    const content = readFileSync(file).toString("latin1");
    for (const secret of [...secretKeys()!, "SQLite format 3", "web01.example.test", passphrase]) {
      expect([secret, content.includes(secret)]).toEqual([secret, false]);
    }
    expect(await verify(file)).toMatchObject({ problems: [], bytes, manifest });
    expect(readdirSync(path()).sort()).toEqual(["data", "monday"]);
  });

  it("never takes the place of another file unless it is told to", async () => {
    const { backUp, path } = await createBackupStore();
    const file = path("monday");
    writeFileSync(file, "something else");
    await expect(backUp(file)).rejects.toThrow(`"${file}" is there already; --force replaces it`);
    expect(readFileSync(file, "utf8")).toBe("something else");
    await backUp(file, { force: true });
    expect(readFileSync(file).subarray(0, 15).toString()).toBe("hoppetdb backup");
    await expect(backUp(path("none", "x"))).rejects.toThrow(`There is no folder "${path("none")}"`);
    await expect(backUp(path("x"), { store: path("none.sqlite") })).rejects.toThrow("There is no store at");
    await expect(backUp(path("x"), { secretKeys: ["another key of at least 32 characters"] }))
      .rejects.toThrow(/^The secret key does not open the store .*: it is encrypted under key "/);
    expect(readdirSync(path()).sort()).toEqual(["data", "monday"]);
  });

  it("is of one moment, while others go on writing and wait for nothing", async () => {
    const { backUp, restore, inStore, path } = await createBackupStore();
    const made = await inStore(async (ca) => {
      const pem = await requestPem("web02.example.test");
      let going = true;
      let written = 0;
      const writing = (async () => {
        while (going) {
          const certname = `w${written++}.example.test`;
          await ca.certificates.submit({
            space: "puppet-ca",
            certname,
            pem: await requestPem(certname),
            from: "127.0.0.1",
          });
        }
      })();
      await ca.certificates.submit({ space: "puppet-ca", certname: "web02.example.test", pem, from: "127.0.0.1" });
      const { manifest } = await backUp(path("busy"));
      going = false;
      await writing;
      return { manifest, written };
    });
    const count = made.manifest.counts.ca_certificates!;
    expect([count >= 2, count <= made.written + 2]).toEqual([true, true]);
    expect(made.written).toBeGreaterThan(1);
    await restore(path("busy"), path("again"));
    using db = new DatabaseSync(path("again", "hoppetdb.sqlite"), { readOnly: true });
    expect(db.prepare("SELECT count(*) AS n FROM doc_ca_certificates").get()).toEqual({ n: count });
  });
});

describe("a file that was changed", () => {
  it("is refused wherever a byte of it is another one, and wherever it ends too early", async () => {
    const { backUp, verify, restore, path } = await createBackupStore();
    const file = path("monday");
    await backUp(file);
    const whole = readFileSync(file);
    const step = Math.floor(whole.length / 23);
    const places = [...Array(76).keys(), ...Array.from({ length: 23 }, (_, n) => 76 + n * step), whole.length - 1];
    const damaged = path("damaged");
    for (const at of places.filter((each) => each < whole.length)) {
      const changed = Uint8Array.from(whole);
      changed[at]! ^= 1;
      writeFileSync(damaged, changed);
      const said = await verify(damaged).then(() => "", (error: Error) => error.message);
      expect([at, said]).toEqual([at, expect.stringMatching(/is damaged|is truncated|is not a backup|newer hoppetdb/)]);
    }
    for (const length of [0, 1, 16, 75, 76, 100, 65_628, whole.length - 16, whole.length - 1]) {
      writeFileSync(damaged, whole.subarray(0, length));
      const said = await verify(damaged).then(() => "", (error: Error) => error.message);
      expect([length, said]).toEqual([length, expect.stringMatching(/is truncated|is not a backup/)]);
    }
    // chunks that changed places, and one that is missing
    const chunk = (n: number) => whole.subarray(76 + n * 65_552, 76 + (n + 1) * 65_552);
    for (const order of [[1, 0, 2], [0, 2], [0, 0, 1, 2]]) {
      const rest = whole.subarray(76 + 3 * 65_552);
      writeFileSync(damaged, Buffer.concat([whole.subarray(0, 76), ...order.map(chunk), rest]));
      await expect(verify(damaged)).rejects.toThrow(/is damaged: something between its bytes \d+ and \d+/);
    }
    await expect(restore(damaged, path("again"))).rejects.toThrow("is damaged");
    expect(readdirSync(path("again"))).toEqual([]);
  });

  it("is not opened by another passphrase", async () => {
    const { backUp, verify, path } = await createBackupStore();
    await backUp(path("monday"));
    await expect(verify(path("monday"), `${passphrase}.`))
      .rejects.toThrow(`The passphrase is not the one that "${path("monday")}" was made with`);
    writeFileSync(path("text"), "hello, this is no backup at all");
    await expect(verify(path("text"))).rejects.toThrow("is not a backup of hoppetdb");
    await expect(verify(path("none"))).rejects.toThrow("There is no file");
  });
});

describe("a restore", () => {
  it("puts store and key where nothing is, and the CA signs as before", async () => {
    const { backUp, restore, inStore, path, secretKeys, env } = await createBackupStore();
    const bundle = await inStore((ca) => ca.spaces.bundle("puppet-ca"));
    await backUp(path("monday"));
    const restored = await restore(path("monday"), path("again"));
    expect(restored).toMatchObject({ kept: undefined, problems: [], keyFile: path("again", "secret-key") });
    expect(readFileSync(path("again", "secret-key"), "utf8").trim()).toBe(secretKeys()![0]);
    for (const name of readdirSync(path("again"))) {
      expect([name, statSync(path("again", name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    const { ca, close } = await openCaForCommand({ ...env, HOPPETDB_DATA_DIR: path("again") }, () => {});
    try {
      expect(await ca.spaces.bundle("puppet-ca")).toBe(bundle);
      const by = { kind: "command", name: "test" } as const;
      const signed = await ca.certificates.sign({ space: "puppet-ca", certname: "web01.example.test", by });
      expect(signed.certificate).toMatch(/^-----BEGIN CERTIFICATE-----/);
    } finally {
      await close();
    }
  });

  it("keeps what was there, and touches nothing that somebody has open", async () => {
    const made = await createBackupStore();
    const { backUp, restore, inStore, path, env, store } = made;
    await backUp(path("monday"));
    const dataDir = env.HOPPETDB_DATA_DIR;
    await expect(restore(path("monday"), dataDir)).rejects.toThrow("There is a store at");
    await inStore(() =>
      expect(restore(path("monday"), dataDir, { force: true })).rejects.toThrow(
        `A process has the store "${store}" open: stop hoppetdb first`,
      )
    );
    await made.prepare({ "web02.example.test": {} });
    const { kept, keyFile } = await restore(path("monday"), dataDir, { force: true });
    expect(keyFile).toBe(undefined);
    const certificates = (file: string) => {
      using db = new DatabaseSync(file, { readOnly: true });
      return db.prepare("SELECT count(*) AS n FROM doc_ca_certificates").get()?.n;
    };
    expect([certificates(kept!), certificates(store)]).toEqual([2, 1]);
  });

  it("takes the place of a store that is damaged beyond reading", async () => {
    const { backUp, restore, path, env, store } = await createBackupStore();
    await backUp(path("monday"));
    writeFileSync(store, "no database");
    const { kept } = await restore(path("monday"), env.HOPPETDB_DATA_DIR, { force: true });
    expect(readFileSync(kept!, "utf8")).toBe("no database");
    expect(readFileSync(store).subarray(0, 15).toString()).toBe("SQLite format 3");
  });

  it("needs the key that the store is tied to", async () => {
    const { backUp, restore, path } = await createBackupStore();
    await backUp(path("monday"));
    mkdirSync(path("again"));
    writeFileSync(join(path("again"), "secret-key"), "another key of at least 32 characters\n");
    await expect(restore(path("monday"), path("again"))).rejects.toThrow(
      /needs the secret key "\w+", but the data dir's secret-key has "\w+"/,
    );
    expect(readdirSync(path("again"))).toEqual(["secret-key"]);
  });
});
