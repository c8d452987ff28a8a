import { deflateRaw, inflateRaw } from "node:zlib";
import { promisify } from "node:util";
import { mergeMarks } from "../../../handlers/core/redaction/marks.ts";
import type { Marks } from "../../../handlers/interfaces/command.ts";
import { timestamp } from "../../../handlers/interfaces/clock.ts";
import type { Estate } from "../../../handlers/interfaces/estate.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import type { Vault } from "../../../handlers/interfaces/vault.ts";
import { compileCount, compilePlan } from "./compile-plan.ts";
import { rowOf } from "./rows.ts";
import type { Threads } from "./threads.ts";

const pack = promisify(deflateRaw);
const unpack = promisify(inflateRaw);
const utf8 = new TextDecoder();
const nothing: Marks = { values: [], parameters: {} };

/** Different contents of one node whose marks count: those of its history, newest first. */
const markedContents = 25;

/** The estate on SQLite. Whole catalogs and marks are compressed, then encrypted under their content's hash. */
export const sqliteEstate = ({ write, read, stream }: Threads, vault: Vault): Estate => {
  const encrypt = async (id: string, text: string) => await vault.encrypt(id, new Uint8Array(await pack(text)));
  const decrypt = async (id: string, blob: Uint8Array) =>
    utf8.decode(await unpack(await vault.decrypt(id, new Uint8Array(blob))));

  return {
    apply: (command, receivedAt) => write.apply(command, timestamp(receivedAt)),

    run: async function* (plan, options) {
      const { columns, ...query } = compilePlan(plan);
      for await (const values of stream(query, options)) yield rowOf(columns, values);
    },
    count: async (plan, options) => {
      for await (const [count] of stream(compileCount(plan), options)) return Number(count);
      return 0;
    },

    storeCatalog: async ({ certname, catalog_uuid, received_at, hash, content, marks }) => {
      const [body, kept] = await Promise.all([
        encrypt(`catalog ${hash}`, content.reveal()),
        encrypt(`marks ${hash}`, JSON.stringify(marks.reveal())),
      ]);
      await write.storeCatalog({ certname, catalog_uuid, received_at, hash, body, marks: kept });
    },
    wholeCatalog: async (certname, catalogUuid) => {
      const [row] = await read({
        sql: `SELECT w.hash, c.body FROM whole_catalogs w JOIN whole_contents c ON c.hash = w.hash
              WHERE w.certname = ?1 AND (?2 IS NULL OR w.catalog_uuid = ?2) ORDER BY w.received_at DESC LIMIT 1`,
        params: [certname, catalogUuid ?? null],
      });
      return row && seal(await decrypt(`catalog ${row[0]}`, row[1] as Uint8Array));
    },
    marks: async (certname) => {
      const rows = await read({
        sql: `SELECT w.hash, c.marks FROM whole_catalogs w JOIN whole_contents c ON c.hash = w.hash
              WHERE w.certname = ? ORDER BY w.received_at DESC LIMIT ${markedContents}`,
        params: [certname],
      });
      const all = await Promise.all(
        rows.map(async ([hash, blob]) => JSON.parse(await decrypt(`marks ${hash}`, blob as Uint8Array)) as Marks),
      );
      // newest last, for it wins where a bound is reached
      return seal(all.toReversed().reduce(mergeMarks, nothing));
    },

    deleteNode: (certname) => write.deleteNode(certname),
    prune: async (retention, now) => {
      const done = await write.prune(retention, now);
      if (done.removed > 0) await write.vacuum(1000);
      return done;
    },
  };
};
