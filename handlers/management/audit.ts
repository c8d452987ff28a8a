import { Hono } from "hono";
import { z } from "zod";
import type { AuditLog } from "../core/audit/audit.ts";
import type { AuditFilter } from "../core/audit/search.ts";
import { AppError } from "../errors.ts";
import { noteLook } from "../http/audited.ts";
import { readCursor, writeCursor } from "../http/cursor.ts";
import { cursor, directionOf, envelope, envelopeOf, offsetOf, paging, pick } from "../http/paging.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";

const outcome = z.enum(["done", "refused", "failed"]);
const hash = z.string().meta({ description: "SHA-256, hex" });
const record = z.object({
  id: z.string(),
  seq: z.number().int().meta({ description: "1, 2, 3 … without gaps" }),
  at: z.iso.datetime(),
  actor: z.string().nullable().meta({
    description: "The user; `unknown user` for a login under a name that is nobody's, `os:…` from the command line",
  }),
  via: z.enum(["session", "credential", "certificate", "cli", "none"]).meta({
    description: "The login that it was done with",
  }),
  address: z.string().nullable(),
  action: z.string().meta({
    description: "E.g. `PUT /api/v1/teams/{team}`, or `look …` for a look at something sensitive",
  }),
  target: z.string().nullable().meta({ description: "What it was done to, e.g. `teams/ops`" }),
  before: z.unknown().meta({ description: "Of two states only what differs; secrets are replaced" }),
  after: z.unknown(),
  outcome,
  status: z.number().int().nullable().meta({ description: "The HTTP status" }),
  request_id: z.string().nullable(),
  salt: z.string().nullable().meta({ description: "Null where a text has become a known secret since, and is hidden" }),
  content: hash.meta({ description: "SHA-256 of the JSON list `[salt, target, before, after]`, without blanks" }),
  prev: hash.meta({ description: "`hash` of the record before" }),
  hash: hash.meta({
    description: 'SHA-256 of the JSON list `["hoppetdb audit 1", id, seq, at, actor, via, address, action, outcome, ' +
      "status, request_id, content, prev]`, without blanks",
  }),
  mac: z.string().meta({ description: "Signature of the hash: the id of the key, and an HMAC-SHA-256" }),
});
const names = [
  "id",
  "seq",
  "at",
  "actor",
  "via",
  "address",
  "action",
  "target",
  "before",
  "after",
  "outcome",
  "status",
  "request_id",
  "salt",
  "content",
  "prev",
  "hash",
  "mac",
] as const;

const verification = z.object({
  ok: z.boolean(),
  records: z.number().int(),
  from: z.number().int().nullable().meta({ description: "The number of the oldest record" }),
  to: z.number().int().nullable(),
  hash: z.string().nullable().meta({
    description: "Of the newest record: keep it elsewhere, as a proof of all before",
  }),
  hidden: z.number().int().meta({ description: "Records with a text that is a secret now" }),
  problems: z.array(z.object({ seq: z.number().int(), what: z.string() })).meta({ description: "The first 20" }),
  problem_count: z.number().int(),
});

const time = () => z.iso.datetime({ offset: true, error: "expected a time such as 2026-01-31T00:00:00Z" });
const filters = {
  actor: z.string().max(256).optional(),
  address: z.string().max(100).optional(),
  action: z.string().max(300).optional().meta({ description: "The whole action, or its beginning and `*`" }),
  target: z.string().max(500).optional().meta({ description: "The whole target, or all below one: `teams/*`" }),
  outcome: outcome.optional(),
  request_id: z.string().max(100).optional(),
  from: time().optional(),
  to: time().optional().meta({ description: "Before this time" }),
};
const { fields, page, limit } = paging({ fields: names, sort: ["seq"] });
const listQuery = z.strictObject({
  ...filters,
  fields,
  sort: z.enum(["seq"]).optional(),
  sort_order: z.enum(["ascending", "descending"]).default("descending").meta({ description: "Default: newest first" }),
  page,
  limit,
  cursor: cursor(),
});
const tags = ["audit"];

