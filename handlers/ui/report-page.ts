import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import type { NodeReport } from "../core/nodes/node-reports.ts";
import { AppError } from "../errors.ts";
import type { SessionEnv } from "../http/session.ts";
import { validate } from "../http/validate.ts";
import { runTags, statusBadge } from "./badges.ts";
import { eventList, eventsOf, placeOf } from "./events.ts";
import { empty, trail } from "./frame.ts";
import { counted, type Html, nothing, redacted } from "./html.ts";
import { nodeLink, reportsLink } from "./links.ts";
import { metricsView } from "./metrics.ts";
import { nodeName } from "./node-header.ts";
import type { PageDeps } from "./page-deps.ts";
import { clockTime, duration, when } from "./times.ts";
import { listOf, stringIn } from "./values.ts";

const mostEvents = 500;
const mostLogs = 2000;
const param = z.object({
  node: nodeName,
  report: z.string().regex(/^([0-9a-f]{40}|latest)$/, 'expected 40 hex digits, or "latest"'),
});

/** `/nodes/:node/reports/:report`: what happened in one run. */
export const reportPage = ({ nodes, clock, frame }: PageDeps) =>
  new Hono<SessionEnv>().get("/nodes/:node/reports/:report", validate("param", param), async (c) => {
    const { node: certname, report: id } = c.req.valid("param");
    const found = await nodes.seenBy(c.var.viewer).report(certname, id);
    if (!found) throw new AppError("not_found", `There is no such report of "${certname}"; it may have grown too old`);
    const { report } = found;
    return frame(c, {
      title: `Run of ${certname}`,
      section: "nodes",
      body: html`
        ${trail([["Nodes", "/"], [certname, nodeLink(certname)], ["Reports", reportsLink(certname)]])}
        <div class="heading">
          <h1>Run of ${certname}</h1>
          <div class="badges">${statusBadge(report.status)}${runTags(report)} ${when(
            report.end_time,
            clock.now(),
          )}</div>
        </div>
        ${happened(found)}
        ${logs(found)}
        ${report.metrics === null ? nothing : metricsView(report.metrics.value)}
        ${about(found)}
      `,
    });
  });

const happened = ({ report }: NodeReport): Html => {
  if (report.resources === null) return nothing;
  const { failed, changed, wouldChange, skipped } = eventsOf(report.resources.value);
  const main = [...failed, ...changed];
  const fold = (name: string, events: typeof skipped) =>
    events.length === 0
      ? nothing
      : html`<details class="fold"><summary>${name} <span class="count">${events.length}</span></summary>
${eventList(events.slice(0, mostEvents))}${cut(events.length, mostEvents)}</details>`;
  return html`<section class="card"><h2>What happened</h2>
${main.length === 0 ? empty("Nothing was changed, and nothing failed.") : eventList(main.slice(0, mostEvents))}
${cut(main.length, mostEvents)}
${fold("Would have been changed", wouldChange)}
${fold("Skipped", skipped)}
</section>`;
};

const cut = (size: number, most: number): Html =>
  size <= most ? nothing : html`<p class="more">${counted(size - most, "more", "more")}, which the API has.</p>`;

const levels: Readonly<Record<string, string>> = {
  debug: "unreported",
  info: "unreported",
  notice: "changed",
  warning: "outdated",
  err: "failed",
  alert: "failed",
  emerg: "failed",
  crit: "failed",
};

const logs = ({ report }: NodeReport): Html => {
  const lines = listOf(report.logs?.value);
  return html`<section class="card"><h2>Log</h2>
${
    report.logs === null
      ? empty("The log of a run without changes is kept for a day.")
      : lines.length === 0
      ? empty("No lines.")
      : nothing
  }
${
    lines.length === 0 ? nothing : html`<ol class="log">${
      lines.slice(0, mostLogs).map((line) => {
        const level = stringIn(line, "level");
        const place = placeOf(line);
        return html`<li class="${levels[level] ?? "unreported"}">
<span class="at">${clockTime(stringIn(line, "time"))}</span> <span class="level">${redacted(level)}</span>
<div class="line"><span class="message">${redacted(stringIn(line, "message").replace(/^\n+|\n+$/g, ""))}</span>
<span class="source">${redacted(stringIn(line, "source"))}${
          place === "" ? nothing : html`
            · ${redacted(place)}
          `
        }</span></div>
</li>`;
      })
    }</ol>${cut(lines.length, mostLogs)}`
  }
</section>`;
};

const about = ({ id, environment, report }: NodeReport): Html => {
  const pairs: readonly (readonly [string, string | null])[] = [
    ["Environment", environment],
    ["Configuration version", report.configuration_version],
    ["Took", duration(report.start_time, report.end_time)],
    ["Compiled by", report.producer],
    ["Puppet", report.puppet_version],
    ["Cached catalog", report.cached_catalog_status],
    ["Catalog", report.catalog_uuid],
    ["Transaction", report.transaction_uuid],
    ["Code id", report.code_id],
    ["Job", report.job_id],
    ["Report", id],
  ];
  return html`
    <section class="card">
      <h2>About this run</h2>
      <dl class="pairs">${pairs.filter(([, value]) => value !== null && value !== "").map(([name, value]) =>
        html`
          <dt>${name}</dt>
          <dd>${redacted(value!)}</dd>
        `
      )}</dl>
    </section>
  `;
};
