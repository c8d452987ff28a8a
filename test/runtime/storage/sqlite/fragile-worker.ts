// A thread for the tests of thread.ts: answers, dies, or waits as it is told.
import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import type { Request } from "../../../../runtime/storage/sqlite/protocol.ts";

const port = parentPort!;
const { role } = workerData as { role: string };
port.on("message", (request: Request) => {
  if (request.do === "close") port.postMessage({ id: request.id, result: undefined });
  if (request.do !== "write") return;
  switch (request.name) {
    case "throw":
      throw new Error("the thread broke");
    case "exit":
      process.exit(3);
      break;
    case "wait":
      return;
    default:
      port.postMessage({ id: request.id, result: request.name });
  }
});
port.postMessage(
  role === "broken" ? { id: 0, failure: { code: "internal", message: "It cannot stand" } } : { id: 0, result: "ready" },
);
