// A process of its own that records events in a store, for the tests.
import process from "node:process";
import { openSqliteStore } from "../../../../runtime/storage/sqlite/open.ts";
import { systemClock } from "../../../../runtime/system.ts";
import { eventOf, openTestAudit } from "../../../support/audit.ts";
import { createRecordingLog } from "../../../support/log.ts";
import { createTestVault } from "../../../support/vault.ts";

const [path = "", count = "0", seed = "0"] = process.argv.slice(2);
const vault = await createTestVault();
const store = await openSqliteStore({ path, vault, clock: systemClock, log: createRecordingLog() });
const { audit } = await openTestAudit({ documents: store.documents, vault, seed: Number(seed) });
const one = async (from: number): Promise<void> => {
  for (let i = from; i < Number(count); i += 4) {
    await audit.record(eventOf({ actor: `child${seed}`, target: `things/${i}` }));
  }
};
await Promise.all([0, 1, 2, 3].map(one));
await store.close();
