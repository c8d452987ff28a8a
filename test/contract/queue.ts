import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ReceivedCommand } from "../../handlers/interfaces/command.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import { createTestClock } from "../support/clock.ts";
import type { OpenStore } from "./documents.ts";

const received = (certname: string, text: string): ReceivedCommand => ({
  command: "replace facts",
  version: 5,
  certname,
  producer_timestamp: null,
  payload: new TextEncoder().encode(text),
});

/** What every store's `CommandQueue` does. */
export const describeQueue = (name: string, open: OpenStore): void => {
  describe(`command queue on ${name}`, () => {
    let store: Store;
    beforeEach(async () => store = await open(createTestClock()));
    afterEach(() => store.close());
    const due = async (now: number, limit = 10) => (await store.queue.due(now, limit)).map(({ id }) => id);

    it("gives the head of each node's line, oldest first, byte for byte", async () => {
      const { queue } = store;
      await queue.enqueue("1", received("web01", '{"n": 5e-07, "é": 1}'), 1000);
      await queue.enqueue("2", received("web01", "second"), 2000);
      await queue.enqueue("3", received("db01", "third"), 3000);
      expect(await due(5000)).toEqual(["1", "3"]);
      expect(await due(5000, 1)).toEqual(["1"]);
      const [head] = await queue.due(5000, 1);
      expect(head?.received.reveal()).toEqual(received("web01", '{"n": 5e-07, "é": 1}'));
      expect(head).toMatchObject({ attempts: 0, received_at: "1970-01-01T00:00:01.000Z", command: "replace facts" });
      expect(await queue.depth()).toEqual({ depth: 3, oldest: "1970-01-01T00:00:01.000Z" });
      await queue.delivered("1");
      expect(await due(5000)).toEqual(["2", "3"]);
    });

    it("keeps a node's later commands behind one that waits, and no other node's", async () => {
      const { queue } = store;
      await queue.enqueue("1", received("web01", "a"), 1);
      await queue.enqueue("2", received("web01", "b"), 2);
      await queue.enqueue("3", received("db01", "c"), 3);
      await queue.retry("1", 9000);
      expect(await due(8999)).toEqual(["3"]);
      expect(await due(9000)).toEqual(["1", "3"]);
      expect((await queue.due(9000, 1))[0]?.attempts).toBe(1);
    });

    it("buries what cannot be forwarded, lets the line go on, and puts it back in its old place", async () => {
      const { queue } = store;
      await queue.enqueue("1", received("web01", "first"), 1);
      await queue.enqueue("2", received("web01", "second"), 2);
      await queue.bury("1", "PuppetDB answered 400", 5);
      expect(await due(10)).toEqual(["2"]);
      expect(await queue.deadLetterCount()).toBe(1);
      const letter = await queue.deadLetter("1");
      expect(letter).toMatchObject({ id: "1", certname: "web01", stage: "forward", size: 5, version: 5 });
      expect(letter?.reason.reveal()).toBe("PuppetDB answered 400");
      expect(letter?.received.reveal()).toEqual(received("web01", "first"));
      expect(await queue.requeue("1")).toBe(true);
      expect(await queue.requeue("1")).toBe(false);
      expect(await due(10)).toEqual(["1"]);
      expect(await queue.deadLetterCount()).toBe(0);
    });

    it("keeps what could not be stored, lists by node and page, and drops", async () => {
      const { queue } = store;
      for (let i = 0; i < 5; i++) await queue.reject(`r${i}`, received(i % 2 ? "web01" : "db01", "x"), "no", i);
      const page = async (p: Parameters<typeof queue.deadLetters>[0]) =>
        (await queue.deadLetters(p)).map(({ id }) => id);
      expect(await page({ limit: 2, offset: 0 })).toEqual(["r4", "r3"]);
      expect(await page({ limit: 9, offset: 0, certname: "web01" })).toEqual(["r3", "r1"]);
      expect(await queue.deadLetterCount("db01")).toBe(3);
      expect(await queue.requeue("r1")).toBe(false);
      expect(await queue.dropDeadLetter("r1")).toBe(true);
      expect(await queue.dropDeadLetter("r1")).toBe(false);
      expect(await queue.deadLetter("r1")).toBeUndefined();
    });
  });
};
