import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import type { ReportSummary } from "../core/nodes/node-reports.ts";
import type { ReportStatus } from "../core/nodes/node-status.ts";
import type { SessionEnv } from "../http/session.ts";
import { validate } from "../http/validate.ts";
import { runTags, statusBadge } from "./badges.ts";
import { empty } from "./frame.ts";
import { ariaCurrent, type Html } from "./html.ts";
import { link, reportsLink } from "./links.ts";
import { nodeHeader, nodeParam, unknownNode } from "./node-header.ts";
import type { PageDeps } from "./page-deps.ts";
import { choice, pageNumber } from "./page-query.ts";
import { pager } from "./pager.ts";
import { duration, when } from "./times.ts";

const limit = 25;
const query = z.object({ show: choice(["changes", "failed"]), page: pageNumber() });
const statusesOf: Readonly<Record<"changes" | "failed", readonly ReportStatus[]>> = {
  changes: ["changed", "failed"],
  failed: ["failed"],
};

/** `/nodes/:node/reports`: the runs of a node. */
export const reportsPage = ({ nodes, clock, frame }: PageDeps) =>
  new Hono<SessionEnv>().get("/nodes/:node/reports", nodeParam, validate("query", query), async (c) => {
    const { node: certname } = c.req.valid("param");
    const { show, page } = c.req.valid("query");
    const seen = nodes.seenBy(c.var.viewer);
    const [node, { reports, size }] = await Promise.all([
      seen.find(certname),
      seen.reports(certname, {
        statuses: show === undefined ? undefined : statusesOf[show],
        direction: "desc",
        limit,
        offset: (page - 1) * limit,
      }),
    ]);
    if (!node) throw unknownNode(certname);
    const here = (to: { show?: string | undefined; page?: number }) => link(reportsLink(certname), to);
    const views = [[undefined, "All runs"], ["changes", "With changes"], ["failed", "Failed"]] as const;
    return frame(c, {
      title: `Reports of ${certname}`,
      section: "nodes",
      body: html`
        ${nodeHeader(node, "reports", "p")}
        <div class="heading small">
          <h1>Reports</h1>
          <nav class="views" aria-label="Which runs">
            <ul>${views.map(([id, name]) =>
              html`<li><a href="${here({ show: id })}" ${ariaCurrent(id === show)}>${name}</a></li>`
            )}</ul>
          </nav>
        </div>
        ${reports.length === 0
          ? empty(show === undefined ? "No report has come yet." : "No run of this kind is kept.")
          : reportTable(certname, reports, clock.now())}
        ${pager({ page, size, limit }, (to) => here({ show, page: to }))}
      `,
    });
  });

/** Runs as rows, each with the way to its report. */
export const reportTable = (certname: string, reports: readonly ReportSummary[], now: number): Html =>
  html`
    <table class="list cards">
      <caption class="hidden">Runs, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Ended</th>
          <th scope="col">Outcome</th>
          <th scope="col" class="figure">Took</th>
          <th scope="col">Environment</th>
        </tr>
      </thead>
      <tbody>${reports.map(({ id, environment, report }) =>
        html`
          <tr>
            <th scope="row"><a href="${reportsLink(certname, id)}">${when(report.end_time, now)}</a></th>
            <td data-label="Outcome">
              <div class="badges">${statusBadge(report.status)}${runTags(report)}</div>
            </td>
            <td data-label="Took" class="figure">${duration(report.start_time, report.end_time)}</td>
            <td data-label="Environment">${environment ?? ""}</td>
          </tr>
        `
      )}</tbody>
    </table>
  `;
