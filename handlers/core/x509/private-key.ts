import type { KeyKind, SignatureAlgorithm, Signer } from "../../interfaces/signer.ts";
import { childrenOf, contentOf, DerError, elementAt, expectTag, oidText, tags } from "./der.ts";
import { pemBlocks } from "./pem.ts";
import { integer, nothing, octets, oid, sequence } from "./write-der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const p256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const p384 = { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" } as const;
const rsaOid = "1.2.840.113549.1.1.1";
const ecOid = "1.2.840.10045.2.1";
const curves: Readonly<Record<string, SignatureAlgorithm>> = { "1.2.840.10045.3.1.7": p256, "1.3.132.0.34": p384 };

/** Makes a private key; PKCS #8, DER. RSA of 4096 bits takes a second or more, beside the main thread. */
export const generateKey = async (kind: KeyKind): Promise<Bytes> => {
  const algorithm = kind === "p-256" ? p256 : kind === "p-384" ? p384 : {
    ...rsa,
    modulusLength: Number(kind.slice(4)),
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
  return new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
};

/** What signs with a private key, PKCS #8, DER. Throws DerError for a key that can't sign here. */
export const openPrivateKey = async (pkcs8: Bytes): Promise<Signer> => {
  const algorithm = algorithmOf(pkcs8);
  let key: CryptoKey, publicKey: Bytes;
  try {
    const open = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]);
    const { kty, n, e, crv, x, y } = await crypto.subtle.exportKey("jwk", open);
    const jwk = Object.fromEntries(Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined));
    const shown = await crypto.subtle.importKey("jwk", jwk, algorithm, true, ["verify"]);
    publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", shown));
    key = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
  } catch {
    throw new DerError("Holds a private key that cannot be used");
  }
  return {
    algorithm,
    publicKey,
    sign: async (data) => new Uint8Array(await crypto.subtle.sign(algorithm, key, data)),
  };
};

const algorithmOf = (pkcs8: Bytes): SignatureAlgorithm => {
  const [, algorithm] = childrenOf(pkcs8, expectTag(elementAt(pkcs8, 0), tags.sequence, "private key"));
  const [id, parameters] = childrenOf(pkcs8, expectTag(algorithm, tags.sequence, "key algorithm"));
  const kind = oidText(pkcs8, expectTag(id, tags.oid, "key algorithm"));
  if (kind === rsaOid) return rsa;
  const curve = kind === ecOid && parameters?.tag === tags.oid ? oidText(pkcs8, parameters) : "";
  const known = curves[curve];
  if (!known) throw new DerError("Holds a private key of another kind, expected RSA, or ECDSA on P-256 or P-384");
  return known;
};

/**
 * Reads a private key, PEM, as PKCS #8, DER: that itself, or the older forms that Puppet and OpenSSL write (PKCS #1, SEC 1).
 * Throws DerError, with nothing of the content.
 */
export const readPrivateKey = (pem: string): Bytes => {
  if (/ENCRYPTED/.test(pem)) throw new DerError("Holds a private key with a password, expected one without");
  const [whole] = pemBlocks(pem, "PRIVATE KEY");
  if (whole) return whole;
  const [pkcs1] = pemBlocks(pem, "RSA PRIVATE KEY");
  if (pkcs1) return sequence(integer("0"), sequence(oid(rsaOid), nothing()), octets(pkcs1));
  const [sec1] = pemBlocks(pem, "EC PRIVATE KEY");
  if (!sec1) throw new DerError("Holds no private key; expected PEM");
  const curve = childrenOf(sec1, expectTag(elementAt(sec1, 0), tags.sequence, "EC key")).find(({ tag }) =>
    tag === 0xa0
  );
  if (!curve) throw new DerError("Holds an EC key that does not name its curve");
  return sequence(integer("0"), sequence(oid(ecOid), new Uint8Array(contentOf(sec1, curve))), octets(sec1));
};
