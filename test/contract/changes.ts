import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../handlers/interfaces/store.ts";
import { createTestClock } from "../support/clock.ts";
import { factsOf } from "../support/estate.ts";
import type { OpenStore } from "./documents.ts";

const start = Date.UTC(2026, 0, 1);

/** What every store's `Changes` tell. */
export const describeChanges = (name: string, open: OpenStore): void => {
  describe(`changes on ${name}`, () => {
    let store: Store;
    beforeEach(async () => store = await open(createTestClock(start)));
    afterEach(() => store.close());

    it("tell of what came from Puppet, and not of what changed nothing", async () => {
      const { estate, changes } = store;
      const numbers = [changes.version("estate")];
      const note = () => numbers.push(changes.version("estate"));
      await estate.apply(factsOf("a", start, "{}"), start);
      note();
      await estate.deleteNode("a");
      note();
      await estate.deleteNode("a");
      note();
      expect(numbers[1]).toBeGreaterThan(numbers[0]!);
      expect(numbers[2]).toBeGreaterThan(numbers[1]!);
      expect(numbers[3]).toBe(numbers[2]);
    });

    it("call each listener once a change, whatever another one does", async () => {
      const { documents, changes } = store;
      const told: string[] = [];
      changes.subscribe("users", () => {
        told.push("first");
        throw new Error("a listener that fails");
      });
      const end = changes.subscribe("users", () => told.push("second"));
      await documents.insert("users", { id: "a" });
      expect(told).toEqual(["first", "second"]);
      end();
      end();
      await documents.remove("users", "a");
      await documents.remove("users", "a");
      expect(told).toEqual(["first", "second", "first"]);
    });

    it("leave a collection alone that was not changed", async () => {
      const { documents, changes } = store;
      await documents.insert("users", { id: "a" });
      const before = changes.version("users");
      await expect(documents.insert("users", { id: "a" })).rejects.toMatchObject({ code: "conflict", field: "id" });
      await documents.insert("settings", { id: "b" });
      expect(changes.version("users")).toBe(before);
      expect(changes.version("no such topic")).toBe(0);
    });
  });
};
