import type { SignatureAlgorithm, Signer } from "../../interfaces/signer.ts";
import { hexOf } from "./der.ts";
import { bits, integer, nothing, oid, sequence } from "./write-der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The AlgorithmIdentifier of a signature (RFC 3279, RFC 5758). */
export const algorithmIdentifier = (algorithm: SignatureAlgorithm): Bytes => {
  if (algorithm.name === "RSASSA-PKCS1-v1_5") return sequence(oid("1.2.840.113549.1.1.11"), nothing());
  return sequence(oid(algorithm.hash === "SHA-256" ? "1.2.840.10045.4.3.2" : "1.2.840.10045.4.3.3"));
};

/** `SEQUENCE { body, algorithm, signature }`: what certificates, CRLs and OCSP answers are. */
export const signed = async (body: Bytes, signer: Signer, ...more: readonly Bytes[]): Promise<Bytes> =>
  sequence(body, algorithmIdentifier(signer.algorithm), await signatureBits(body, signer), ...more);

const signatureBits = async (body: Bytes, signer: Signer): Promise<Bytes> => {
  const raw = await signer.sign(body);
  if (signer.algorithm.name === "RSASSA-PKCS1-v1_5") return bits(raw);
  const half = raw.length / 2;
  return bits(sequence(integer(hexOf(raw.subarray(0, half))), integer(hexOf(raw.subarray(half)))));
};
