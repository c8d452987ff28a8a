import { childrenOf, contentOf, DerError, elementAt, expectTag, oidText, tags } from "./der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Signature algorithms by OID (RFC 3279, RFC 5758): WebCrypto's name and the digest. */
const algorithms: Readonly<Record<string, readonly [name: "RSASSA-PKCS1-v1_5" | "ECDSA", hash: string]>> = {
  "1.2.840.113549.1.1.11": ["RSASSA-PKCS1-v1_5", "SHA-256"],
  "1.2.840.113549.1.1.12": ["RSASSA-PKCS1-v1_5", "SHA-384"],
  "1.2.840.113549.1.1.13": ["RSASSA-PKCS1-v1_5", "SHA-512"],
  "1.2.840.10045.4.3.2": ["ECDSA", "SHA-256"],
  "1.2.840.10045.4.3.3": ["ECDSA", "SHA-384"],
  "1.2.840.10045.4.3.4": ["ECDSA", "SHA-512"],
};

const curves: Readonly<Record<string, readonly [name: string, octets: number]>> = {
  "1.2.840.10045.3.1.7": ["P-256", 32],
  "1.3.132.0.34": ["P-384", 48],
  "1.3.132.0.35": ["P-521", 66],
};

/**
 * Whether the holder of a public key (SubjectPublicKeyInfo, DER) signed a certificate or a CRL, DER. False also for
 * algorithms that are not taken any more. Throws DerError for what is neither.
 */
export const isSignedBy = async (der: Uint8Array, publicKey: Uint8Array): Promise<boolean> => {
  const [body, algorithm, bits] = childrenOf(der, expectTag(elementAt(der, 0), tags.sequence, "signed content"));
  const id = childrenOf(der, expectTag(algorithm, tags.sequence, "algorithm"))[0];
  const known = algorithms[oidText(der, expectTag(id, tags.oid, "algorithm"))];
  const signature = contentOf(der, expectTag(bits, tags.bitString, "signature")).subarray(1);
  const { start, end } = expectTag(body, tags.sequence, "body");
  if (!known) return false;
  const [name, hash] = known;
  try {
    const curve = name === "ECDSA" ? curveOf(publicKey) : undefined;
    const key = await crypto.subtle.importKey(
      "spki",
      new Uint8Array(publicKey),
      { name, hash, ...(curve ? { namedCurve: curve[0] } : {}) },
      false,
      ["verify"],
    );
    const raw = curve ? rawSignature(signature, curve[1]) : new Uint8Array(signature);
    return await crypto.subtle.verify({ name, hash }, key, raw, der.slice(start, end));
  } catch {
    // the key is of another kind, or no key
    return false;
  }
};

const curveOf = (publicKey: Uint8Array): readonly [string, number] => {
  const [algorithm] = childrenOf(publicKey, elementAt(publicKey, 0));
  const parameters = algorithm && childrenOf(publicKey, algorithm)[1];
  const known = parameters && curves[oidText(publicKey, parameters)];
  if (!known) throw new DerError("Has an unknown curve");
  return known;
};

/** r and s side by side, as WebCrypto wants them. */
const rawSignature = (der: Uint8Array, octets: number): Bytes => {
  const raw = new Uint8Array(octets * 2);
  childrenOf(der, expectTag(elementAt(der, 0), tags.sequence, "signature")).slice(0, 2).forEach((part, at) => {
    const bytes = contentOf(der, part);
    const start = bytes.findIndex((byte) => byte !== 0);
    const digits = bytes.subarray(start < 0 ? bytes.length : start);
    raw.set(digits, octets * (at + 1) - digits.length);
  });
  return raw;
};
