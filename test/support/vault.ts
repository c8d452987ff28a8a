import { createKeyRing } from "../../handlers/core/encryption/key-ring.ts";
import type { Vault } from "../../handlers/interfaces/vault.ts";

/** The real vault, over a key that is worth nothing. */
export const createTestVault = (secret = "a key for tests only, of more than 32 characters"): Promise<Vault> =>
  createKeyRing([secret]);
