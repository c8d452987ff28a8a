import { describe, expect, it } from "vitest";
import { createSecretRegistry } from "../../../../handlers/core/redaction/secret-registry.ts";
import { AppError } from "../../../../handlers/errors.ts";
import type { Documents } from "../../../../handlers/interfaces/documents.ts";
import { seal } from "../../../../handlers/interfaces/sealed.ts";
import { createTestClock } from "../../../support/clock.ts";
import { createMemoryDocuments } from "../../../support/documents.ts";
import { createTestIds } from "../../../support/ids.ts";
import { createRecordingLog } from "../../../support/log.ts";
import { createTestVault } from "../../../support/vault.ts";

const createTest = async (change: (documents: Documents) => Documents = (same) => same) => {
  const memory = createMemoryDocuments();
  const [clock, log, vault] = [createTestClock(), createRecordingLog(), await createTestVault()];
  let seed = 0;
  const open = () =>
    createSecretRegistry({
      documents: change(memory.documents),
      changes: memory.changes,
      clock,
      log,
      vault,
      ids: createTestIds(++seed),
      isName: (value) => Promise.resolve(["web01.example.test", "staging"].includes(value)),
    });
  return { ...memory, clock, log, vault, open };
};
const failure = async (run: Promise<unknown>): Promise<AppError> => {
  const error = await run.then(() => undefined, (error: unknown) => error);
  if (error instanceof AppError) return error;
  throw new Error("Not an AppError", { cause: error });
};
const shown = (registry: { redactor(): { redactText(text: ReturnType<typeof seal<string>>): string } }, text: string) =>
  registry.redactor().redactText(seal(text));
