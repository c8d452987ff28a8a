import type { CertificateSummary } from "../core/ca/types.ts";
import { utc } from "./text.ts";

/**
 * One certificate as certificate_status shows it, JSON. The serial number is a number, and may be one of 159 bits: so it is
 * written by hand.
 */
export const statusJson = (each: CertificateSummary): string => {
  const { certname, status, fingerprints, subject_alt_names, authorization_extensions } = each;
  const shown = {
    name: certname,
    state: status,
    dns_alt_names: subject_alt_names.filter((name) => name.startsWith("DNS:")),
    subject_alt_names,
    authorization_extensions,
    fingerprint: fingerprints?.SHA256 ?? null,
    fingerprints: fingerprints ? { ...fingerprints, default: fingerprints.SHA256 } : {},
    ...(each.not_before === null ? {} : { not_before: utc(each.not_before) }),
    ...(each.not_after === null ? {} : { not_after: utc(each.not_after) }),
  };
  const head = JSON.stringify(shown).slice(0, -1);
  return `${head}${each.serial === null ? "" : `,"serial_number":${BigInt(`0x${each.serial}`)}`}}`;
};
