// A process of its own on a store, for the tests: applies commands until it is killed, or adds one secret. Prints a line
// for each change once it is acknowledged.
import process from "node:process";
import { parseCommand } from "../../../../handlers/core/commands/parse-command.ts";
import { openSqliteStore } from "../../../../runtime/storage/sqlite/open.ts";
import { systemClock } from "../../../../runtime/system.ts";
import { createRecordingLog } from "../../../support/log.ts";
import { createTestVault } from "../../../support/vault.ts";

const [path = "", task = "", from = "0"] = process.argv.slice(2);
const store = await openSqliteStore({
  path,
  vault: await createTestVault(),
  clock: systemClock,
  log: createRecordingLog(),
});

if (task === "add-secret") {
  await store.documents.insert("redactor_secrets", { id: "from-child", fingerprint: "f" });
  console.log("done");
  await store.close();
} else {
  let next = Number(from);
  const one = async (): Promise<void> => {
    for (;;) {
      const n = next++;
      const payload = new TextEncoder().encode(JSON.stringify({
        certname: `node${n}`,
        environment: "production",
        producer_timestamp: "2026-01-01T00:00:00Z",
        producer: null,
        values: { n },
      }));
      const received = {
        command: "replace facts",
        version: 5,
        certname: `node${n}`,
        producer_timestamp: null,
        payload,
      };
      await Promise.all([
        store.estate.apply(await parseCommand(received, 0), systemClock.now()),
        store.queue.enqueue(`id${n}`, received, systemClock.now()),
      ]);
      process.stdout.write(`${n}\n`);
    }
  };
  await Promise.all([one(), one(), one(), one()]);
}
