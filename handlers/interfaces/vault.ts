/**
 * Encrypts at rest: AES-256-GCM under a data key per record, itself encrypted under a key of the ring; key id and record
 * id are additional data, so that a record can't be moved to another's place.
 */
export interface Vault {
  /** The id of the key that new records are written under. */
  readonly keyId: string;
  /** The ids of all keys of the ring. */
  readonly keyIds: readonly string[];
  encrypt(recordId: string, plain: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Throws AppError `internal` naming the key id when the key is not in the ring. */
  decrypt(recordId: string, blob: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** A keyed fingerprint (HMAC-SHA-256, hex) that finds an equal value again without telling it. */
  fingerprint(value: string): Promise<string>;
  /**
   * A proof that whoever holds the key wrote a text: `<key id>:<HMAC-SHA-256, hex>`. Each purpose has a key of its own, so
   * that nothing else that this vault gives out is such a proof.
   */
  sign(purpose: string, text: string): Promise<string>;
  /** Whether `sign` made it for this purpose and text, under any key of the ring; undefined where its key is not in the ring. */
  verify(purpose: string, text: string, proof: string): Promise<boolean | undefined>;
}
