import { Hono } from "hono";
import { z } from "zod";
import type { Authority } from "../../core/ca/records.ts";
import type { Teams } from "../../core/access/teams.ts";
import type { Authorities } from "../../core/ca/types.ts";
import { AppError } from "../../errors.ts";
import { noteChange } from "../../http/audited.ts";
import { checkIfMatch, contentTag } from "../../http/etag.ts";
import { envelope, envelopeOf, paging, pattern, pick } from "../../http/paging.ts";
import { requires } from "../../http/requires.ts";
import type { SessionEnv } from "../../http/session.ts";
import { describeRoute, validate } from "../../http/validate.ts";
import { timestamp } from "../../interfaces/clock.ts";
import { keyKinds } from "../../interfaces/signer.ts";
import { actorOf, only } from "./answers.ts";
import { pageOf } from "./page-of.ts";
import { fingerprintsShape, idShape, pemShape } from "./shapes.ts";

const authority = z.object({
  id: idShape,
  parent_id: z.string().nullable().meta({ description: "null: a root, or signed by an external authority" }),
  cn: z.string(),
  subject: z.string(),
  issuer: z.string(),
  serial_number: z.string().meta({ description: "Hexadecimal" }),
  not_before: z.iso.datetime(),
  not_after: z.iso.datetime(),
  fingerprint: fingerprintsShape,
  status: z.enum(["active", "revoked", "pending"]).meta({
    description: "`pending`: its request waits to be signed by an external authority",
  }),
  internal: z.boolean().meta({ description: "Its private key is here" }),
  created_at: z.iso.datetime(),
  certificate: z.string().meta({ description: "PEM" }),
  chain: z.array(z.string()).meta({ description: "PEM of the external authorities above it, nearest first" }),
  request: z.string().nullable().meta({ description: "PEM of the CSR while it is pending" }),
});
type Shown = z.infer<typeof authority>;
const crl = z.object({
  number: z.number().int(),
  this_update: z.iso.datetime(),
  next_update: z.iso.datetime(),
  entries: z.number().int(),
  crl_pem: z.string(),
});

const fields = Object.keys(authority.shape) as [keyof Shown, ...(keyof Shown)[]];
const listQuery = z.strictObject({
  ...paging({ fields, sort: ["id", "cn", "not_after"] }),
  ca_id: pattern().optional().meta({ description: "A regular expression that the id matches" }),
  parent_id: pattern().optional(),
  cn: pattern().optional(),
  fingerprint: pattern().optional().meta({ description: "A regular expression that a fingerprint matches" }),
  status: authority.shape.status.optional(),
});
const made = z.strictObject({
  cn: z.string().min(1).max(64),
  parent_id: idShape.nullable().optional().meta({ description: "One of ours that signs it; none: it is a root" }),
  organization: z.string().min(1).max(64).optional(),
  key: z.enum(keyKinds).optional(),
  validity_days: z.number().int().min(1).max(36_500).optional(),
});
const given = z.strictObject({
  certificate: pemShape,
  private_key: pemShape,
  external_chain: z.array(pemShape).max(20).optional(),
  crls: pemShape.optional(),
});
const requested = made.pick({ cn: true, key: true }).extend({
  external: z.literal(true).meta({ description: "Makes a request for an external authority to sign" }),
});
const installed = given.omit({ private_key: true });
const revoked = z.strictObject({ status: z.literal("revoked"), force: z.boolean().optional() });
const byId = validate("param", z.strictObject({ authority: idShape }));
const tags = ["ca"];

