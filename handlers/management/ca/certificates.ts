import { type Context, Hono } from "hono";
import { z } from "zod";
import { permissionFor } from "../../core/access/permissions.ts";
import type { Ca } from "../../core/ca/types.ts";
import { AppError } from "../../errors.ts";
import { envelope, envelopeOf, offsetOf, paging, pattern, pick, repeatable, wholeNumber } from "../../http/paging.ts";
import { lacks, requires } from "../../http/requires.ts";
import type { SessionEnv } from "../../http/session.ts";
import { describeRoute, validate } from "../../http/validate.ts";
import { timestamp } from "../../interfaces/clock.ts";
import { eachOf, outcomesSchema } from "../each-of.ts";
import { byOf, only } from "./answers.ts";
import { certificateFields, certificateShape, type Showing, summaryOf, summaryShape, wholeOf } from "./certificate.ts";
import {
  certnameShape,
  fingerprintShape,
  idShape,
  pemShape,
  reasonShape,
  serialShape,
  spaceShape,
  statusShape,
  ttlShape,
} from "./shapes.ts";

const listQuery = z.strictObject({
  ...paging({ fields: certificateFields, sort: ["certname", "not_after", "signed_at", "requested_at", "serial"] }),
  cn: pattern().optional().meta({ description: "A regular expression that the certname matches" }),
  certname: certnameShape.optional(),
  space: idShape.optional(),
  ca_id: idShape.optional(),
  status: repeatable(statusShape).optional(),
  serial_number: serialShape.optional(),
  fingerprint: fingerprintShape.optional(),
  expiring_before: z.iso.datetime({ offset: true, error: "expected a time with its zone, e.g. 2027-01-31T12:00:00Z" })
    .transform((text) => new Date(text).getTime()).pipe(z.number()).optional()
    .meta({ description: "Those that are not revoked and expire before, soonest first unless `sort` says otherwise" }),
  cleaned: z.enum(["true", "false"]).default("false").meta({ description: "`true`: those that were cleaned, too" }),
});
const many = z.array(certnameShape).min(1).max(1000, "expected at most 1000");
const making = z.strictObject({
  space: spaceShape,
  certname: certnameShape,
  request: pemShape.meta({ description: "PEM of the CSR; its subject is the certname" }),
  ttl: ttlShape.optional(),
  subject_alt_names: z.array(z.string().min(1).max(255)).max(1000).optional()
    .meta({ description: "Added to those of the request: `DNS:name` or `IP:address`" }),
});
const signing = z.strictObject({ space: spaceShape, certnames: many, ttl: ttlShape.optional() });
const revoking = z.strictObject({
  space: spaceShape,
  certnames: many.optional(),
  serial_numbers: z.array(serialShape).min(1).max(1000, "expected at most 1000").optional(),
  ca_id: idShape.optional().meta({ description: "Whose the serials are, where several authorities have one" }),
  reason: reasonShape.optional(),
  force: z.boolean().optional().meta({ description: "Also those that our own listeners use" }),
}).refine((body) => (body.certnames === undefined) !== (body.serial_numbers === undefined), {
  error: "expected either certnames or serial_numbers",
});
const cleaning = z.strictObject({ space: spaceShape, certnames: many, force: z.boolean().optional() });
const forecast = z.object({
  result: z.array(z.object({
    week: z.iso.datetime().meta({ description: "The Monday it begins with, 00:00 UTC" }),
    expiring: z.number().int(),
  })),
});
const tags = ["ca"];
const perObject = [
  "CA:CERTS::UPDATE",
  "CA:SPACES:{space}:CERTS::UPDATE",
  "CA:AUTHORITIES:{authority}:CERTS::UPDATE",
] as const;
const manyDone = { 200: outcomesSchema };