/** Lets what was begun by a change come to its end. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("createSecretRegistry", () => {
  it("shows nothing before the secrets are loaded", async () => {
    const { open } = await createTest();
    const registry = open();
    expect(() => registry.redactor()).toThrow(expect.objectContaining({ code: "unavailable", retryAfter: 1 }));
    await registry.refresh();
    expect(shown(registry, "text")).toBe("text");
  });

  it("hides from the moment a value is added until it is removed", async () => {
    const { open, dump, log, clock } = await createTest();
    const registry = open();
    await registry.refresh();
    const before = registry.redactor();
    const { id, created_at } = await registry.add("hunter2-tls", "admin");
    expect(created_at).toBe(new Date(clock.now()).toISOString());
    expect(shown(registry, "a hunter2-tls b")).toBe("a XXXXX b");
    expect(registry.redactor().version).toBeGreaterThan(before.version);
    expect(before.redactText(seal("hunter2-tls"))).toBe("hunter2-tls");

    const [stored] = dump("redactor_secrets");
    expect(stored).toMatchObject({ id, created_at, created_by: "admin" });
    expect(JSON.stringify(stored)).not.toMatch(/hunter2|aHVudGVy/);
    expect(log.text()).not.toContain("hunter2");

    const version = registry.redactor().version;
    expect(await registry.remove(id)).toBe(true);
    expect(await registry.remove(id)).toBe(false);
    expect(shown(registry, "a hunter2-tls b")).toBe("a hunter2-tls b");
    expect(registry.redactor().version).toBeGreaterThan(version);
  });

  it("follows what another process did, and finds it again after a start", async () => {
    const { open } = await createTest();
    const [one, two] = [open(), open()];
    await Promise.all([one.refresh(), two.refresh()]);
    const value = "\ufeffsécret 日本 😀";
    const { id } = await one.add(value, "admin");
    two.redactor();
    await settled();
    expect(shown(two, `x${value}y`)).toBe("xXXXXXy");
    const three = open();
    await three.refresh();
    expect(shown(three, `x${value}y`)).toBe("xXXXXXy");
    expect(three.redactor().version).toBe(two.redactor().version);
    await two.remove(id);
    await settled();
    expect(shown(one, `x${value}y`)).toBe(`x${value}y`);
    one.close();
    await two.add("added later", "admin");
    await settled();
    expect(shown(three, "added later")).toBe("XXXXX");
  });

  it("keeps the redactor when nothing was changed", async () => {
    const { open } = await createTest();
    const registry = open();
    await registry.refresh();
    const before = registry.redactor();
    await registry.refresh();
    expect(registry.redactor()).toBe(before);
  });

  it.each([
    ["", /only whitespace/],
    [" \n\t     ", /only whitespace/],
    ["abcde", /shorter than 6/],
    ["x".repeat(65_537), /longer than 65536 bytes/],
    ["é".repeat(40_000), /longer than 65536 bytes/],
    ["broken \ud800 text", /not valid Unicode/],
    ["XXXXX", /shorter than 6/],
    ["XXXXXXX", /names or words/],
    ["certname", /names or words/],
    [" message ", /names or words/],
    ["resource_title", /names or words/],
    ["unchanged", /names or words/],
    ["producer_timestamp", /names or words/],
    ["subscription-of", /names or words/],
    ["redactor_secrets", /names or words/],
    ["warning", /names or words/],
    ["web01.example.test", /name of a node/],
    ["staging ", /name of a node/],
  ])("refuses %j", async (value, reason) => {
    const { open, dump, log } = await createTest();
    const registry = open();
    await registry.refresh();
    const error = await failure(registry.add(value, "admin"));
    expect([error.code, error.field]).toEqual(["invalid", "value"]);
    expect(error.message).toMatch(reason);
    expect(dump("redactor_secrets")).toEqual([]);
    expect(log.lines).toEqual([]);
  });

  it("takes what is just long or short enough", async () => {
    const { open } = await createTest();
    const registry = open();
    await registry.refresh();
    await registry.add("abcdef", "admin");
    await registry.add("y".repeat(65_536), "admin");
    expect(shown(registry, `abcdef and ${"y".repeat(65_536)}`)).toBe("XXXXX and XXXXX");
  });

  it("refuses the same value twice, also when two do it at once", async () => {
    const { open, dump, log } = await createTest();
    const [one, two] = [open(), open()];
    await one.refresh();
    const results = await Promise.allSettled([one.add("hunter2-tls", "a"), two.add("hunter2-tls", "b")]);
    expect(results.map((each) => each.status).sort()).toEqual(["fulfilled", "rejected"]);
    const error = await failure(two.add("hunter2-tls", "b"));
    expect([error.code, error.field]).toEqual(["conflict", "value"]);
    expect(`${error.message} ${error.cause} ${log.text()}`).not.toContain("hunter2");
    expect(dump("redactor_secrets")).toHaveLength(1);
  });

  it("goes on hiding what it knew when loading fails, says so, and tries again a second later", async () => {
    let broken = false;
    const { open, clock, log } = await createTest((documents) => ({
      ...documents,
      find: (...args) =>
        broken ? Promise.reject(new AppError("unavailable", "The store is away")) : documents.find(...args) as never,
    }));
    const [registry, other] = [open(), open()];
    await Promise.all([registry.refresh(), other.refresh()]);
    await registry.add("hunter2-tls", "admin");
    broken = true;
    await registry.add("second-secret", "admin");
    expect(shown(registry, "hunter2-tls second-secret")).toBe("XXXXX second-secret");
    expect(log.lines.filter((line) => line.level === "error").map((line) => line.event)).toContain(
      "Cannot load the known secrets",
    );
    expect(log.text()).not.toMatch(/hunter2|second-secret/);
    broken = false;
    registry.redactor();
    await settled();
    expect(shown(registry, "second-secret")).toBe("second-secret");
    clock.advance(1_000);
    registry.redactor();
    await settled();
    expect(shown(registry, "hunter2-tls second-secret")).toBe("XXXXX XXXXX");
  });

  it("doesn't take a row for a secret that was moved to another's place", async () => {
    const { open, documents, dump, log } = await createTest();
    const registry = open();
    await registry.refresh();
    await registry.add("hunter2-tls", "admin");
    const { version: _, ...row } = dump("redactor_secrets")[0]!;
    await documents.insert("redactor_secrets", { ...row, id: "moved", fingerprint: "other" });
    const fresh = open();
    await fresh.refresh();
    expect(() => fresh.redactor()).toThrow(expect.objectContaining({ code: "unavailable" }));
    expect(log.lines.some((line) => line.level === "error")).toBe(true);
    expect(shown(registry, "hunter2-tls")).toBe("XXXXX");
  });
});
