import { AppError } from "../../errors.ts";
import type { Changes } from "../../interfaces/changes.ts";
import type { Document, Documents } from "../../interfaces/documents.ts";
import type { KeyKind, NewKey, Signer, SigningKeys } from "../../interfaces/signer.ts";
import type { Vault } from "../../interfaces/vault.ts";
import { DerError } from "../x509/der.ts";
import { generateKey, openPrivateKey } from "../x509/private-key.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type KeyDocument = Document & { readonly key: string };

const recordOf = (authority: string): string => `ca_keys/${authority}`;

/** The private keys in the store, encrypted. A key is decrypted when it signs for the first time, and never before. */
export const createSigningKeys = (deps: {
  readonly documents: Documents;
  readonly changes: Changes;
  readonly vault: Vault;
}): SigningKeys => {
  const { documents, changes, vault } = deps;
  const open = new Map<string, Promise<Signer>>();
  let asOf = -1;

  const exportKey = async (authority: string): Promise<Bytes> => {
    const found = await documents.get<KeyDocument>("ca_keys", authority);
    if (!found) {
      throw new AppError("conflict", `The private key of authority "${authority}" is not here: it cannot sign`);
    }
    return await vault.decrypt(recordOf(authority), fromBase64(found.key));
  };
  const draft = async (authority: string, pkcs8: Bytes): Promise<NewKey> => {
    let signer: Signer;
    try {
      signer = await openPrivateKey(pkcs8);
    } catch (error) {
      if (error instanceof DerError) throw new AppError("invalid", error.message, { field: "private_key" });
      throw error;
    }
    const key = toBase64(await vault.encrypt(recordOf(authority), pkcs8));
    return { signer, change: { do: "insert", collection: "ca_keys", document: { id: authority, key } } };
  };

  return {
    create: async (authority, kind: KeyKind) => await draft(authority, await generateKey(kind)),
    adopt: draft,
    exportKey,
    signer: (authority) => {
      const now = changes.version("ca_keys");
      if (now !== asOf) open.clear();
      asOf = now;
      let signer = open.get(authority);
      if (!signer) {
        signer = exportKey(authority).then(openPrivateKey);
        open.set(authority, signer);
        signer.catch(() => open.delete(authority));
      }
      return signer;
    },
  };
};

const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
