import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents, Stored } from "../../interfaces/documents.ts";
import type { Condition, Order } from "../query/plan.ts";
import { plainFingerprint } from "../x509/fingerprints.ts";
import type { CertificateDocument, CertificateStatus } from "./records.ts";
import type { CertificateFilter, Certificates, CertificateSummary, Named } from "./types.ts";

const summaryFields = [
  "id",
  "space",
  "certname",
  "status",
  "cleaned_at",
  "authority",
  "serial",
  "not_before",
  "not_after",
  "fingerprints",
  "fingerprint",
  "subject_alt_names",
  "authorization_extensions",
  "requested_at",
  "signed_at",
  "revoked_at",
  "revocation_reason",
  "renewal_of",
  "decision",
] as const satisfies readonly (keyof CertificateSummary)[];

const batch = 1000;
const week = 7 * 86_400_000;
/** The first Monday after 1970 began. */
const firstMonday = 4 * 86_400_000;

export const is = (field: string, right: string | number): Condition => ({ op: "=", left: { field }, right });
const isNot = (field: string, right: string): Condition => ({ op: "not", of: is(field, right) });
export const isNull = (field: string, yes = true): Condition => ({ op: "null", left: { field }, is: yes });
export const all = (...of: readonly Condition[]): Condition => ({ op: "and", of });

/** A serial as it is kept: lower-case hex without leading zeros, whatever form it was typed in. */
export const plainSerial = (text: string): string =>
  text.toLowerCase().replace(/^0x/, "").replaceAll(":", "").replace(/^0+(?=.)/, "");

/** What to throw where a name has neither a request nor a certificate. */
export const unknownName = (certname: string): AppError =>
  new AppError("not_found", `"${certname}" has neither a request nor a certificate`);

/** Every row of a name that was not cleaned. */
export const rowsOf = (
  documents: Documents,
  { space, certname }: Named,
): Promise<readonly Stored<CertificateDocument>[]> =>
  documents.find<CertificateDocument>("ca_certificates", {
    where: all(is("certname", certname), is("space", space), isNull("cleaned_at")),
  });

/** Of the rows of a name the one that stands for it: a live certificate before a revoked one, then the newest. */
export const foremost = <T extends CertificateSummary>(rows: readonly T[]): T | undefined =>
  rows.toSorted((a, b) =>
    Number(b.status === "signed") - Number(a.status === "signed") || (b.signed_at ?? 0) - (a.signed_at ?? 0)
  )[0];

const stored = ["requested", "signed", "revoked"] as const;

/**
 * One of these statuses. A page goes by certname and a count by the index that has all of it; so it is said in the way that
 * leads the store to neither the dates nor to a list per status.
 */
const statusIs = (wanted: readonly CertificateStatus[], now: number): Condition => {
  const has = (status: CertificateStatus) => wanted.includes(status);
  const past: Condition = { op: "<=", left: { field: "not_after" }, right: now };
  // expired ones are signed ones, too
  if (has("signed") === has("expired")) return among(stored.filter(has));
  // these are few, and found by their dates
  if (wanted.every((status) => status === "expired")) return all(past, isNot("status", "revoked"));
  const wrong = all(is("status", "signed"), has("signed") ? past : { op: "not", of: past });
  return all(among(stored.filter((status) => status === "signed" || has(status))), { op: "not", of: wrong });
};
const among = (statuses: readonly (typeof stored)[number][]): Condition => {
  const others = stored.filter((status) => !statuses.includes(status));
  if (statuses.length === 0) return { op: "or", of: [] };
  return statuses.length === 1 ? is("status", statuses[0]!) : all(...others.map((status) => isNot("status", status)));
};

/** What expires before a time, found by its date. */
const expiringBefore = (time = Infinity): readonly Condition[] => [
  isNot("status", "revoked"),
  { op: "<", left: { field: "not_after" }, right: time },
];

/** Finding certificates: only by what stands in the records, no PEM is ever parsed for it. */
export const createFind = (
  { documents, clock }: { readonly documents: Documents; readonly clock: Clock },
): Pick<Certificates, "current" | "get" | "list" | "count" | "stream" | "forecast"> => {
  const conditionOf = (filter: CertificateFilter, expiring = expiringBefore(filter.expiring_before)): Condition => {
    const now = clock.now();
    const { space, authority, certname, pattern, status, serial, fingerprint, expiring_before, include_cleaned } =
      filter;
    const of: Condition[] = [];
    if (certname !== undefined) of.push(is("certname", certname));
    if (space !== undefined) of.push(is("space", space));
    if (authority !== undefined) of.push(is("authority", authority));
    if (serial !== undefined) of.push(is("serial", plainSerial(serial)));
    if (fingerprint !== undefined) of.push(is("fingerprint", plainFingerprint(fingerprint)));
    if (pattern !== undefined) of.push({ op: "matches", left: { field: "certname" }, pattern });
    if (expiring_before !== undefined) of.push(...expiring);
    if (!include_cleaned) of.push(isNull("cleaned_at"));
    if (status !== undefined) of.push(statusIs(status, now));
    return all(...of);
  };
  const find = (where: Condition, order: readonly Order[], limit: number, offset = 0) =>
    documents.find<CertificateDocument>("ca_certificates", { where, order, limit, offset, fields: summaryFields });

  return {
    current: async (name) => foremost(await rowsOf(documents, name)),
    get: (id) => documents.get<CertificateDocument>("ca_certificates", id),
    list: async (filter, { sort = "certname", descending = false, limit, offset }) =>
      await find(conditionOf(filter), [{ field: sort, direction: descending ? "desc" : "asc" }], limit, offset),
    count: (filter) => {
      // many may expire by then, and are counted without a look at each
      const late: Condition = { op: ">=", left: { field: "not_after" }, right: filter.expiring_before ?? Infinity };
      const expiring: Condition[] = [is("status", "signed"), { op: "not", of: late }];
      return documents.count("ca_certificates", conditionOf(filter, expiring));
    },
    stream: async function* (filter) {
      const where = conditionOf(filter);
      let after: { readonly certname: string; readonly id: string } | undefined;
      for (;;) {
        const beyond: readonly Condition[] = after
          ? [{
            op: "or",
            of: [
              { op: ">", left: { field: "certname" }, right: after.certname },
              all(is("certname", after.certname), { op: ">", left: { field: "id" }, right: after.id }),
            ],
          }, { op: ">=", left: { field: "certname" }, right: after.certname }]
          : [];
        const rows = await find(all(where, ...beyond), [{ field: "certname" }, { field: "id" }], batch);
        if (rows.length > 0) yield rows;
        if (rows.length < batch) return;
        after = rows.at(-1);
      }
    },
    forecast: async (space, weeks) => {
      const now = clock.now();
      const first = Math.floor((now - firstMonday) / week) * week + firstMonday;
      return await Promise.all(Array.from({ length: weeks }, async (_, at) => {
        const from = first + at * week;
        const where = all(
          { op: ">=", left: { field: "not_after" }, right: Math.max(from, now) },
          { op: "<", left: { field: "not_after" }, right: from + week },
          // said as what it is not, so that the store goes by the dates
          isNot("status", "revoked"),
          is("space", space),
          isNull("cleaned_at"),
        );
        return { week: from, expiring: await documents.count("ca_certificates", where) };
      }));
    },
  };
};
