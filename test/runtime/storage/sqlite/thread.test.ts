import { describe, expect, it } from "vitest";
import { startThread, type Thread } from "../../../../runtime/storage/sqlite/thread.ts";
import { createRecordingLog } from "../../../support/log.ts";

const url = new URL("./fragile-worker.ts", import.meta.url);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const write = (thread: Thread, name: string, size = 0) => thread.ask<string>({ do: "write", name, args: [] }, size);

describe("a thread of the store", () => {
  for (const end of ["throw", "exit"]) {
    it(`that dies (${end}) refuses what it owes, says so, and is begun anew`, async () => {
      const log = createRecordingLog();
      const thread = await startThread({ url, workerData: { role: "writer" }, log });
      expect(await write(thread, "hello")).toBe("hello");
      const owed = [write(thread, "wait"), write(thread, end)];
      for (const each of await Promise.allSettled(owed)) {
        expect(each).toMatchObject({ status: "rejected", reason: { code: "unavailable", retryAfter: 2 } });
      }
      expect(log.lines.filter(({ event }) => event === "Store thread died")).toMatchObject([
        { level: "error", fields: { role: "writer", waiting: 2 } },
      ]);
      expect(thread.owes()).toBe(0);
      // not begun again and again where it dies at once
      await expect(write(thread, "early")).rejects.toMatchObject({ code: "unavailable" });
      await sleep(1100);
      expect(await write(thread, "again")).toBe("again");
      expect(log.lines.some(({ event }) => event === "Store thread stands again")).toBe(true);
      await thread.close();
      await expect(write(thread, "late")).rejects.toMatchObject({
        code: "unavailable",
        message: "The store is closed",
      });
    });
  }

  it("that cannot stand is not there", async () => {
    const log = createRecordingLog();
    await expect(startThread({ url, workerData: { role: "broken" }, log })).rejects.toMatchObject({
      code: "internal",
      message: "It cannot stand",
    });
  });

  it("takes no more than it may hold", async () => {
    const log = createRecordingLog();
    const most = { count: 4, bytes: 1000 };
    const thread = await startThread({ url, workerData: { role: "writer" }, log, most });
    const waiting = [write(thread, "wait", 600), write(thread, "wait", 300)];
    await expect(write(thread, "much", 200)).rejects.toMatchObject({
      code: "unavailable",
      message: "The store has too much to do",
      retryAfter: 5,
    });
    const small = write(thread, "small");
    waiting.push(write(thread, "wait"));
    await expect(write(thread, "many")).rejects.toMatchObject({ code: "unavailable" });
    expect(await small).toBe("small");
    const ended = Promise.allSettled([...waiting, write(thread, "exit")]);
    expect((await ended).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
    await thread.close();
  });
});
