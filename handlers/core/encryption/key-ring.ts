import { AppError } from "../../errors.ts";
import type { Vault } from "../../interfaces/vault.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Key = {
  readonly id: string;
  readonly wrap: CryptoKey;
  readonly fingerprint: CryptoKey;
  /** The signing key of a purpose. */
  readonly signing: (purpose: string) => Promise<CryptoKey>;
};

/*
 * A record's bytes: 1 format (1), 8 key id, 12 nonce and 48 wrapped data key, 12 nonce, ciphertext with its 16-byte tag.
 * Both ciphertexts have `key id NUL record id` as additional data.
 */
const format = 1;
const keyIdLength = 8;
const nonceLength = 12;
const wrappedLength = 32 + 16;
const headLength = 1 + keyIdLength + nonceLength + wrappedLength + nonceLength;

const utf8 = new TextEncoder();

/**
 * The vault over a ring of keys. `secrets` are the texts of HOPPETDB_SECRET_KEY, newest first: the first one encrypts,
 * all of them decrypt, so that a key is replaced by putting a new one in front. Each is stretched by HKDF-SHA-256 into a
 * key per purpose; the key id is itself derived and tells nothing about the key.
 */
export const createKeyRing = async (secrets: readonly string[]): Promise<Vault> => {
  const keys = await Promise.all(secrets.map(deriveKey));
  const current = keys[0];
  if (!current) throw new AppError("internal", "The key ring is empty");

  return {
    keyId: current.id,
    keyIds: keys.map((each) => each.id),
    encrypt: (recordId, plain) => encrypt(current, recordId, plain),
    decrypt: async (recordId, blob) => {
      const id = blob[0] === format && blob.length > headLength ? hex(blob.subarray(1, 1 + keyIdLength)) : undefined;
      if (id === undefined) throw new AppError("internal", `Record "${recordId}" is not an encrypted record`);
      const key = keys.find((each) => each.id === id);
      if (!key) {
        throw new AppError("internal", `Record "${recordId}" is encrypted under key "${id}", which is not given`);
      }
      return await decrypt(key, recordId, blob);
    },
    fingerprint: async (value) =>
      hex(new Uint8Array(await crypto.subtle.sign("HMAC", current.fingerprint, utf8.encode(value)))),
    sign: async (purpose, text) => {
      const key = await current.signing(purpose);
      return `${current.id}:${hex(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(text))))}`;
    },
    verify: async (purpose, text, proof) => {
      const [, id, signature] = /^([0-9a-f]{16}):([0-9a-f]{64})$/.exec(proof) ?? [];
      if (id === undefined || signature === undefined) return false;
      const key = keys.find((each) => each.id === id);
      // subtle.verify compares in constant time
      return key && await crypto.subtle.verify("HMAC", await key.signing(purpose), unhex(signature), utf8.encode(text));
    },
  };
};

/** The id of a secret key, as errors and `hoppetdb config` name it: 16 hex digits. */
export const keyIdOf = async (secret: string): Promise<string> => (await deriveKey(secret)).id;

const deriveKey = async (secret: string): Promise<Key> => {
  const master = await crypto.subtle.importKey("raw", utf8.encode(secret), "HKDF", false, ["deriveBits", "deriveKey"]);
  const purpose = (info: string) => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(0),
    info: utf8.encode(`hoppetdb ${info}`),
  });
  const id = await crypto.subtle.deriveBits(purpose("key id"), master, keyIdLength * 8);
  const wrap = await crypto.subtle.deriveKey(purpose("wrap"), master, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
  const fingerprint = await crypto.subtle.deriveKey(purpose("fingerprint"), master, hmac, false, ["sign"]);
  const derived = new Map<string, Promise<CryptoKey>>();
  const signing = (of: string): Promise<CryptoKey> => {
    const known = derived.get(of) ??
      crypto.subtle.deriveKey(purpose(`sign ${of}`), master, hmac, false, ["sign", "verify"]);
    derived.set(of, known);
    return known;
  };
  return { id: hex(new Uint8Array(id)), wrap, fingerprint, signing };
};

const encrypt = async (key: Key, recordId: string, plain: Bytes): Promise<Bytes> => {
  const dataKey = crypto.getRandomValues(new Uint8Array(32));
  const wrapNonce = crypto.getRandomValues(new Uint8Array(nonceLength));
  const nonce = crypto.getRandomValues(new Uint8Array(nonceLength));
  const additionalData = bindTo(key.id, recordId);
  const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv: wrapNonce, additionalData }, key.wrap, dataKey);
  const cipher = await crypto.subtle.importKey("raw", dataKey, "AES-GCM", false, ["encrypt"]);
  const text = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData }, cipher, plain);
  const blob = new Uint8Array(headLength + text.byteLength);
  const parts = [Uint8Array.of(format), unhex(key.id), wrapNonce, new Uint8Array(wrapped), nonce, new Uint8Array(text)];
  let at = 0;
  for (const part of parts) {
    blob.set(part, at);
    at += part.length;
  }
  return blob;
};

const decrypt = async (key: Key, recordId: string, blob: Bytes): Promise<Bytes> => {
  let at = 1 + keyIdLength;
  const take = (length: number) => blob.subarray(at, at += length);
  const [wrapNonce, wrapped, nonce] = [take(nonceLength), take(wrappedLength), take(nonceLength)];
  const additionalData = bindTo(key.id, recordId);
  try {
    const dataKey = await crypto.subtle.decrypt({ name: "AES-GCM", iv: wrapNonce, additionalData }, key.wrap, wrapped);
    const cipher = await crypto.subtle.importKey("raw", dataKey, "AES-GCM", false, ["decrypt"]);
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce, additionalData }, cipher, blob.subarray(at)),
    );
  } catch (cause) {
    throw new AppError("internal", `Record "${recordId}" cannot be decrypted: it was changed or moved`, { cause });
  }
};

const bindTo = (keyId: string, recordId: string): Bytes => utf8.encode(`${keyId}\0${recordId}`);
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
