import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Document } from "../../handlers/interfaces/documents.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import { createTestClock, type TestClock } from "../support/clock.ts";

type Session = Document & { readonly user: string; readonly expires_at: number };
export type OpenStore = (clock: TestClock) => Promise<Store>;

/** What every store's `Documents` and `Changes` do. */
export const describeDocuments = (name: string, open: OpenStore): void => {
  describe(`documents on ${name}`, () => {
    let store: Store;
    let clock: TestClock;
    beforeEach(async () => store = await open(clock = createTestClock()));
    afterEach(() => store.close());
    const session = (id: string, user = "alice", expires_at = clock.now() + 1000): Session => ({
      id,
      user,
      expires_at,
    });

    it("inserts, gets, replaces by version and removes", async () => {
      const { documents } = store;
      expect(await documents.get("sessions", "a")).toBeUndefined();
      const first = await documents.insert("sessions", session("a"));
      expect(first).toEqual({ ...session("a"), version: 1 });
      expect(await documents.get("sessions", "a")).toEqual(first);
      const second = await documents.replace("sessions", session("a", "bob"), 1);
      expect(second.version).toBe(2);
      expect(await documents.get("sessions", "a")).toEqual({ ...session("a", "bob"), version: 2 });
      expect(await documents.remove("sessions", "a")).toBe(true);
      expect(await documents.remove("sessions", "a")).toBe(false);
    });

    it("refuses a taken id, a taken unique key, a lost update and one of what is gone", async () => {
      const { documents } = store;
      await documents.insert("sessions", session("a"));
      await expect(documents.insert("sessions", session("a"))).rejects.toMatchObject({ code: "conflict" });
      await documents.insert("redactor_secrets", { id: "1", fingerprint: "f" });
      await expect(documents.insert("redactor_secrets", { id: "2", fingerprint: "f" })).rejects.toMatchObject({
        code: "conflict",
      });
      await documents.replace("sessions", session("a", "bob"), 1);
      await expect(documents.replace("sessions", session("a", "eve"), 1)).rejects.toMatchObject({
        code: "precondition_failed",
      });
      await expect(documents.replace("sessions", session("none"), 1)).rejects.toMatchObject({ code: "not_found" });
      expect((await documents.get<Session>("sessions", "a"))?.user).toBe("bob");
    });

    it("lets documents be without a unique key, as many as there are", async () => {
      const { documents } = store;
      await documents.insert("redactor_secrets", { id: "1" });
      await documents.insert("redactor_secrets", { id: "2", fingerprint: null });
      await documents.insert("redactor_secrets", { id: "3" });
      expect(await documents.count("redactor_secrets")).toBe(3);
    });

    it("makes several changes in one step, or none", async () => {
      const { documents, changes } = store;
      await documents.insert("sessions", session("a"));
      const before = changes.version("users");
      await documents.change([
        { do: "insert", collection: "users", document: { id: "u" } },
        { do: "replace", collection: "sessions", document: session("a", "bob"), version: 1 },
        { do: "remove", collection: "sessions", id: "none" },
      ]);
      expect(changes.version("users")).toBeGreaterThan(before);
      expect(await documents.get("sessions", "a")).toEqual({ ...session("a", "bob"), version: 2 });
      const half = documents.change([
        { do: "insert", collection: "users", document: { id: "v" } },
        { do: "remove", collection: "users", id: "u" },
        { do: "replace", collection: "sessions", document: session("a", "eve"), version: 1 },
      ]);
      await expect(half).rejects.toMatchObject({ code: "precondition_failed" });
      expect((await documents.find("users")).map(({ id }) => id)).toEqual(["u"]);
      await expect(documents.change([{ do: "insert", collection: "users", document: { id: "u" } }])).rejects
        .toMatchObject({ code: "conflict" });
    });

    it("finds only the fields that were asked for", async () => {
      const { documents } = store;
      await documents.insert("settings", { id: "a", list: ["x", { y: 1.5 }], flag: true, text: "t", left: "out" });
      expect(
        await documents.find("settings", {
          where: { op: "=", left: { field: "id" }, right: "a" },
          fields: ["list", "flag", "id", "none"],
        }),
      )
        .toEqual([{ id: "a", version: 1, list: ["x", { y: 1.5 }], flag: true, none: null }]);
    });

    it("lets one of many at once have an id", async () => {
      const tries = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => store.documents.insert("sessions", session("a", `user${i}`))),
      );
      expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    it("finds with conditions, in order, by page, and counts", async () => {
      const { documents } = store;
      for (let i = 0; i < 10; i++) {
        await documents.insert("sessions", session(`s${i}`, i % 2 ? "odd" : "even", clock.now() + i + 1));
      }
      const odd = { op: "=", left: { field: "user" }, right: "odd" } as const;
      const ids = async (find: Parameters<typeof documents.find>[1]) =>
        (await documents.find("sessions", find)).map(({ id }) => id);
      expect(await ids({ where: odd })).toEqual(["s1", "s3", "s5", "s7", "s9"]);
      expect(await ids({ where: odd, order: [{ field: "expires_at", direction: "desc" }], limit: 2, offset: 1 }))
        .toEqual([
          "s7",
          "s5",
        ]);
      const late = {
        op: "and",
        of: [odd, { op: ">", left: { field: "expires_at" }, right: clock.now() + 6 }],
      } as const;
      expect(await ids({ where: late })).toEqual(["s7", "s9"]);
      expect(await ids({ where: { op: "matches", left: { field: "id" }, pattern: "^s[12]$" } })).toEqual(["s1", "s2"]);
      expect(await ids({ where: { op: "in", left: [{ field: "id" }], values: [["s4"], ["s8"], ["x"]] } })).toEqual([
        "s4",
        "s8",
      ]);
      expect(await documents.count("sessions", odd)).toBe(5);
      expect(await documents.count("sessions")).toBe(10);
      expect(await documents.removeWhere("sessions", odd)).toBe(5);
      expect(await documents.count("sessions")).toBe(5);
    });

    it("forgets what has expired, though it was not taken away yet", async () => {
      const { documents } = store;
      await documents.insert("sessions", session("a"));
      clock.advance(1000);
      expect(await documents.get("sessions", "a")).toBeUndefined();
      expect(await documents.find("sessions")).toEqual([]);
      expect(await documents.count("sessions")).toBe(0);
      await expect(documents.replace("sessions", session("a"), 1)).rejects.toMatchObject({ code: "not_found" });
      expect(await documents.remove("sessions", "a")).toBe(false);
      await documents.insert("sessions", session("a", "again"));
      expect((await documents.get<Session>("sessions", "a"))?.user).toBe("again");
    });

    it("tells of a change before it resolves", async () => {
      const { documents, changes } = store;
      let told = 0;
      const end = changes.subscribe("sessions", () => told++);
      const before = changes.version("sessions");
      await documents.insert("sessions", session("a"));
      expect(changes.version("sessions")).toBeGreaterThan(before);
      expect(told).toBe(1);
      await documents.insert("users", { id: "u" });
      expect(told).toBe(1);
      end();
      await documents.remove("sessions", "a");
      expect(told).toBe(1);
    });
  });
};
