import { describe, expect, it } from "vitest";
import { createKeyRing } from "../../../../handlers/core/encryption/key-ring.ts";

const oldKey = "an old key of thirty-two characters or more";
const newKey = "a new key of thirty-two characters or more!";

describe("a signature of the key ring", () => {
  it("is good for its text and its purpose only", async () => {
    const vault = await createKeyRing([newKey]);
    const proof = await vault.sign("audit record", "text");
    expect(proof).toMatch(new RegExp(`^${vault.keyId}:[0-9a-f]{64}$`));
    expect(await vault.verify("audit record", "text", proof)).toBe(true);
    expect(await vault.verify("audit record", "text.", proof)).toBe(false);
    expect(await vault.verify("audit head", "text", proof)).toBe(false);
    const [id, signature] = proof.split(":");
    for (const wrong of ["", id!, `${id}:`, `${id}:${signature!.toUpperCase()}x`, `${id}:${"0".repeat(64)}`]) {
      expect(await vault.verify("audit record", "text", wrong)).toBe(false);
    }
  });

  it("is none that a fingerprint could stand for", async () => {
    const vault = await createKeyRing([newKey]);
    for (const text of ["text", "sign audit record text", "audit record\0text"]) {
      const forged = `${vault.keyId}:${await vault.fingerprint(text)}`;
      expect(await vault.verify("audit record", "text", forged)).toBe(false);
    }
  });

  it("is known by every key of the ring, and undecided without its key", async () => {
    const proof = await (await createKeyRing([oldKey])).sign("audit record", "text");
    expect(await (await createKeyRing([newKey, oldKey])).verify("audit record", "text", proof)).toBe(true);
    expect(await (await createKeyRing([newKey, oldKey])).verify("audit record", "other", proof)).toBe(false);
    expect(await (await createKeyRing([newKey])).verify("audit record", "text", proof)).toBeUndefined();
  });
});
