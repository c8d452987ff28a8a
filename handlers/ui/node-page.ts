import { Hono } from "hono";
import { html } from "hono/html";
import type { NodeFacts } from "../core/nodes/node-facts.ts";
import type { NodeReport, ReportSummary } from "../core/nodes/node-reports.ts";
import type { NodeSummary } from "../core/nodes/node-summary.ts";
import type { Nodes } from "../core/nodes/nodes.ts";
import { noteChange } from "../http/audited.ts";
import { assertMay } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { statusBadge } from "./badges.ts";
import { eventList, eventsOf } from "./events.ts";
import { empty, notice, trail } from "./frame.ts";
import { counted, type Html, nothing } from "./html.ts";
import { catalogLink, factsLink, nodeLink, reportsLink } from "./links.ts";
import { nodeHeader, nodeParam, unknownNode } from "./node-header.ts";
import type { PageDeps } from "./page-deps.ts";
import { reportTable } from "./reports-page.ts";
import { duration, when } from "./times.ts";
import { fieldIn, valueView } from "./values.ts";

const shownEvents = 10;

/** Facts that tell at a glance what a node is, if it has them. */
const keyFacts: readonly (readonly [name: string, path: readonly string[]])[] = [
  ["System", ["os", "distro", "description"]],
  ["Kernel", ["kernelrelease"]],
  ["Architecture", ["os", "architecture"]],
  ["Address", ["networking", "ip"]],
  ["IPv6 address", ["networking", "ip6"]],
  ["Virtual", ["virtual"]],
  ["Processors", ["processors", "count"]],
  ["Memory", ["memory", "system", "total"]],
  ["Up", ["system_uptime", "uptime"]],
  ["Puppet", ["puppetversion"]],
];

/** `/nodes/:node`: one node at a glance; and the way to remove it. */
export const nodePage = (
  deps: PageDeps & {
    /** Removes a node with all that hangs on it, for this user; tells what went. Undefined: there was none. */
    readonly remove: (certname: string, by: string) => Promise<unknown>;
  },
) => {
  const { nodes, clock, frame } = deps;
  const find = async (seen: Nodes, certname: string): Promise<NodeSummary> => {
    const found = await seen.find(certname);
    if (!found) throw unknownNode(certname);
    return found;
  };
  return new Hono<SessionEnv>()
    .get("/nodes/:node", nodeParam, async (c) => {
      const { node: certname } = c.req.valid("param");
      const seen = nodes.seenBy(c.var.viewer);
      const node = await find(seen, certname);
      const [facts, latest, { reports, size }] = await Promise.all([
        seen.facts(certname),
        node.report === null ? undefined : seen.report(certname, node.report.hash),
        seen.reports(certname, { direction: "desc", limit: 5, offset: 0 }),
      ]);
      const now = clock.now();
      return frame(c, {
        title: certname,
        section: "nodes",
        body: html`
          ${nodeHeader(node, "overview")}
          <div class="columns">
            <div>
          ${lastRun(node, latest, now)}
          ${recent(certname, reports, size, now)}
            </div>
            <div>
          ${about(node, facts, now)}
          ${c.var.viewer.may("NODES::DELETE") ? removal(certname) : nothing}
            </div>
          </div>
        `,
      });
    })
    .get("/nodes/:node/remove", nodeParam, async (c) => {
      const { node: certname } = c.req.valid("param");
      assertMay(c, "NODES::DELETE");
      await find(nodes.seenBy(c.var.viewer), certname);
      return frame(c, {
        title: `Remove ${certname}`,
        section: "nodes",
        body: html`
          ${trail([["Nodes", "/"], [certname, nodeLink(certname)]])}
          <div class="heading">
            <h1>Remove ${certname}?</h1>
          </div>
          <section class="card narrow">
            <p>Its facts, catalogs and reports are deleted for good. Certificates of our own CA are revoked: then it has to be enrolled again. Where the Puppetserver is the CA, its certificate stays as it is, and the node comes back with its next run.</p>
            <form class="actions" method="post" action="${nodeLink(certname)}/remove">
          <button class="danger">Remove</button> <a class="button" href="${nodeLink(certname)}">Keep it</a>
            </form>
          </section>
        `,
      });
    })
    .post("/nodes/:node/remove", nodeParam, async (c) => {
      const { node: certname } = c.req.valid("param");
      assertMay(c, "NODES::DELETE");
      await find(nodes.seenBy(c.var.viewer), certname);
      const removed = await deps.remove(certname, c.var.user.id);
      if (!removed) throw unknownNode(certname);
      noteChange(c, { target: `nodes/${certname}`, before: removed });
      return c.redirect("/", 303);
    });
};

