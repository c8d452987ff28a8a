import { describe, expect, it } from "vitest";
import { runDue, type Task } from "../../../../handlers/core/periodic/run-due.ts";
import { createTestClock } from "../../../support/clock.ts";
import { createMemoryDocuments } from "../../../support/documents.ts";
import { createRecordingLog } from "../../../support/log.ts";

const setUp = () => {
  const clock = createTestClock();
  const { documents } = createMemoryDocuments(clock);
  const log = createRecordingLog();
  const signal = new AbortController().signal;
  const ran: string[] = [];
  const task = (name: string, run: Task["run"] = () => Promise.resolve()): Task => ({
    name,
    every: 10_000,
    run: async (signal) => {
      ran.push(name);
      return await run(signal);
    },
  });
  const go = (tasks: readonly Task[], holder = "one") => runDue({ tasks, documents, clock, log, holder, signal });
  return { clock, documents, log, ran, task, go };
};

describe("runDue", () => {
  it("runs what is due, and not again before its time", async () => {
    const { clock, ran, task, go } = setUp();
    const tasks = [task("prune"), task("forward")];
    expect(await go(tasks)).toEqual(["prune", "forward"]);
    expect(await go(tasks, "another process")).toEqual([]);
    clock.advance(9_999);
    expect(await go(tasks)).toEqual([]);
    clock.advance(1);
    expect(await go(tasks, "another process")).toEqual(["prune", "forward"]);
    expect(ran).toHaveLength(4);
  });

  it("lets one process at a time have a task", async () => {
    const { ran, task, go } = setUp();
    const tasks = [task("prune", () => new Promise((resolve) => setTimeout(resolve, 20)))];
    await Promise.all([go(tasks, "one"), go(tasks, "two"), go(tasks, "three")]);
    expect(ran).toEqual(["prune"]);
  });

  it("runs a task again at once when it says that there is more", async () => {
    const { task, go } = setUp();
    const tasks = [task("prune", () => Promise.resolve(true))];
    expect(await go(tasks)).toEqual(["prune"]);
    expect(await go(tasks)).toEqual(["prune"]);
  });

  it("logs a task that fails and runs the others", async () => {
    const { log, task, go } = setUp();
    const tasks = [task("prune", () => Promise.reject(new Error("no"))), task("forward")];
    expect(await go(tasks)).toEqual(["prune", "forward"]);
    expect(log.lines).toMatchObject([{ level: "error", event: "Periodic task failed", fields: { task: "prune" } }]);
    expect(await go(tasks)).toEqual([]);
  });

  it("takes a task over from a process that died, whose late end changes nothing", async () => {
    const { clock, documents, ran, task, go } = setUp();
    let end = () => {};
    const stuck = task("prune", () => new Promise((resolve) => end = () => resolve()));
    const first = go([stuck], "dead");
    await new Promise((resolve) => setTimeout(resolve, 5));
    clock.advance(60_000);
    const takeOver = task("prune");
    expect(await go([takeOver], "living")).toEqual(["prune"]);
    end();
    await first;
    expect(ran).toEqual(["prune", "prune"]);
    expect(await documents.get("leases", "prune")).toMatchObject({ holder: "living" });
  });
});
