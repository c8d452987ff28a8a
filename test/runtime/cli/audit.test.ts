import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAudit } from "../../../handlers/core/audit/audit.ts";
import { createKeyRing } from "../../../handlers/core/encryption/key-ring.ts";
import { createSecretRegistry } from "../../../handlers/core/redaction/secret-registry.ts";
import type { Store } from "../../../handlers/interfaces/store.ts";
import type { Vault } from "../../../handlers/interfaces/vault.ts";
import { auditCommand, recordFromCli } from "../../../runtime/cli/audit.ts";
import { openSqliteStore } from "../../../runtime/storage/sqlite/open.ts";
import { systemClock as clock, systemIds as ids } from "../../../runtime/system.ts";
import { commandOf } from "../../e2e/product.ts";
import { eventOf } from "../../support/audit.ts";
import { redactorOf } from "../../support/estate.ts";
import { createRecordingLog } from "../../support/log.ts";

const key = "a key for tests only with more than 32 characters";

describe("hoppetdb audit", () => {
  let dir = "";
  let env: Record<string, string> = {};
  let vault: Vault;
  let store: Store;
  const log = createRecordingLog();

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "hoppetdb-audit-"));
    env = { HOPPETDB_DATA_DIR: join(dir, "data"), HOPPETDB_SECRET_KEY: key };
    vault = await createKeyRing([key]);
    mkdirSync(join(dir, "data"));
    // stays open, as that of a product that runs
    store = await openSqliteStore({ path: join(dir, "data", "hoppetdb.sqlite"), vault, clock, log });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });

  const run = async (...args: string[]) => {
    let [out, err] = ["", ""];
    const status = await auditCommand(args, {
      env,
      out: (text) => Promise.resolve(void (out += text)),
      err: (text) => void (err += text),
    });
    return { status, out, err };
  };
  const runProcess = (...args: string[]): Promise<{ status: number | null; out: string; err: string }> =>
    new Promise((resolve) => {
      const [command, more] = commandOf("Deno" in globalThis ? "deno" : "node");
      const child = spawn(command, [...more, "audit", ...args], {
        env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let [out, err] = ["", ""];
      child.stdout.on("data", (data) => out += data);
      child.stderr.on("data", (data) => err += data);
      child.on("close", (status) => resolve({ status, out, err }));
    });
  const auditOf = () => createAudit({ ...store, vault, clock, ids, log, redactor: () => redactorOf([]) });

  it("finds nothing wrong with what the product and commands recorded, while the store is in use", async () => {
    const audit = auditOf();
    for (let i = 0; i < 3; i++) await audit.record(eventOf({ target: `things/${i}` }));
    await recordFromCli({ ...store, vault, clock, ids, log }, { action: "user reset-password", target: "users/admin" });
    await audit.record(eventOf());
    const { status, out, err } = await run("verify");
    expect([status, err]).toEqual([0, ""]);
    expect(out).toMatch(
      /^The audit log is whole: 5 records, 1 to 5\.\nThe hash of the newest one is [0-9a-f]{64}: keep it/,
    );
    const [, written] = (await audit.list({ limit: 2 })).records;
    expect(written).toMatchObject({
      actor: expect.stringMatching(/^os:./),
      via: "cli",
      address: null,
      action: "user reset-password",
      target: "users/admin",
      outcome: "done",
      status: null,
    });
  });

  it("says where somebody tampered with it, with exit status 1", async () => {
    const audit = auditOf();
    for (let i = 0; i < 3; i++) await audit.record(eventOf({ target: `things/${i}` }));
    const [second] = (await audit.list({ filter: { target: "things/1" }, limit: 1 })).records;
    await store.documents.remove("audit", second!.id);
    const { status, out, err } = await runProcess("verify");
    expect([status, err]).toEqual([1, ""]);
    expect(out).toContain("The audit log was tampered with, or damaged: 1 problem in 2 records, 1 to 3.");
    expect(out).toContain("  at 2: Record 2 is missing.");
    expect(out).toContain("Records before the lowest of these numbers can be relied on");
  });

  it("exports JSON lines that it can check again, known secrets replaced", async () => {
    const secrets = createSecretRegistry({ ...store, vault, clock, ids, log, isName: () => Promise.resolve(false) });
    await secrets.add("pineapple-42", "admin");
    secrets.close();
    await recordFromCli({ ...store, vault, clock, ids, log }, {
      action: "user create-admin",
      target: "users/admin",
      after: { note: "pineapple-42", password: "never" },
    });
    for (let i = 0; i < 3; i++) await auditOf().record(eventOf({ target: `things/${i}` }));
    const { status, out, err } = await runProcess("export");
    expect([status, err]).toEqual([0, ""]);
    const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(lines.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(lines[0].after).toEqual({ note: "XXXXX", password: "XXXXX" });
    const file = join(dir, "export.jsonl");
    writeFileSync(file, out);
    expect(await run("verify", file)).toEqual({ status: 0, out: `"${file}" is whole: 4 records, 1 to 4.\n`, err: "" });
    writeFileSync(file, out.replace("things/1", "things/7"));
    const changed = await run("verify", file);
    expect(changed.status).toBe(1);
    expect(changed.out).toContain("at 3: It was changed after it was written.");
  });

  it("exports a range of time", async () => {
    await auditOf().record(eventOf());
    const today = new Date(clock.now()).toISOString().slice(0, 10);
    expect((await run("export", "--from", today)).out.split("\n")).toHaveLength(2);
    expect((await run("export", "--to", today)).out).toBe("");
    expect((await run("export", "--from", "2020-01-01T00:00:00+01:00", "--to", "2020-01-02")).out).toBe("");
  });

  it("says what is wrong with the arguments, with exit status 64", async () => {
    for (
      const args of [
        [],
        ["nothing"],
        ["verify", "--nothing"],
        ["verify", "a", "b"],
        ["export", "x"],
        ["export", "--from", "yesterday"],
        ["export", "--from", "2026-02-31T25:00:00Z"],
      ]
    ) {
      const { status, out, err } = await run(...args);
      expect([args, status, out]).toEqual([args, 64, ""]);
      expect(err).toContain("usage: hoppetdb audit verify");
    }
    expect(await run("--help")).toMatchObject({ status: 0, err: "" });
    await expect(run("verify", join(dir, "nothing"))).rejects.toThrow("There is no file");
  });

  it("makes neither a store nor a key where there is none", async () => {
    const elsewhere = join(dir, "elsewhere");
    env = { HOPPETDB_DATA_DIR: elsewhere };
    await expect(run("verify")).rejects.toThrow("There is no store at");
    writeFileSync(join(dir, "x"), "");
    await expect(run("verify", join(dir, "x"))).rejects.toThrow("There is no key in");
    expect(existsSync(elsewhere)).toBe(false);
  });
});