const removal = (certname: string): Html =>
  html`
    <section class="card quiet">
      <h2>Remove</h2>
      <p>Forgets the node with its facts, catalogs and reports, and revokes its certificate.</p>
      <p><a class="button" href="${nodeLink(certname)}/remove">Remove this node…</a></p>
    </section>
  `;

const lastRun = (node: NodeSummary, latest: NodeReport | undefined, now: number): Html => {
  if (!latest) return html`<section class="card"><h2>Last run</h2>${empty("No report has come yet.")}</section>`;
  const { report } = latest;
  const events = eventsOf(report.resources?.value);
  const notable = [...events.failed, ...events.changed, ...events.wouldChange];
  const took = duration(report.start_time, report.end_time);
  return html`<section class="card"><h2>Last run</h2>
<p class="run">${statusBadge(report.status)} ${when(report.end_time, now)}${
    took === "" ? nothing : html`
      <span class="sub">took ${took}</span>
    `
  }</p>
${node.report_status_computed === "outdated" ? notice("note", html`The node has been silent since then.`) : nothing}
${notable.length === 0 ? empty("Nothing had to be changed.") : eventList(notable.slice(0, shownEvents), true)}
<p class="more"><a href="${reportsLink(node.id, latest.id)}">${
    notable.length > shownEvents
      ? `All ${counted(notable.length, "event")}, logs and metrics`
      : "The whole report, with logs and metrics"
  }</a></p>
</section>`;
};

const recent = (certname: string, reports: readonly ReportSummary[], size: number, now: number): Html =>
  reports.length === 0 ? nothing : html`<section class="card"><h2>Recent runs</h2>
${reportTable(certname, reports, now)}
<p class="more"><a href="${reportsLink(certname)}">${counted(size, "report")}</a></p>
</section>`;

const about = (node: NodeSummary, facts: NodeFacts | undefined, now: number): Html => {
  const known = keyFacts.flatMap(([name, path]) => {
    const value = path.reduce<unknown>(fieldIn, facts?.facts.value);
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  return html`
    <section class="card">
      <h2>About</h2>
      <dl class="pairs">
    <dt>Catalog</dt><dd>${node.change_catalog === null
      ? when(null, now)
      : html`<a href="${catalogLink(node.id)}">${when(node.change_catalog, now)}</a>`}${node.catalog
      ? html`<br><span class="sub">${counted(node.catalog.num_resources, "resource")}</span>`
      : nothing}</dd>
    <dt>Facts</dt><dd>${node.change_facts === null
      ? when(null, now)
      : html`<a href="${factsLink(node.id)}">${when(node.change_facts, now)}</a>`}</dd>
    ${node.deactivated === null ? nothing : html`
      <dt>Deactivated</dt>
      <dd>${when(node.deactivated, now)}</dd>
    `}
    ${node.expired === null ? nothing : html`
      <dt>Expired</dt>
      <dd>${when(node.expired, now)}</dd>
    `}
    ${known.map(([name, value]) =>
      html`
        <dt>${name}</dt>
        <dd>${valueView(value)}</dd>
      `
    )}
      </dl>
    </section>
  `;
};
