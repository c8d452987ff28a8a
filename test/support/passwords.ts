import type { Passwords } from "../../handlers/interfaces/passwords.ts";
import { createPasswords } from "../../runtime/passwords.ts";

export type TestPasswords = Passwords & {
  /** How many hashes were computed. */
  readonly computed: number;
};

/** The real thing at a cost that a test can afford, counting what it computes. */
export const createTestPasswords = (): TestPasswords => {
  const real = createPasswords({ cost: { ln: 4, r: 8, p: 1 } });
  let computed = 0;
  return {
    get computed() {
      return computed;
    },
    hash: (password) => (computed++, real.hash(password)),
    verify: (password, hash) => (computed++, real.verify(password, hash)),
  };
};
