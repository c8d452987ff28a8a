import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

// Every benchmark, each in a process of its own so that none warms the other. `npm run bench -- redaction` runs one.
const here = fileURLToPath(new URL(".", import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(here).filter((name) => name.endsWith(".bench.ts"));
let failed = 0;
for (const file of files.filter((name) => wanted.length === 0 || wanted.some((each) => name.startsWith(each)))) {
  console.log(`\n== ${file.replace(".bench.ts", "")}`);
  failed += spawnSync(process.execPath, [`${here}${file}`], { stdio: "inherit" }).status === 0 ? 0 : 1;
}
process.exitCode = failed === 0 ? 0 : 1;
