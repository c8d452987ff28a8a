import { scrypt } from "node:crypto";

export type Bytes = Uint8Array<ArrayBuffer>;
/** scrypt's parameters: N = 2^ln. */
export type Cost = { readonly ln: number; readonly r: number; readonly p: number };

/** What OWASP asks of scrypt, as for passwords: 128 MiB and about half a second. */
export const usualCost: Cost = { ln: 17, r: 8, p: 1 };

/** Costs beyond these are not computed: a file that was tampered with could ask for all of the memory. */
export const isSane = ({ ln, r, p }: Cost): boolean =>
  ln >= 1 && ln <= 20 && r >= 1 && r <= 16 && p >= 1 && p <= 4 && 128 * 2 ** ln * r <= 2 ** 29;

export type Keys = {
  /** Told apart from another passphrase's without telling anything about the content's key. */
  readonly verifier: Bytes;
  readonly content: CryptoKey;
};

/**
 * The keys of one file: scrypt over the passphrase (in NFC, since keyboards differ in how they compose letters), then
 * HKDF-SHA-256 over all that stands in the header, so that nothing in it can be exchanged. The salt makes them this
 * file's own, which is why a counter may serve as nonce.
 */
export const deriveKeys = async (passphrase: string, salt: Bytes, cost: Cost, header: Bytes): Promise<Keys> => {
  const stretched = await stretch(passphrase.normalize("NFC"), salt, cost);
  const master = await crypto.subtle.importKey("raw", stretched, "HKDF", false, ["deriveBits", "deriveKey"]);
  const purpose = (name: string) => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: header,
    info: new TextEncoder().encode(`hoppetdb backup ${name}`),
  });
  return {
    verifier: new Uint8Array(await crypto.subtle.deriveBits(purpose("verifier"), master, 256)),
    content: await crypto.subtle.deriveKey(purpose("content"), master, { name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]),
  };
};

const stretch = (passphrase: string, salt: Bytes, { ln, r, p }: Cost): Promise<Bytes> =>
  new Promise((resolve, reject) => {
    const N = 2 ** ln;
    scrypt(passphrase, salt, 32, { N, r, p, maxmem: 128 * N * r + 128 * r * p + (1 << 20) }, (error, key) => {
      if (error) reject(error);
      else resolve(new Uint8Array(key));
    });
  });
