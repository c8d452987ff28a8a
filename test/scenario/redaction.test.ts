import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCommand } from "../../handlers/core/commands/parse-command.ts";
import { readCatalogContent, sealCatalog } from "../../handlers/core/commands/whole-catalog.ts";
import { createKeyRing } from "../../handlers/core/encryption/key-ring.ts";
import { createSecretRegistry, type SecretRegistry } from "../../handlers/core/redaction/secret-registry.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import { createViewers } from "../../handlers/core/access/viewers.ts";
import { createNodes } from "../../handlers/core/nodes/nodes.ts";
import { createKeptAnswers } from "../../handlers/http/kept-answers.ts";
import type { SessionEnv } from "../../handlers/http/session.ts";
import { nodeCatalogApi, nodeCatalogsApi } from "../../handlers/management/node-catalogs.ts";
import { nodeFactsApi } from "../../handlers/management/node-facts.ts";
import { nodeReportsApi } from "../../handlers/management/node-reports.ts";
import { nodesApi } from "../../handlers/management/nodes.ts";
import { openSqliteStore } from "../../runtime/storage/sqlite/open.ts";
import { systemClock, systemIds } from "../../runtime/system.ts";
import { createRecordingLog } from "../support/log.ts";
import { bodyOf, recordedCommands } from "../support/puppetdb.ts";

const dir = mkdtempSync(join(tmpdir(), "hoppetdb-redaction-"));
const oldKey = "the old key of more than thirty-two characters";
const newKey = "the new key of more than thirty-two characters";
const catalogs = new URL("../fixtures/puppet/catalogs/", import.meta.url);

describe("known weak points of redaction", () => {
  let store: Store;
  let secrets: SecretRegistry;
  const log = createRecordingLog();
  const open = async (keys: string[]) => {
    const vault = await createKeyRing(keys);
    store = await openSqliteStore({ path: join(dir, "store.sqlite"), vault, clock: systemClock, log });
    const { documents, changes } = store;
    const isName = () => Promise.resolve(false);
    secrets = createSecretRegistry({ documents, vault, changes, clock: systemClock, ids: systemIds, log, isName });
    await secrets.refresh();
  };
  const close = async () => {
    secrets.close();
    await store.close();
  };
  const show = async (path: string) => {
    const nodes = createNodes({ estate: store.estate, redactor: () => secrets.redactor(), clock: systemClock });
    const asOf = () => `${store.changes.version("estate")} ${secrets.redactor().version}`;
    const deps = { nodes, estate: store.estate, answers: createKeptAnswers(), asOf };
    const all = await createViewers(store).of({ id: "admin", admin: true });
    const api = new Hono<SessionEnv>()
      .use(async (c, next) => {
        c.set("viewer", all);
        await next();
      })
      .route("/", nodesApi(deps))
      .route("/:node/facts", nodeFactsApi(deps))
      .route("/:node/catalog", nodeCatalogApi(deps))
      .route("/:node/catalogs", nodeCatalogsApi(deps))
      .route("/:node/reports", nodeReportsApi(deps));
    return await (await api.request(path)).text();
  };
  const paths = [
    "/",
    "/web01.example.test",
    "/web01.example.test/facts",
    "/web01.example.test/catalog",
    "/web01.example.test/catalogs",
    "/web01.example.test/reports?limit=100",
    "/web01.example.test/reports/latest",
  ];
  const showAll = async () => (await Promise.all(paths.map(show))).join("\n");

  beforeAll(async () => {
    await open([oldKey]);
    for (const recorded of recordedCommands) {
      const { command = "", version, certname = "" } = recorded.params;
      const received = {
        command: command.replaceAll("_", " "),
        version: Number(version),
        certname,
        producer_timestamp: null,
        payload: bodyOf(recorded),
      };
      await store.estate.apply(await parseCommand(received, 0), 0);
    }
    for (const file of readdirSync(catalogs)) {
      const bytes = new Uint8Array(readFileSync(new URL(file, catalogs)));
      const { name } = JSON.parse(new TextDecoder().decode(bytes));
      const seen = { certname: name, contentType: "application/json", contentEncoding: null, bytes, receivedAt: 0 };
      await store.estate.storeCatalog(sealCatalog(await readCatalogContent(seen)));
    }
  });
  afterAll(async () => {
    await close();
    rmSync(dir, { recursive: true });
  });

  it("R1: what is stored is redacted when it is read, so a secret added later hides what came before", async () => {
    const later = ["ünï©ode 日本", "Équipe Plateforme"];
    const before = await showAll();
    for (const value of later) expect(before).toContain(value);
    for (const value of later) await secrets.add(value, "admin");
    const after = await showAll();
    for (const value of later) {
      for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]) {
        expect(after).not.toContain(form);
      }
    }
    expect(after).toContain("XXXXX");
    expect(after.length).toBeGreaterThan(before.length / 2);
  });

  it("R2: secrets are under a key with an id, which can be replaced by a new one without losing them", async () => {
    await close();
    await open([newKey, oldKey]);
    expect(await showAll()).not.toContain("ünï©ode 日本");
    await secrets.add("a secret under the new key", "admin");
    await close();
    await expect(open([oldKey])).rejects.toThrow(/encrypted under key/);
    await open([newKey, oldKey]);
    expect(log.text()).not.toMatch(/thirty-two characters|日本|under the new key/);
  });

  it("R3: whole catalogs and known secrets do not lie in clear in the store's files", () => {
    const files = readdirSync(dir).map((name) => readFileSync(join(dir, name)));
    expect(files.some((file) => file.includes("web01.example.test"))).toBe(true);
    // what Puppet's termini leave out of what they send to port 8002 exists in the whole catalogs only
    for (const secret of ["tok-common-0123456789abcdef", "Sup3r$ecret!", "a secret under the new key"]) {
      expect([secret, files.some((file) => file.includes(secret))]).toEqual([secret, false]);
    }
  });
});
