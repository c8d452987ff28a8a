import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openSqliteStore } from "../../runtime/storage/sqlite/open.ts";
import { createRecordingLog } from "../support/log.ts";
import { createTestVault } from "../support/vault.ts";
import { describeChanges } from "./changes.ts";
import { describeDocuments, type OpenStore } from "./documents.ts";
import { describeEstate } from "./estate.ts";
import { describePlans } from "./plans.ts";
import { describeQueue } from "./queue.ts";
import { describeRetention } from "./retention.ts";
import { describeShown } from "./shown.ts";
import { describeByCount, describeShownResources } from "./shown-resources.ts";

const dir = mkdtempSync(join(tmpdir(), "hoppetdb-contract-"));
afterAll(() => rmSync(dir, { recursive: true }));
let count = 0;

const openAt = (path: () => string): OpenStore => async (clock) =>
  await openSqliteStore({ path: path(), vault: await createTestVault(), clock, log: createRecordingLog() });
const stores: [string, OpenStore][] = [
  ["SQLite in memory", openAt(() => ":memory:")],
  ["a SQLite file", openAt(() => join(dir, `${++count}.sqlite`))],
];

for (const [name, open] of stores) {
  describeDocuments(name, open);
  describeQueue(name, open);
  describeEstate(name, open);
  describePlans(name, open);
  describeRetention(name, open);
  describeShown(name, open);
  describeShownResources(name, open);
  describeByCount(name, open);
  describeChanges(name, open);
}
