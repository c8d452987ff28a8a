import { childrenOf, contentOf, DerError, type Element, expectTag, hexOf, oidText, tags } from "./der.ts";

/** One attribute of a distinguished name: a short type (`CN`) or an OID, and its text. */
export type Attribute = { readonly type: string; readonly value: string };

/** A distinguished name: its exact bytes as hex, to compare by, and its attributes in the order of the certificate. */
export type DistinguishedName = {
  readonly der: string;
  readonly attributes: readonly Attribute[];
  /** RFC 2253: the last attribute first, separated by commas. */
  readonly text: string;
};

/** RFC 4514, section 3, and what Puppet's own tools show. */
const shortNames: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/** Reads a Name (RFC 5280, 4.1.2.4). Throws DerError. */
export const readName = (bytes: Uint8Array, element: Element): DistinguishedName => {
  expectTag(element, tags.sequence, "name");
  const rdns = childrenOf(bytes, element).map((set) =>
    childrenOf(bytes, expectTag(set, tags.set, "relative name")).map((pair): Attribute => {
      const [type, value] = childrenOf(bytes, expectTag(pair, tags.sequence, "attribute"));
      if (!value) throw new DerError("Has an attribute without a value");
      const oid = oidText(bytes, expectTag(type, tags.oid, "attribute type"));
      return { type: shortNames[oid] ?? oid, value: stringOf(bytes, value) };
    })
  );
  const text = rdns.toReversed().map((rdn) => rdn.map(({ type, value }) => `${type}=${escapeValue(value)}`).join("+"));
  return { der: hexOf(bytes.subarray(element.start, element.end)), attributes: rdns.flat(), text: text.join(",") };
};

/** The common names, in order. A name that counts has exactly one. */
export const commonNames = (name: DistinguishedName): string[] =>
  name.attributes.filter(({ type }) => type === "CN").map(({ value }) => value);

/**
 * Whether a text that a TLS-ending proxy made says the same name: RFC 2253 as nginx and Apache write it, the order of the
 * certificate with or without blanks, or OpenSSL's old `/O=…/CN=…`.
 */
export const saysName = (text: string, name: DistinguishedName): boolean => {
  const pairs = name.attributes.map(({ type, value }) => `${type}=${escapeValue(value)}`);
  const plain = name.attributes.map(({ type, value }) => `${type}=${value}`);
  const forms = [pairs, pairs.toReversed()].flatMap((each) => [each.join(","), each.join(", ")]);
  return [name.text, ...forms, `/${plain.join("/")}`, `/${plain.toReversed().join("/")}`].includes(text.trim());
};

const escapeValue = (value: string): string =>
  value.replace(/[\\,+"<>;\0]/g, (char) => (char === "\0" ? "\\00" : `\\${char}`)).replace(/^[ #]| $/g, "\\$&");

const stringOf = (bytes: Uint8Array, element: Element): string => {
  const content = contentOf(bytes, element);
  switch (element.tag) {
    case 0x0c: // UTF8String
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
      } catch {
        throw new DerError("Has a name that is not UTF-8");
      }
    case 0x1e: // BMPString
      return new TextDecoder("utf-16be").decode(content);
    case 0x12: // NumericString
    case 0x13: // PrintableString
    case 0x14: // TeletexString, in practice Latin-1
    case 0x16: // IA5String
    case 0x1a: // VisibleString
      return Array.from(content, (byte) => String.fromCharCode(byte)).join("");
    default:
      throw new DerError("Has a name of an unknown string type");
  }
};