/** `/api/v1/ca/certificates`: requests and certificates of all spaces. No list parses a certificate, and no CSR is shown. */
export const certificatesApi = (
  { certificates, showing }: { readonly certificates: Ca["certificates"]; readonly showing: () => Showing },
) =>
  new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "List requests and certificates",
        tags,
        responses: { 200: envelopeOf(summaryShape.partial()) },
      }),
      requires("CA::GET"),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const filter = only({
          pattern: query.cn,
          certname: query.certname,
          space: query.space,
          authority: query.ca_id,
          status: query.status,
          serial: query.serial_number,
          fingerprint: query.fingerprint,
          expiring_before: query.expiring_before,
          include_cleaned: query.cleaned === "true",
        });
        const page = only({
          sort: query.sort ?? (query.expiring_before === undefined ? "certname" : "not_after"),
          descending: query.sort_order === "descending",
          limit: query.limit,
          offset: offsetOf(query),
        });
        const [found, size] = await Promise.all([certificates.list(filter, page), certificates.count(filter)]);
        return c.json(envelope(found.map((each) => pick(summaryOf(each, showing()), query.fields)), size));
      },
    )
    .get(
      "/forecast",
      describeRoute({ summary: "Count the certificates that expire, per week", tags, responses: { 200: forecast } }),
      requires("CA::GET"),
      validate("query", z.strictObject({ space: spaceShape, weeks: wholeNumber(1, 260).default(13) })),
      async (c) => {
        const { space, weeks } = c.req.valid("query");
        const found = await certificates.forecast(space, weeks);
        return c.json({ result: found.map(({ week, expiring }) => ({ week: timestamp(week), expiring })) });
      },
    )
    .get(
      "/:certificate",
      describeRoute({ summary: "Show a request or certificate", tags, responses: { 200: certificateShape } }),
      requires("CA::GET"),
      validate("param", z.strictObject({ certificate: z.string().regex(/^[0-9a-zA-Z-]{1,100}$/) })),
      async (c) => {
        const { certificate: id } = c.req.valid("param");
        const found = await certificates.get(id);
        if (!found) throw new AppError("not_found", `There is no certificate "${id}"`);
        return c.json(wholeOf(found, showing()));
      },
    )
    .post(
      "/",
      describeRoute({
        summary: "Make a certificate for a CSR at once",
        description: "The certname must be free in the space. Rights that the request asks for are granted where an " +
          "administrator asks; pp_cli_auth is not, whoever asks.",
        tags,
        responses: { 201: certificateShape },
        problems: [400, 403, 409],
      }),
      requires("CA:CERTS::CREATE"),
      validate("json", making),
      async (c) => {
        const { request: pem, subject_alt_names: subjectAltNames, ...body } = c.req.valid("json");
        const made = await certificates.issue(
          only({ ...body, pem, subjectAltNames, authorized: c.var.viewer.admin, ...byOf(c) }),
        );
        return c.json(wholeOf(made, showing()), 201);
      },
    )
    .post(
      "/sign",
      describeRoute({
        summary: "Sign the requests of these certnames",
        description: "Each is judged by itself: `done` and `detail` say what came of it.",
        tags,
        responses: manyDone,
        problems: [403],
      }),
      requires(perObject),
      validate("json", signing),
      async (c) => {
        const { space, certnames, ttl } = c.req.valid("json");
        assertMayUpdate(c, { space });
        // an administrator who names a request has looked at it: it may have the rights that it asks for
        const how = only({ space, ttl, authorized: c.var.viewer.admin, ...byOf(c) });
        return c.json(await eachOf(certnames, (certname) => certificates.sign({ ...how, certname })));
      },
    )
    .post(
      "/revoke",
      describeRoute({
        summary: "Revoke all live certificates of these certnames, or those with these serials",
        tags,
        responses: manyDone,
        problems: [403],
      }),
      requires(perObject),
      validate("json", revoking),
      async (c) => {
        const { space, certnames, serial_numbers, ca_id: authority, reason, force } = c.req.valid("json");
        assertMayUpdate(c, certnames ? { space } : { authority });
        const how = only({ reason, force, ...byOf(c) });
        if (certnames) {
          return c.json(await eachOf(certnames, (certname) => certificates.revoke({ ...how, space, certname })));
        }
        const of = only({ authority });
        return c.json(
          await eachOf(serial_numbers!, (serial) => certificates.revokeSerial({ ...how, ...of, serial })),
        );
      },
    )
    .post(
      "/clean",
      describeRoute({
        summary: "Revoke and hide all that these certnames have, and free the names",
        tags,
        responses: manyDone,
        problems: [403],
      }),
      requires("CA:CERTS::DELETE"),
      validate("json", cleaning),
      async (c) => {
        const { space, certnames, force } = c.req.valid("json");
        const how = only({ space, force, ...byOf(c) });
        return c.json(await eachOf(certnames, (certname) => certificates.clean({ ...how, certname })));
      },
    );

/** The object stands in the body, so that the route's own check could only ask for any of its kind. */
const assertMayUpdate = (
  c: Context<SessionEnv>,
  { space, authority }: { readonly space?: string | undefined; readonly authority?: string | undefined },
): void => {
  const { viewer } = c.var;
  if (viewer.may("CA:CERTS::UPDATE")) return;
  if (space !== undefined && viewer.may(permissionFor("CA:SPACES:{space}:CERTS::UPDATE", space))) return;
  if (authority !== undefined && viewer.may(permissionFor("CA:AUTHORITIES:{authority}:CERTS::UPDATE", authority))) {
    return;
  }
  throw lacks(
    space === undefined ? "CA:CERTS::UPDATE" : permissionFor("CA:SPACES:{space}:CERTS::UPDATE", space),
  );
};
