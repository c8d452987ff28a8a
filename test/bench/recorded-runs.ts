import { readFileSync } from "node:fs";
import { parseCommand } from "../../handlers/core/commands/parse-command.ts";
import type { Command } from "../../handlers/interfaces/command.ts";

const folder = new URL("../fixtures/puppet/commands/", import.meta.url);
const text = (name: string) => readFileSync(new URL(name, folder), "utf8");
export const recorded = [
  ["replace facts", 5, text("16-web01-run2-changed-facts-replace_facts.json")],
  ["replace catalog", 9, text("17-web01-run2-changed-facts-replace_catalog.json")],
  ["store report", 8, text("24-web01-run3-noop-store_report.json")],
] as const;
export const day0 = Date.UTC(2026, 10, 1);

/** One run of one node: facts that differ a little each time, a catalog that does so every tenth run, a report. */
export const runOf = (certname: string, run: number): Promise<Command[]> => {
  const at = new Date(day0 + run * 1_800_000).toISOString();
  return Promise.all(recorded.map(async ([command, version, body]) => {
    const changed = command === "replace catalog" ? Math.floor(run / 10) : run;
    const payload = body.replaceAll("web01.example.test", certname)
      .replaceAll(/"(producer_timestamp|start_time|end_time)":"[^"]+"/g, `"$1":"${at}"`)
      .replace(/"uptime_seconds":\d+/, `"uptime_seconds":${changed}`)
      .replace('"noop":false,"noop_pending":true', '"noop":false,"noop_pending":false')
      .replace(
        /"status":"(changed|noop|unchanged)","noop"/,
        `"status":"${run % 10 === 0 ? "changed" : "unchanged"}","noop"`,
      )
      .replace("workers 2", `workers ${changed}`);
    return await parseCommand({
      command,
      version,
      certname,
      producer_timestamp: null,
      payload: new TextEncoder().encode(payload),
    }, 0);
  }));
};
