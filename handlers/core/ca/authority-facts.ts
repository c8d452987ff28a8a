import { AppError } from "../../errors.ts";
import { type CertificateFacts, hasUsage, readCertificate, usages } from "../x509/certificate.ts";
import { contentOf, DerError, elementAt } from "../x509/der.ts";
import { type CertificateParts, certificateParts } from "../x509/extensions.ts";
import { fingerprintsOf, sha256Hex } from "../x509/fingerprints.ts";
import { commonNames } from "../x509/name.ts";
import { pemBlocks, pemOf } from "../x509/pem.ts";
import { keyIdentifier } from "../x509/public-key.ts";
import { oids } from "./oids.ts";
import type { Authority } from "./records.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A certificate, read once for all who ask. */
export type OpenCertificate = CertificateParts & {
  readonly der: Bytes;
  readonly facts: CertificateFacts;
};

/** Reads certificates of a PEM text, in its order. Throws AppError `invalid` naming the field. */
export const openCertificates = (pem: string, field: string): OpenCertificate[] => {
  try {
    const blocks = pemBlocks(pem, "CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE");
    if (blocks.length === 0) throw new DerError("Has no CERTIFICATE block");
    return blocks.map((der) => ({ der, facts: readCertificate(der), ...certificateParts(der) }));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new AppError("invalid", `The ${field} cannot be read: ${error.message.toLowerCase()}`, { field });
  }
};

/** The key identifier that certificates below it name: its own, or what it would be. */
export const keyIdentifierOf = async ({ extensions, publicKey }: CertificateParts): Promise<Bytes> => {
  const own = extensions.find(({ oid }) => oid === oids.subjectKeyIdentifier)?.value;
  return own ? new Uint8Array(contentOf(own, elementAt(own, 0))) : await keyIdentifier(publicKey);
};

/** Throws AppError `invalid` unless it may sign certificates and CRLs. */
export const checkAuthority = ({ facts }: OpenCertificate, field: string): void => {
  const why = !facts.authority
    ? "is no authority (basicConstraints)"
    : !hasUsage(facts, usages.keyCertSign) || !hasUsage(facts, usages.crlSign)
    ? "may not sign certificates and CRLs (keyUsage)"
    : undefined;
  if (why) throw new AppError("invalid", `The certificate "${facts.subject.text}" ${why}`, { field });
};

/** What of an authority's record is read from its certificate. */
export const authorityFacts = async (
  { der, facts, publicKey }: OpenCertificate,
): Promise<
  Pick<
    Authority,
    | "cn"
    | "subject"
    | "issuer"
    | "serial"
    | "not_before"
    | "not_after"
    | "fingerprints"
    | "key_id"
    | "certificate"
  >
> => ({
  cn: commonNames(facts.subject)[0] ?? facts.subject.text,
  subject: facts.subject.text,
  issuer: facts.issuer.text,
  serial: facts.serial,
  not_before: facts.notBefore,
  not_after: facts.notAfter,
  fingerprints: await fingerprintsOf(der),
  key_id: await sha256Hex(publicKey),
  certificate: pemOf(der, "CERTIFICATE"),
});