/** `/api/v1/audit`: who did what, from where, and what came of it. */
export const auditApi = ({ audit }: { readonly audit: AuditLog }) =>
  new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "Search the audit log, newest first",
        tags,
        responses: { 200: envelopeOf(record.partial()) },
      }),
      requires("AUDIT::GET"),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const direction = directionOf(query);
        const filter = filterOf(query);
        const order = `seq ${direction}`;
        const after = query.cursor === undefined ? undefined : numberIn(query.cursor, order);
        const [{ records, next }, size] = await Promise.all([
          audit.list({
            filter,
            direction,
            limit: query.limit,
            ...(after === undefined ? { offset: offsetOf(query) } : { after }),
          }),
          audit.count(filter),
        ]);
        const rows = records.map((each) => pick(each, query.fields));
        return c.json(envelope(rows, size, next === null ? null : writeCursor(order, [next])));
      },
    )
    .get(
      "/_export",
      describeRoute({
        summary: "All that was recorded, oldest first, as JSON lines",
        description:
          "Can be checked without hoppetdb: each record's `hash` covers it and the `hash` of the one before. " +
          "The export is itself recorded.",
        tags,
        responses: { 200: "JSON lines (application/x-ndjson), a record each" },
      }),
      requires("AUDIT::GET"),
      validate("query", z.strictObject(filters)),
      async (c) => {
        const lines = audit.export(filterOf(c.req.valid("query")))[Symbol.asyncIterator]();
        // what is wrong with the filter is told before the first byte
        const first = await lines.next();
        noteLook(c, { target: "audit", after: c.req.valid("query") });
        return c.body(streamOf(first, lines), 200, { "Content-Type": "application/x-ndjson" });
      },
    )
    .get(
      "/_verify",
      describeRoute({
        summary: "Check that nothing was changed, removed or added behind our back",
        tags,
        responses: { 200: verification },
      }),
      requires("AUDIT::GET"),
      async (c) => {
        const { problems, ...result } = await audit.verify();
        return c.json({ ...result, problems: [...problems] });
      },
    )
    .get(
      "/:audit",
      describeRoute({ summary: "Show one record", tags, responses: { 200: record } }),
      requires("AUDIT::GET"),
      validate("param", z.strictObject({ audit: z.string().min(1).max(100) })),
      async (c) => {
        const { audit: id } = c.req.valid("param");
        const found = await audit.get(id);
        if (!found) throw new AppError("not_found", `There is no audit record "${id}"`);
        return c.json(found);
      },
    );

type Filters = { readonly [Name in keyof typeof filters]?: z.output<(typeof filters)[Name]> };

const filterOf = ({ actor, address, action, target, outcome, request_id, from, to }: Filters): AuditFilter => ({
  actor,
  address,
  action,
  target,
  outcome,
  request_id,
  from: from === undefined ? undefined : Date.parse(from),
  to: to === undefined ? undefined : Date.parse(to),
});

const numberIn = (cursor: string, order: string): number => {
  const [seq] = readCursor(cursor, order, 1);
  if (Number.isSafeInteger(seq)) return seq as number;
  throw new AppError("bad_request", 'The "cursor" is none of this list; begin without one', { field: "cursor" });
};

const chunk = 32 * 1024;

/** Reads no faster than the client does, and no longer. */
const streamOf = (first: IteratorResult<string>, lines: AsyncIterator<string>): ReadableStream<Uint8Array> => {
  const utf8 = new TextEncoder();
  let next: IteratorResult<string> | undefined = first;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let text = "";
      let ended = false;
      while (text.length < chunk && !ended) {
        const { done, value } = next ?? await lines.next();
        next = undefined;
        if (done) ended = true;
        else text += value;
      }
      if (text !== "") controller.enqueue(utf8.encode(text));
      if (ended) controller.close();
    },
    async cancel() {
      await lines.return?.();
    },
  }, { highWaterMark: 0 });
};
