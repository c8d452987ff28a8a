// A process that fills a store: `stored NAME` or `refused NAME` for each of 60 nodes, then whether it can still read.
import process from "node:process";
import { AppError } from "../../../../handlers/errors.ts";
import { openSqliteStore } from "../../../../runtime/storage/sqlite/open.ts";
import { createTestClock } from "../../../support/clock.ts";
import { factsOf } from "../../../support/estate.ts";
import { createRecordingLog } from "../../../support/log.ts";
import { createTestVault } from "../../../support/vault.ts";

const [path = "", size = "large"] = process.argv.slice(2);
const store = await openSqliteStore({
  path,
  vault: await createTestVault(),
  clock: createTestClock(),
  log: createRecordingLog(),
});
const text = "x".repeat(size === "large" ? 150_000 : 10);
for (let i = 0; i < 60; i += 3) {
  await Promise.all([i, i + 1, i + 2].map(async (n) => {
    try {
      await store.estate.apply(factsOf(`node${n}`, n, JSON.stringify({ n, text })), n);
      console.log(`stored node${n}`);
    } catch (error) {
      console.log(`refused node${n}\ncode ${(error as AppError).code}`);
    }
  }));
}
try {
  await store.estate.count({ entity: "nodes", select: [] });
  console.log("read ok");
} catch (error) {
  console.log(`read ${error}`);
}
await store.close();
