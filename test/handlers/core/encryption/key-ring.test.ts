import { describe, expect, it } from "vitest";
import { createKeyRing, keyIdOf } from "../../../../handlers/core/encryption/key-ring.ts";

const oldKey = "an old key of thirty-two characters or more";
const newKey = "a new key of thirty-two characters or more!";
const plain = new TextEncoder().encode("the content of a catalog");

describe("key ring", () => {
  it("gives back what it encrypted, and never the same bytes twice", async () => {
    const vault = await createKeyRing([newKey]);
    const first = await vault.encrypt("catalog/1", plain);
    const second = await vault.encrypt("catalog/1", plain);
    expect(first).not.toEqual(second);
    expect(await vault.decrypt("catalog/1", first)).toEqual(plain);
    expect(new TextDecoder().decode(first)).not.toContain("content");
  });

  it("refuses a record in another's place, a changed byte and a foreign blob", async () => {
    const vault = await createKeyRing([newKey]);
    const blob = await vault.encrypt("catalog/1", plain);
    await expect(vault.decrypt("catalog/2", blob)).rejects.toThrow('Record "catalog/2" cannot be decrypted');
    const changed = blob.slice();
    changed[changed.length - 1]! ^= 1;
    await expect(vault.decrypt("catalog/1", changed)).rejects.toThrow("cannot be decrypted");
    await expect(vault.decrypt("catalog/1", plain)).rejects.toThrow("is not an encrypted record");
  });

  it("reads what an older key of the ring wrote, and names a key that it lacks", async () => {
    const before = await createKeyRing([oldKey]);
    const blob = await before.encrypt("secret/1", plain);
    const rotated = await createKeyRing([newKey, oldKey]);
    expect(await rotated.decrypt("secret/1", blob)).toEqual(plain);
    expect(rotated.keyId).toBe(await keyIdOf(newKey));
    const other = await createKeyRing([newKey]);
    await expect(other.decrypt("secret/1", blob)).rejects.toThrow(`under key "${before.keyId}", which is not given`);
  });

  it("finds an equal value again by a fingerprint that depends on the key", async () => {
    const vault = await createKeyRing([newKey]);
    expect(await vault.fingerprint("hunter2")).toBe(await vault.fingerprint("hunter2"));
    expect(await vault.fingerprint("hunter2")).not.toBe(await vault.fingerprint("hunter3"));
    expect(await vault.fingerprint("hunter2")).not.toBe(await (await createKeyRing([oldKey])).fingerprint("hunter2"));
  });
});
