import {
  childrenOf,
  contentOf,
  DerError,
  type Element,
  elementAt,
  expectTag,
  integerHex,
  oidText,
  tags,
  timeOf,
} from "./der.ts";
import { readExtensions } from "./extensions.ts";
import { type DistinguishedName, readName } from "./name.ts";

/** What we need of a certificate (RFC 5280, 4.1). Nothing in it is believed before the chain was verified. */
export type CertificateFacts = {
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Milliseconds since 1970 UTC. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** basicConstraints: may it sign others, and how many authorities may stand below it. */
  readonly authority: boolean;
  readonly pathLength: number | undefined;
  /** keyUsage's bits, the first one (digitalSignature) being bit 0; undefined when there is no such extension. */
  readonly keyUsage: number | undefined;
  /** OIDs; undefined when there is no such extension. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Critical extensions that we don't know: who finds one must refuse the certificate. */
  readonly unknownCritical: readonly string[];
};

export const usages = { digitalSignature: 0, keyCertSign: 5, crlSign: 6 } as const;
export const clientAuthentication = "1.3.6.1.5.5.7.3.2";
const anyUsage = "2.5.29.37.0";

/** Known to matter not for whether a client is who it says: alternative names, key identifiers, CRL locations, policies. */
const harmless = ["2.5.29.14", "2.5.29.17", "2.5.29.18", "2.5.29.31", "2.5.29.32", "2.5.29.35"];

export const hasUsage = (facts: CertificateFacts, bit: number): boolean =>
  facts.keyUsage === undefined || (facts.keyUsage & (1 << bit)) !== 0;

export const mayBeClient = (facts: CertificateFacts): boolean =>
  facts.extendedKeyUsage === undefined || facts.extendedKeyUsage.includes(clientAuthentication) ||
  facts.extendedKeyUsage.includes(anyUsage);

/** Reads one certificate, DER. Throws DerError when it is none. */
export const readCertificate = (der: Uint8Array): CertificateFacts => {
  const whole = expectTag(elementAt(der, 0), tags.sequence, "certificate");
  if (whole.end !== der.length) throw new DerError("Has bytes after the certificate");
  const tbs = expectTag(childrenOf(der, whole)[0], tags.sequence, "certificate body");
  const parts = childrenOf(der, tbs);
  if (parts[0]?.tag === 0xa0) parts.shift();
  const [serial, , issuer, validity, subject] = parts;
  const [notBefore, notAfter] = childrenOf(der, expectTag(validity, tags.sequence, "validity"));
  const extensions = parts.find(({ tag }) => tag === 0xa3);
  if (!notBefore || !notAfter) throw new DerError("Has no validity where one is expected");
  return {
    serial: integerHex(der, expectTag(serial, tags.integer, "serial number")),
    issuer: readName(der, expectTag(issuer, tags.sequence, "issuer")),
    subject: readName(der, expectTag(subject, tags.sequence, "subject")),
    notBefore: timeOf(der, notBefore),
    notAfter: timeOf(der, notAfter),
    ...readKnown(der, extensions),
  };
};

type Known = Pick<
  CertificateFacts,
  "authority" | "pathLength" | "keyUsage" | "extendedKeyUsage" | "unknownCritical"
>;

const readKnown = (der: Uint8Array, wrapper: Element | undefined): Known => {
  const found: { -readonly [Key in keyof Known]: Known[Key] } = {
    authority: false,
    pathLength: undefined,
    keyUsage: undefined,
    extendedKeyUsage: undefined,
    unknownCritical: [],
  };
  const list = wrapper && childrenOf(der, wrapper)[0];
  if (!list) return found;
  for (const { oid, critical, value: inner } of readExtensions(der, list)) {
    const value = elementAt(inner, 0);
    if (oid === "2.5.29.19") {
      const [flag, length] = childrenOf(inner, expectTag(value, tags.sequence, "basic constraint"));
      found.authority = flag?.tag === tags.boolean && inner[flag.content] !== 0;
      if (length?.tag === tags.integer) found.pathLength = parseInt(integerHex(inner, length), 16);
    } else if (oid === "2.5.29.15") {
      const [, first = 0, more = 0] = contentOf(inner, expectTag(value, tags.bitString, "key usage"));
      found.keyUsage = reversed(first) | (reversed(more) << 8);
    } else if (oid === "2.5.29.37") {
      const purposes = childrenOf(inner, expectTag(value, tags.sequence, "extended key usage"));
      found.extendedKeyUsage = purposes.map((each) => oidText(inner, expectTag(each, tags.oid, "key purpose")));
    } else if (critical && !harmless.includes(oid)) {
      found.unknownCritical = [...found.unknownCritical, oid];
    }
  }
  return found;
};

/** DER counts a bit string's bits from the left. */
const reversed = (byte: number): number => {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (0x80 >> bit)) result |= 1 << bit;
  return result;
};
