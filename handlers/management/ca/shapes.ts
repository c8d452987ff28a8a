import { z } from "zod";
import { ownOids } from "../../core/ca/issue.ts";
import {
  certificateStatuses,
  keyTypes,
  type Policy,
  type RevocationReason,
  revocationReasons,
} from "../../core/ca/records.ts";
import { puppetSpace } from "../../core/ca/spaces.ts";
import { pattern } from "../../http/paging.ts";
import { timestamp } from "../../interfaces/clock.ts";

/** The id of an authority or a space. */
export const idShape = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "expected letters, digits, _ and -");
export const certnameShape = z.string().min(1).max(255, "expected at most 255 characters")
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, "it has control characters");
export const spaceShape = idShape.default(puppetSpace).meta({ description: "`puppet-ca` is that of /puppet-ca/v1" });
export const serialShape = z.string().regex(/^(0x)?[0-9a-f:]{1,80}$/i, "expected hexadecimal digits")
  .meta({ description: "Hexadecimal, in any case, also with colons or 0x" });
export const fingerprintShape = z.string().regex(/^[0-9a-f:]{64,95}$/i, "expected SHA-256 in hexadecimal digits")
  .meta({ description: "SHA-256, in any case, also with colons" });
export const statusShape = z.enum(certificateStatuses);
export const reasonShape = z.enum(Object.keys(revocationReasons) as [RevocationReason, ...RevocationReason[]]);
export const pemShape = z.string().max(1 << 20, "expected at most 1 MiB");
/** Seconds; a century is longer than any CA. */
export const ttlShape = z.number().int().min(1).max(100 * 365 * 86_400).meta({ description: "Seconds" });
/** A time that may be absent. */
export const shownTime = (ms: number | null): string | null => ms === null ? null : timestamp(ms);

export const fingerprintsShape = z.object({ SHA1: z.string(), SHA256: z.string(), SHA512: z.string() });

const orConfigured = { description: "null: as the configuration has it" };
/** A space's policy as it comes in and goes out. */
export const policyShape = z.strictObject({
  ttl: ttlShape.nullable().meta({ description: "Seconds that a certificate lasts; null: as the configuration has it" }),
  auto_renewal_ttl: ttlShape.nullable().meta({ description: "Seconds, for agents that renew by themselves" }),
  allow_renewal: z.boolean().nullable().meta(orConfigured),
  autosign: z.union([z.enum(["off", "all"]), z.array(z.string().min(1).max(255)).max(1000)]).nullable()
    .meta({ description: "`off`, `all`, or certnames and globs such as `*.example.com`" }),
  autosign_known_nodes: z.boolean().nullable().meta({ description: "Sign what exists as a node in the store already" }),
  key_types: z.array(z.enum(keyTypes)).max(2).meta({ description: "Which keys requests may have; empty: any" }),
  minimum_rsa_bits: z.number().int().min(2048).max(8192).nullable().meta(orConfigured),
  enforce_rfc1123: z.boolean().nullable().meta(orConfigured),
  allow_subject_alt_names: z.boolean().nullable().meta(orConfigured),
  subject_alt_name_patterns: z.array(pattern()).max(100)
    .meta({ description: "RE2; each alternative name must match one of them whole. Empty: any name" }),
  max_subject_alt_names: z.number().int().min(0).max(1000).nullable().meta(orConfigured),
  subject_alt_name_templates: z.array(z.strictObject({
    pattern: pattern(),
    names: z.array(z.string().min(1).max(255)).max(100),
  })).max(100).meta({ description: "Names added where the certname matches; `{certname}`, `{1}` … are filled in" }),
  allowed_extensions: z.array(
    z.string().regex(/^\d+(\.\d+)+$/, "expected an OID")
      .refine((oid) => !ownOids.includes(oid), "expected an OID that the CA does not write itself"),
  ).max(100)
    .meta({ description: "OIDs that are copied besides Puppet's own" }),
}) satisfies z.ZodType<Policy>;
