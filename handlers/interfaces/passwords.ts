/** Password hashes, computed off the event loop (scrypt). */
export interface Passwords {
  /** A self-describing text: algorithm, cost, salt, hash. */
  hash(password: string): Promise<string>;
  /** In constant time for a given cost; false for a text that it can't read. */
  verify(password: string, hash: string): Promise<boolean>;
}
