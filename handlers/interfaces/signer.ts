import type { Change } from "./documents.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How an authority signs, in WebCrypto's words. */
export type SignatureAlgorithm =
  | { readonly name: "RSASSA-PKCS1-v1_5"; readonly hash: "SHA-256" }
  | { readonly name: "ECDSA"; readonly namedCurve: "P-256"; readonly hash: "SHA-256" }
  | { readonly name: "ECDSA"; readonly namedCurve: "P-384"; readonly hash: "SHA-384" };

/** What signs in an authority's name; where the private key is, is its own affair. */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Bytes;
  /** The signature as WebCrypto gives it: for ECDSA r and s side by side. */
  sign(data: Bytes): Promise<Bytes>;
}

export const keyKinds = ["rsa-4096", "rsa-3072", "rsa-2048", "p-256", "p-384"] as const;
export type KeyKind = (typeof keyKinds)[number];

/** A key that is there once its `change` was made, together with the authority that it belongs to. */
export type NewKey = { readonly signer: Signer; readonly change: Change };

/** The private keys of the authorities. The store's own, encrypted, or a key service's behind the same words. */
export interface SigningKeys {
  create(authority: string, kind: KeyKind): Promise<NewKey>;
  /** Takes a key over: PKCS #8, DER. Throws AppError `invalid` for one that can't sign here. */
  adopt(authority: string, pkcs8: Bytes): Promise<NewKey>;
  /** Throws AppError `conflict` where the authority has no key here: an external one, say. */
  signer(authority: string): Promise<Signer>;
  /** PKCS #8, DER, for an export. Throws AppError `conflict` where the key is not here or can't leave. */
  exportKey(authority: string): Promise<Bytes>;
}
