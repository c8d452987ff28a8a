/** Where random identities come from, so that a test can have its own. */
export interface Ids {
  /** A random UUID, version 4. */
  uuid(): string;
  /** 256 random bits, base64url without padding: session ids and credentials. */
  token(): string;
}
