import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { AppError } from "../../handlers/errors.ts";
import { type Bytes, type Cost, deriveKeys, isSane, type Keys } from "./keys.ts";

/*
 * 16 magic, 1 version, 3 scrypt (log2 N, r, p), 16 salt, 32 verifier, 8 checksum: SHA-256 of all before it, cut off. The
 * checksum tells a damaged header from a wrong passphrase; later versions keep magic, version and checksum in place.
 */
const magic = new TextEncoder().encode("hoppetdb backup\n");
const version = 1;
const at = { cost: 17, salt: 20, verifier: 36, checksum: 68 };
export const headerLength = 76;

/** The header of a new file, and its keys. */
export const makeHeader = async (passphrase: string, cost: Cost): Promise<{ bytes: Bytes; content: CryptoKey }> => {
  const bytes = new Uint8Array(headerLength);
  bytes.set(magic);
  bytes.set([version, cost.ln, cost.r, cost.p], magic.length);
  bytes.set(randomBytes(16), at.salt);
  const { verifier, content } = await keysOf(bytes, passphrase);
  bytes.set(verifier, at.verifier);
  bytes.set(checksum(bytes), at.checksum);
  return { bytes, content };
};

/**
 * Reads a header: gives what opens the content's key with the passphrase. Throws AppError `invalid` that says whether the
 * file is no backup, was cut off, is damaged, or was made by a newer version. `name` is the file's.
 */
export const readHeader = (bytes: Bytes, name: string): { unlock(passphrase: string): Promise<CryptoKey> } => {
  const refuse = (text: string) => new AppError("invalid", `"${name}" ${text}`);
  const begin = bytes.subarray(0, magic.length);
  if (begin.length === 0 || begin.some((byte, i) => byte !== magic[i])) throw refuse("is not a backup of hoppetdb");
  if (bytes.length < headerLength) throw refuse("is truncated: it ends within its header");
  if (!timingSafeEqual(checksum(bytes), bytes.subarray(at.checksum))) {
    throw refuse("is damaged: its header was changed");
  }
  const found = bytes[magic.length]!;
  if (found !== version) {
    throw refuse(`was made by a newer hoppetdb: its format has version ${found}, this program reads ${version}`);
  }
  if (!isSane(costOf(bytes))) throw refuse("is damaged: its header asks for more memory than a backup ever needs");
  return {
    unlock: async (passphrase) => {
      const { verifier, content } = await keysOf(bytes, passphrase);
      if (!timingSafeEqual(verifier, bytes.subarray(at.verifier, at.checksum))) {
        throw new AppError("invalid", `The passphrase is not the one that "${name}" was made with`);
      }
      return content;
    },
  };
};

const costOf = (bytes: Bytes): Cost => {
  const [ln = 0, r = 0, p = 0] = bytes.subarray(at.cost, at.salt);
  return { ln, r, p };
};

const keysOf = (bytes: Bytes, passphrase: string): Promise<Keys> =>
  deriveKeys(passphrase, bytes.slice(at.salt, at.verifier), costOf(bytes), bytes.slice(0, at.verifier));

const checksum = (bytes: Bytes): Bytes =>
  new Uint8Array(createHash("sha256").update(bytes.subarray(0, at.checksum)).digest().subarray(0, 8));
