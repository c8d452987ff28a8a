import { z } from "zod";
import type { Certificate } from "../../core/ca/records.ts";
import type { CertificateSummary } from "../../core/ca/types.ts";
import type { Redactor } from "../../interfaces/redactor.ts";
import { timestamp } from "../../interfaces/clock.ts";
import { seal } from "../../interfaces/sealed.ts";
import { fingerprintsShape, shownTime, statusShape } from "./shapes.ts";

const time = (description: string) => z.iso.datetime().nullable().meta({ description });

/** A request or certificate as a list shows it. */
export const summaryShape = z.object({
  id: z.string(),
  space: z.string(),
  certname: z.string(),
  status: statusShape,
  ca_id: z.string().nullable(),
  serial_number: z.string().nullable().meta({ description: "Hexadecimal" }),
  not_before: time("null while requested"),
  not_after: time("null while requested"),
  fingerprint: fingerprintsShape.nullable().meta({ description: "Of the certificate, or of the request" }),
  subject_alt_names: z.array(z.string()),
  authorization_extensions: z.record(z.string(), z.string()),
  requested_at: time("null where it was imported or made here"),
  signed_at: time("null while requested"),
  revoked_at: time("null unless revoked"),
  revocation_reason: z.string().nullable(),
  cleaned_at: time("Hidden since"),
  renewal_of: z.string().nullable().meta({ description: "The id of the certificate that it follows" }),
  decision: z.object({
    by: z.object({ kind: z.enum(["certificate", "user", "command", "policy"]), name: z.string() }),
    reason: z.string(),
    at: z.iso.datetime(),
  }).nullable().meta({ description: "What was decided last, by whom and why" }),
});
export const certificateShape = summaryShape.extend({
  certificate: z.string().nullable().meta({ description: "PEM" }),
});

type Summary = z.infer<typeof summaryShape>;
export const certificateFields = Object.keys(summaryShape.shape) as [keyof Summary, ...(keyof Summary)[]];

/** What is shown depends on what is secret and what time it is. */
export type Showing = { readonly redactor: Redactor; readonly now: number };

/** A record for a list. What a check outside said about a request may quote it, so that goes through redaction. */
export const summaryOf = (each: CertificateSummary, { redactor, now }: Showing): Summary => ({
  id: each.id,
  space: each.space,
  certname: each.certname,
  status: each.status === "signed" && (each.not_after ?? Infinity) <= now ? "expired" : each.status,
  ca_id: each.authority,
  serial_number: each.serial,
  not_before: shownTime(each.not_before),
  not_after: shownTime(each.not_after),
  fingerprint: each.fingerprints,
  subject_alt_names: [...each.subject_alt_names],
  authorization_extensions: { ...each.authorization_extensions },
  requested_at: shownTime(each.requested_at),
  signed_at: shownTime(each.signed_at),
  revoked_at: shownTime(each.revoked_at),
  revocation_reason: each.revocation_reason,
  cleaned_at: shownTime(each.cleaned_at),
  renewal_of: each.renewal_of,
  decision: each.decision && {
    by: each.decision.by,
    reason: redactor.redactText(seal(each.decision.reason)),
    at: timestamp(each.decision.at),
  },
});

/** The same with the certificate itself. The request stays here: it may hold a password. */
export const wholeOf = (each: Certificate, showing: Showing): z.infer<typeof certificateShape> => ({
  ...summaryOf(each, showing),
  certificate: each.certificate,
});
