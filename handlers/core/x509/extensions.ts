import { childrenOf, contentOf, DerError, type Element, elementAt, expectTag, oidText, tags } from "./der.ts";

/** One extension of a certificate or a request; `value` is the DER inside its octet string. */
export type Extension = { readonly oid: string; readonly critical: boolean; readonly value: Uint8Array<ArrayBuffer> };

/** Reads a list of extensions (RFC 5280, 4.1). Throws DerError; also for one that is there twice. */
export const readExtensions = (der: Uint8Array, list: Element): Extension[] => {
  const found: Extension[] = [];
  for (const each of childrenOf(der, expectTag(list, tags.sequence, "list of extensions"))) {
    const [id, second, third] = childrenOf(der, expectTag(each, tags.sequence, "extension"));
    const oid = oidText(der, expectTag(id, tags.oid, "extension id"));
    // Two readers could each believe another one.
    if (found.some((other) => other.oid === oid)) throw new DerError(`Has the extension "${oid}" twice`);
    const flagged = second?.tag === tags.boolean;
    const value = expectTag(flagged ? third : second, tags.octetString, "extension value");
    found.push({
      oid,
      critical: flagged && der[second.content] !== 0,
      value: new Uint8Array(contentOf(der, value)),
    });
  }
  return found;
};

/** What a certificate is made of, for those who make another one from it. */
export type CertificateParts = {
  /** DER of the subject's Name. */
  readonly subject: Uint8Array<ArrayBuffer>;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly extensions: readonly Extension[];
};

/** Takes a certificate apart, DER. Throws DerError. */
export const certificateParts = (der: Uint8Array): CertificateParts => {
  const whole = expectTag(elementAt(der, 0), tags.sequence, "certificate");
  const parts = childrenOf(der, expectTag(childrenOf(der, whole)[0], tags.sequence, "certificate body"));
  if (parts[0]?.tag === 0xa0) parts.shift();
  const subject = expectTag(parts[4], tags.sequence, "subject");
  const publicKey = expectTag(parts[5], tags.sequence, "public key");
  const wrapper = parts.find(({ tag }) => tag === 0xa3);
  const list = wrapper && childrenOf(der, wrapper)[0];
  return {
    subject: new Uint8Array(der.subarray(subject.start, subject.end)),
    publicKey: new Uint8Array(der.subarray(publicKey.start, publicKey.end)),
    extensions: list ? readExtensions(der, list) : [],
  };
};

/** The text of a string inside of an extension, as Puppet writes its own; undefined where it is none. */
export const stringValue = (der: Uint8Array): string | undefined => {
  try {
    const value = elementAt(der, 0);
    const isText = [0x0c, 0x13, 0x14, 0x16, 0x1a].includes(value.tag) && value.end === der.length;
    return isText ? new TextDecoder("utf-8", { fatal: true }).decode(contentOf(der, value)) : undefined;
  } catch {
    return undefined;
  }
};
