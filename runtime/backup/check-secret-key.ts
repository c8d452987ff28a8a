import { createKeyRing } from "../../handlers/core/encryption/key-ring.ts";
import { AppError } from "../../handlers/errors.ts";
import type { Inspected } from "./sqlite-worker.ts";

/**
 * Whether these secret keys (newest first) open a store: the key that it is tied to must be among them, else AppError
 * `invalid` with the ids, beginning with `what`. Gives a sentence for each CA key or known secret that they don't decrypt.
 */
export const checkSecretKey = async (
  secretKeys: readonly string[],
  { keyId, encrypted }: Pick<Inspected, "keyId" | "encrypted">,
  what: string,
): Promise<string[]> => {
  const ring = await createKeyRing(secretKeys);
  if (keyId === null || !ring.keyIds.includes(keyId)) {
    const given = ring.keyIds.map((id) => `"${id}"`).join(", ");
    throw new AppError(
      "invalid",
      `${what}: it is encrypted under key "${keyId}", and the key given has the id ${given}`,
    );
  }
  const problems: string[] = [];
  for (const { record, value } of encrypted) {
    try {
      await ring.decrypt(record, new Uint8Array(Buffer.from(value, "base64")));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problems.push(error.message);
    }
  }
  return problems;
};
