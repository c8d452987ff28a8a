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
import { type DistinguishedName, readName } from "./name.ts";
import { pemBlocks } from "./pem.ts";

/** A certificate revocation list (RFC 5280, 5.1). Its signature is still to be verified over `signed`. */
export type Crl = {
  readonly issuer: DistinguishedName;
  /** Milliseconds since 1970 UTC. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  /** The CRL number as hex without leading zeros, if it has one. */
  readonly number: string | undefined;
  /** Serial numbers, lower-case hex without leading zeros. */
  readonly revoked: ReadonlySet<string>;
  readonly signed: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
};

/** removeFromCRL: the entry takes a revocation back (only delta CRLs have it). */
const takenBack = 8;

/** Reads every CRL of a PEM text, such as Puppet's ca_crl.pem with root and intermediate. Throws DerError; also for none. */
export const readCrls = (pem: string): Crl[] => {
  const blocks = pemBlocks(pem, "X509 CRL");
  if (blocks.length === 0) throw new DerError("Has no X509 CRL block");
  return blocks.map(readCrl);
};

/** Reads one CRL, DER; 20,000 entries take some milliseconds. Throws DerError. */
export const readCrl = (der: Uint8Array): Crl => {
  const { bits, algorithm, body, issuer, thisUpdate, nextUpdate, entries, rest } = partsOf(der);
  return {
    issuer: readName(der, expectTag(issuer, tags.sequence, "issuer")),
    thisUpdate: timeOf(der, thisUpdate),
    nextUpdate: nextUpdate && timeOf(der, nextUpdate),
    ...readExtensions(der, rest.find(({ tag }) => tag === 0xa0)),
    revoked: entries ? readEntries(der, entries) : new Set(),
    signed: der.subarray(body.start, body.end),
    signatureAlgorithm: oidText(
      der,
      expectTag(childrenOf(der, expectTag(algorithm, tags.sequence, "algorithm"))[0], tags.oid, "algorithm"),
    ),
    signature: contentOf(der, bits).subarray(1),
  };
};

/** What a CRL says of each serial: when (milliseconds since 1970), and the number of the reason. Throws DerError. */
export const readCrlEntries = (
  der: Uint8Array,
): { readonly serial: string; readonly revokedAt: number; readonly reason: number }[] => {
  const { entries } = partsOf(der);
  if (!entries) return [];
  return childrenOf(der, entries).map((entry) => {
    const [serial, date, extensions] = childrenOf(der, expectTag(entry, tags.sequence, "entry"));
    if (!date) throw new DerError("Has an entry without a date");
    return {
      serial: integerHex(der, expectTag(serial, tags.integer, "serial number")),
      revokedAt: timeOf(der, date),
      reason: extensions ? reasonOf(der, extensions) : 0,
    };
  }).filter(({ reason }) => reason !== takenBack);
};

const partsOf = (der: Uint8Array) => {
  const whole = expectTag(elementAt(der, 0), tags.sequence, "CRL");
  if (whole.end !== der.length) throw new DerError("Has bytes after the CRL");
  const [tbs, algorithm, signature] = childrenOf(der, whole);
  const body = expectTag(tbs, tags.sequence, "CRL body");
  const parts = childrenOf(der, body);
  if (parts[0]?.tag === tags.integer) parts.shift();
  const [, issuer, thisUpdate, ...rest] = parts;
  if (!thisUpdate) throw new DerError("Has no date where one is expected");
  const isTime = rest[0]?.tag === tags.utcTime || rest[0]?.tag === tags.generalizedTime;
  const nextUpdate = isTime ? rest.shift() : undefined;
  const entries = rest[0]?.tag === tags.sequence ? rest.shift() : undefined;
  const bits = expectTag(signature, tags.bitString, "signature");
  return { bits, algorithm, body, issuer, thisUpdate, nextUpdate, entries, rest };
};

const readEntries = (der: Uint8Array, list: Element): Set<string> => {
  const revoked = new Set<string>();
  for (let at = list.content; at < list.end;) {
    const entry = expectTag(elementAt(der, at, list.end), tags.sequence, "entry");
    const serial = expectTag(elementAt(der, entry.content, entry.end), tags.integer, "serial number");
    const date = elementAt(der, serial.end, entry.end);
    if (date.end === entry.end || reasonOf(der, elementAt(der, date.end, entry.end)) !== takenBack) {
      revoked.add(integerHex(der, serial));
    }
    at = entry.end;
  }
  return revoked;
};

const reasonOf = (der: Uint8Array, extensions: Element): number => {
  for (const extension of childrenOf(der, extensions)) {
    const parts = childrenOf(der, extension);
    const value = parts.at(-1);
    if (parts[0] && value && oidText(der, parts[0]) === "2.5.29.21") return der[value.end - 1] ?? 0;
  }
  return 0;
};

/** The CRL number; and a refusal of lists that tell only a part: delta CRLs, and scopes that we don't know. */
const readExtensions = (der: Uint8Array, wrapper: Element | undefined): Pick<Crl, "number"> => {
  if (!wrapper) return { number: undefined };
  let number: string | undefined;
  for (const extension of childrenOf(der, expectTag(childrenOf(der, wrapper)[0], tags.sequence, "extensions"))) {
    const parts = childrenOf(der, expectTag(extension, tags.sequence, "extension"));
    const oid = oidText(der, expectTag(parts[0], tags.oid, "extension id"));
    const critical = parts[1]?.tag === tags.boolean && der[parts[1].content] !== 0;
    if (oid === "2.5.29.20") {
      const value = expectTag(parts.at(-1), tags.octetString, "CRL number");
      number = integerHex(der, expectTag(elementAt(der, value.content, value.end), tags.integer, "CRL number"));
    } else if (critical) {
      throw new DerError(`Has a critical extension "${oid}" that is not understood: a part of a list, perhaps`);
    }
  }
  return { number };
};
