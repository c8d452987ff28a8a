import { childrenOf, contentOf, DerError, elementAt, expectTag, oidText, tags } from "./der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What kind of key it is: `rsa` with its bits, or `ec` with its curve, or something else by its OID. */
export type KeyFacts =
  | { readonly kind: "rsa"; readonly bits: number; readonly exponent: number }
  | { readonly kind: "ec"; readonly curve: string }
  | { readonly kind: "other"; readonly oid: string };

const curves: Readonly<Record<string, string>> = {
  "1.2.840.10045.3.1.7": "P-256",
  "1.3.132.0.34": "P-384",
  "1.3.132.0.35": "P-521",
};

/** Reads a SubjectPublicKeyInfo, DER. Throws DerError. */
export const keyFacts = (der: Uint8Array): KeyFacts => {
  const [algorithm, key] = childrenOf(der, expectTag(elementAt(der, 0), tags.sequence, "public key"));
  const [id, parameters] = childrenOf(der, expectTag(algorithm, tags.sequence, "key algorithm"));
  const oid = oidText(der, expectTag(id, tags.oid, "key algorithm"));
  if (oid === "1.2.840.10045.2.1") {
    const curve = oidText(der, expectTag(parameters, tags.oid, "named curve"));
    return { kind: "ec", curve: curves[curve] ?? curve };
  }
  if (oid !== "1.2.840.113549.1.1.1") return { kind: "other", oid };
  const inner = contentOf(der, expectTag(key, tags.bitString, "public key")).subarray(1);
  const [modulus, exponent] = childrenOf(inner, expectTag(elementAt(inner, 0), tags.sequence, "RSA key"));
  const n = trimmed(contentOf(inner, expectTag(modulus, tags.integer, "modulus")));
  const e = trimmed(contentOf(inner, expectTag(exponent, tags.integer, "exponent")));
  const bits = n.length === 0 ? 0 : n.length * 8 - Math.clz32(n[0]!) + 24;
  return { kind: "rsa", bits, exponent: e.length > 6 ? Infinity : e.reduce((sum, byte) => sum * 256 + byte, 0) };
};

const trimmed = (bytes: Uint8Array): Uint8Array => {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start < 0 ? bytes.subarray(0, 0) : bytes.subarray(start);
};

/** The bits of a SubjectPublicKeyInfo's key, which identifiers are made from. */
export const publicKeyBits = (publicKey: Uint8Array): Bytes => {
  const [, key] = childrenOf(publicKey, expectTag(elementAt(publicKey, 0), tags.sequence, "public key"));
  const bits = contentOf(publicKey, expectTag(key, tags.bitString, "public key")).slice(1);
  if (bits.length === 0) throw new DerError("Has an empty public key");
  return new Uint8Array(bits);
};

/** The subject key identifier: SHA-1 over the key's bits (RFC 5280, 4.2.1.2, method 1), as OpenSSL makes it. */
export const keyIdentifier = async (publicKey: Uint8Array): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest("SHA-1", publicKeyBits(publicKey)));
