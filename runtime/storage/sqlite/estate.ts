import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import { mergeMarks } from "../../../handlers/core/redaction/marks.ts";
import { AppError } from "../../../handlers/errors.ts";
import type { Marks, WholeCatalog } from "../../../handlers/interfaces/command.ts";
import type { Estate, NewNodeSettings } from "../../../handlers/interfaces/estate.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import type { Vault } from "../../../handlers/interfaces/vault.ts";
import { applyCommand } from "./apply-command.ts";
import { compileCount, compilePlan, compileTests } from "./compile-plan.ts";
import { createMarkedFacts } from "./marked-facts.ts";
import { rowOf } from "./rows.ts";
import { single, type Threads } from "./threads.ts";

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);
const utf8 = new TextDecoder();
const none: Marks = { values: [], parameters: {} };

/** Pages of free space that stay in the file, and at most as many go at once. */
const vacuumPages = 1000;
/** SQLite has no more columns than 2000. */
const mostTests = 500;
/** Writers of one node's marks that may be quicker before this one gives up. */
const mostTries = 20;

/** The estate on SQLite. Whole catalogs and marks are deflated, then encrypted, on this side of the threads. */
export const sqliteEstate = (threads: Threads, vault: Vault): Estate & { readonly repair: () => Promise<void> } => {
  const { write, read, stream } = threads;
  const encrypt = async (id: string, text: string): Promise<Uint8Array> =>
    await vault.encrypt(id, new Uint8Array(await deflate(text)));
  const decrypt = async (id: string, blob: unknown): Promise<string> =>
    utf8.decode(await inflate(await vault.decrypt(id, new Uint8Array(blob as Uint8Array))));
  const readMarks = async (certname: string, blob: unknown): Promise<Marks> =>
    blob === null || blob === undefined ? none : JSON.parse(await decrypt(`marks ${certname}`, blob));

  const keptSettings = async (certname: string, { disabled, facts_inject }: NewNodeSettings) => ({
    disabled,
    facts_inject: await encrypt(`settings ${certname}`, facts_inject.reveal()),
  });

  const marked = createMarkedFacts(threads, readMarks);

  /** Reads what is there, makes the rest, and has it stored if nothing has changed meanwhile. */
  const tryStore = async (
    { certname, catalog_uuid, hash, content, ...rest }: WholeCatalog,
  ): Promise<"marks" | "stored" | undefined> => {
    const [row = []] = await read({
      sql: `SELECT EXISTS (SELECT 1 FROM whole_contents WHERE hash = ?2),
              EXISTS (SELECT 1 FROM whole_catalogs WHERE certname = ?1 AND hash = ?2),
              m.version, m.body FROM (SELECT 1) LEFT JOIN marks m ON m.certname = ?1`,
      params: [certname, hash],
    });
    const [kept, ofNode, version, body] = row;
    const before = await readMarks(certname, body);
    const marks = ofNode === 1 ? before : mergeMarks(before, rest.marks.reveal());
    const news = version === null || (ofNode !== 1 && JSON.stringify(marks) !== JSON.stringify(before));
    const made = {
      certname,
      catalog_uuid,
      hash,
      received_at: Date.parse(rest.received_at),
      body: kept === 1 ? null : await encrypt(`catalog ${hash}`, content.reveal()),
      marks: news
        ? { version: Number(version ?? 0), body: await encrypt(`marks ${certname}`, JSON.stringify(marks)) }
        : null,
    };
    const size = (made.body?.length ?? 0) + (made.marks?.body.length ?? 0);
    if (!await write("storeCatalog", [made], size)) return undefined;
    return made.marks ? "marks" : "stored";
  };

  return {
    apply: (command, receivedAt) => applyCommand(write, marked, command, receivedAt),

    run: async function* (plan, options) {
      const { outputs, ...query } = compilePlan(plan);
      const readings = outputs.map(({ reading }) => reading);
      for await (const rows of stream(query, readings, options)) {
        for (const values of rows) yield rowOf(outputs, values);
      }
    },
    count: async (plan, options) => {
      for await (const rows of stream(compileCount(plan), ["plain"], options)) return Number(single(rows));
      return 0;
    },

    storeCatalog: async (catalog) => {
      for (let tries = 0; tries < mostTries; tries++) {
        const done = await tryStore(catalog);
        if (done === "marks") await marked.renew(catalog.certname);
        if (done) return;
      }
      throw new AppError("unavailable", "The catalog's node is written by too many at once", { retryAfter: 1 });
    },
    wholeCatalog: async (certname, catalogUuid) => {
      const [row] = await read({
        sql: `SELECT w.hash, c.body FROM whole_catalogs w JOIN whole_contents c ON c.hash = w.hash
              WHERE w.certname = ?1 AND (?2 IS NULL OR w.catalog_uuid = ?2) ORDER BY w.received_at DESC LIMIT 1`,
        params: [certname, catalogUuid ?? null],
      });
      return row && seal(await decrypt(`catalog ${row[0]}`, row[1]));
    },
    marks: async (certname) => {
      const [row] = await read({ sql: "SELECT body FROM marks WHERE certname = ?", params: [certname] });
      return seal(await readMarks(certname, row?.[0]));
    },

    nodeSettings: async (certname) => {
      const [row] = await read({
        sql: "SELECT disabled, facts_inject, settings_version FROM nodes WHERE certname = ?",
        params: [certname],
      });
      if (!row) return undefined;
      const facts = row[1] === null ? "{}" : await decrypt(`settings ${certname}`, row[1]);
      return { certname, disabled: row[0] === 1, facts_inject: seal(facts), version: Number(row[2]) };
    },
    createNode: async (certname, settings) => {
      const version = await write("createNode", [certname, await keptSettings(certname, settings)]);
      return { certname, ...settings, version };
    },
    changeNode: async (certname, settings, version, enable = false) => {
      const next = await write("changeNode", [certname, await keptSettings(certname, settings), version, enable]);
      return { certname, ...settings, version: next };
    },
    test: async (certname, conditions) => {
      const found: boolean[] = [];
      for (let from = 0; from < conditions.length; from += mostTests) {
        const some = conditions.slice(from, from + mostTests);
        const [row] = await read(compileTests(certname, some));
        found.push(...some.map((_, at) => row?.[at] === 1));
      }
      return found;
    },
    hide: (hidden) => threads.hide(hidden.reveal()),

    repair: marked.repair,
    deleteNode: (certname) => write("deleteNode", [certname]),
    prune: async (retention, now) => {
      const done = await write("prune", [retention, now]);
      if (done.removed > 0) await write("vacuum", [vacuumPages]);
      return done;
    },
  };
};