/** `/api/v1/ca/authorities`: who signs. A private key goes in; it never comes out. */
export const authoritiesApi = (
  { authorities, teams }: { readonly authorities: Authorities; readonly teams: Pick<Teams, "forget"> },
) =>
  new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({ summary: "List the authorities", tags, responses: { 200: envelopeOf(authority.partial()) } }),
      requires("CA::GET"),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const { rows, size } = pageOf((await authorities.list()).map(show), {
          ...query,
          matching: { id: query.ca_id, parent_id: query.parent_id, cn: query.cn, fingerprint: query.fingerprint },
          equal: { status: query.status },
        });
        return c.json(envelope(rows.map((each) => pick(each, query.fields)), size));
      },
    )
    .get(
      "/:authority",
      describeRoute({ summary: "Show an authority", tags, responses: { 200: authority } }),
      requires("CA::GET"),
      byId,
      async (c) => {
        const { authority: id } = c.req.valid("param");
        const found = await authorities.get(id);
        if (!found) throw unknown(id);
        c.header("ETag", await contentTag(show(found)));
        return c.json(show(found));
      },
    )
    .get(
      "/:authority/crl",
      describeRoute({ summary: "Show the revocation list of an authority", tags, responses: { 200: crl } }),
      requires("CA::GET"),
      byId,
      async (c) => {
        const { number, this_update, next_update, entries, pem } = await authorities.crl(
          c.req.valid("param").authority,
        );
        return c.json({
          number,
          this_update: timestamp(this_update),
          next_update: timestamp(next_update),
          entries,
          crl_pem: pem,
        });
      },
    )
    .post(
      "/:authority",
      describeRoute({
        summary: "Make an authority, take one from elsewhere, or begin one that an external authority signs",
        tags,
        responses: { 201: authority },
        problems: [403, 409],
      }),
      requires("CA:AUTHORITIES::CREATE"),
      byId,
      validate("json", z.union([requested, made, given])),
      async (c) => {
        const { authority: id } = c.req.valid("param");
        const body = c.req.valid("json");
        const by = actorOf(c);
        const added = "private_key" in body
          ? await authorities.upload(only({ ...body, id, by, chain: body.external_chain }))
          : "external" in body
          ? await authorities.request(only({ ...body, id, by }))
          : await authorities.create(only({ ...body, id, by }));
        noteChange(c, { after: show(added) });
        c.header("ETag", await contentTag(show(added)));
        return c.json(show(added), 201);
      },
    )
    .put(
      "/:authority",
      describeRoute({
        summary: "Revoke an authority, or give a pending one its certificate",
        tags,
        responses: { 200: authority },
        problems: [403, 409],
      }),
      requires("CA:AUTHORITIES::UPDATE"),
      byId,
      validate("json", z.union([revoked, installed])),
      async (c) => {
        const { authority: id } = c.req.valid("param");
        const body = c.req.valid("json");
        const by = actorOf(c);
        const before = await authorities.get(id);
        if (!before) throw unknown(id);
        checkIfMatch(c, await contentTag(show(before)));
        const changed = "status" in body
          ? await authorities.revoke(only({ id, by, force: body.force }))
          : await authorities.install(only({ ...body, id, by, chain: body.external_chain ?? [] }));
        noteChange(c, { before: show(before), after: show(changed) });
        c.header("ETag", await contentTag(show(changed)));
        return c.json(show(changed));
      },
    )
    .delete(
      "/:authority",
      describeRoute({
        summary: "Remove an authority that no space uses and no live certificate is of",
        tags,
        responses: { 200: z.object({}) },
        problems: [403, 422],
      }),
      requires("CA:AUTHORITIES::DELETE"),
      byId,
      async (c) => {
        const { authority: id } = c.req.valid("param");
        const before = await authorities.get(id);
        if (!before) throw unknown(id);
        checkIfMatch(c, await contentTag(show(before)));
        if (!await authorities.remove(id)) throw unknown(id);
        await teams.forget("ca_authorities", id);
        noteChange(c, { before: show(before) });
        return c.json({});
      },
    );

const show = (each: Authority): Shown => ({
  id: each.id,
  parent_id: each.parent_id,
  cn: each.cn,
  subject: each.subject,
  issuer: each.issuer,
  serial_number: each.serial,
  not_before: timestamp(each.not_before),
  not_after: timestamp(each.not_after),
  fingerprint: each.fingerprints,
  status: each.status,
  internal: each.has_key,
  created_at: timestamp(each.created_at),
  certificate: each.certificate,
  chain: [...each.chain],
  request: each.request,
});

const unknown = (id: string): AppError => new AppError("not_found", `There is no authority "${id}"`);
