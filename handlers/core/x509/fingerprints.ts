import { hexOf } from "./der.ts";

/** Fingerprints of DER, upper-case hex with colons as Puppet's tools show them. */
export const fingerprintsOf = async (der: Uint8Array): Promise<{ SHA1: string; SHA256: string; SHA512: string }> => {
  const of = async (hash: string) => colons(new Uint8Array(await crypto.subtle.digest(hash, new Uint8Array(der))));
  const [SHA1, SHA256, SHA512] = await Promise.all([of("SHA-1"), of("SHA-256"), of("SHA-512")]);
  return { SHA1, SHA256, SHA512 };
};

const colons = (bytes: Uint8Array): string => hexOf(bytes).toUpperCase().replace(/..(?=.)/g, "$&:");

/** A fingerprint as it is kept to be found by: lower-case hex without colons. */
export const plainFingerprint = (text: string): string => text.replaceAll(":", "").toLowerCase();

/** SHA-256 of bytes, lower-case hex. */
export const sha256Hex = async (bytes: Uint8Array): Promise<string> =>
  hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))));
