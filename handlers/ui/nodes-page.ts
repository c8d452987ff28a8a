import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import { RE2JS } from "re2js";
import { type LettersDeps, lettersSeenBy } from "../core/nodes/dead-letters.ts";
import { type NodeSort, nodeSorts } from "../core/nodes/list-nodes.ts";
import { type NodeStatus, nodeStatuses } from "../core/nodes/node-status.ts";
import type { NodeSummary } from "../core/nodes/node-summary.ts";
import type { SessionEnv } from "../http/session.ts";
import { validate } from "../http/validate.ts";
import { runTags, statusBadge, statusWords } from "./badges.ts";
import { empty, notice } from "./frame.ts";
import { ariaCurrent, chosen, counted, grouped, type Html, nothing } from "./html.ts";
import { icon } from "./icons.ts";
import { catalogLink, factsLink, link, nodeLink, reportsLink } from "./links.ts";
import { choice, pageNumber, searchText } from "./page-query.ts";
import { pager, sortHeading } from "./pager.ts";
import type { PageDeps } from "./page-deps.ts";
import { ago, when } from "./times.ts";

const limit = 50;
const sorts = Object.keys(nodeSorts) as [NodeSort, ...NodeSort[]];
const query = z.object({
  q: searchText(),
  environment: searchText(),
  status: choice(nodeStatuses),
  show: choice(["active", "disabled", "all"]),
  sort: choice(sorts),
  order: choice(["asc", "desc"]),
  page: pageNumber(),
});
type Query = z.output<typeof query>;

/** The first page: all nodes with the state of their last run. */
export const nodesPage = (
  deps: PageDeps & { readonly queue: LettersDeps["queue"] },
) =>
  new Hono<SessionEnv>().get("/", validate("query", query), async (c) => {
    const asked = c.req.valid("query");
    const show = asked.show ?? "active";
    const sort = asked.sort ?? "id";
    const filter = {
      name: asked.q === undefined ? undefined : { matches: `(?i)${RE2JS.quote(asked.q)}` },
      environment: asked.environment === undefined ? undefined : { is: asked.environment },
      disabled: show === "all" ? undefined : show === "disabled",
    };
    const { viewer } = c.var;
    const nodes = deps.nodes.seenBy(viewer);
    const [found, environments, letters] = await Promise.all([
      nodes.list({
        ...filter,
        statuses: asked.status === undefined ? undefined : [asked.status],
        sort,
        direction: asked.order ?? "asc",
        limit,
        offset: (asked.page - 1) * limit,
      }),
      nodes.environments(),
      viewer.may("NODES:DEAD_LETTERS::GET") ? lettersSeenBy(deps, viewer).count() : 0,
    ]);
    const filtered = asked.q !== undefined || asked.environment !== undefined || asked.status !== undefined;
    const now = deps.clock.now();
    return deps.frame(c, {
      title: "Nodes",
      section: "nodes",
      body: html`
        <div class="heading">
          <h1>Nodes</h1>
        </div>
        ${letters > 0 ? lettersNotice(letters) : nothing}
        ${tiles(asked, found.counts)}
        ${form(asked, environments)}
        ${found.nodes.length > 0
          ? table(found.nodes, { sort, direction: asked.order ?? "asc" }, asked, now)
          : empty(filtered || show !== "active" || asked.page > 1 ? "No node fits." : welcome())}
        ${pager({ page: asked.page, size: found.size, limit }, (page) => here({ ...asked, page }))}
      `,
    });
  });

/** The address of this page with these filters. */
const here = (to: Partial<Query>): string => link("/", { ...to, page: to.page === 1 ? undefined : to.page });

const lettersNotice = (count: number): Html =>
  notice(
    "bad",
    html`<a href="/dead-letters">${counted(count, "command")} could not be stored or forwarded</a>`,
  );

const welcome = (): Html =>
  html`Nothing has come in yet. Nodes appear here as soon as a Puppetserver stores facts, a catalog or a report through port 8002.`;

const tiles = (asked: Query, counts: Readonly<Record<NodeStatus, number>>): Html => {
  const all = Object.values(counts).reduce((sum, each) => sum + each, 0);
  const shown = nodeStatuses.filter((each) => each !== "unknown" || counts.unknown > 0 || asked.status === "unknown");
  const tile = (status: NodeStatus | undefined, count: number, name: string) =>
    html`<li><a class="tile ${status ?? "all"}${count === 0 ? " zero" : ""}" href="${
      here({ ...asked, status, page: 1 })
    }" ${ariaCurrent(asked.status === status)}><span class="number">${grouped(count)}</span> <span class="name">${
      icon(status ?? "all")
    }${name}</span></a></li>`;
  return html`
    <nav aria-label="State of the last run">
      <ul class="tiles">${tile(undefined, all, "All")}${shown.map((each) =>
        tile(each, counts[each], statusWords[each])
      )}</ul>
    </nav>
  `;
};

const form = (asked: Query, environments: readonly string[]): Html => {
  const option = (value: string, name: string, selected: boolean) =>
    html`
      <option value="${value}" ${chosen(selected)}>${name}</option>
    `;
  const known = asked.environment === undefined || environments.includes(asked.environment)
    ? environments
    : [asked.environment, ...environments];
  return html`<form class="filters" method="get" action="/" role="search">
<label class="grow">Name <input type="search" name="q" value="${
    asked.q ?? ""
  }" maxlength="200" autocomplete="off" spellcheck="false" placeholder="Part of the certname"></label>
<label>Environment <select name="environment">${option("", "Any", asked.environment === undefined)}${
    known.map((each) => option(each, each, each === asked.environment))
  }</select></label>
<label>Nodes <select name="show">${option("active", "Active", (asked.show ?? "active") === "active")}${
    option("disabled", "Deactivated or expired", asked.show === "disabled")
  }${option("all", "All", asked.show === "all")}</select></label>
${hidden("status", asked.status)}${hidden("sort", asked.sort)}${hidden("order", asked.order)}
<button>${icon("search")}Search</button>
</form>`;
};

const hidden = (name: string, value: string | undefined): Html =>
  value === undefined ? nothing : html`<input type="hidden" name="${name}" value="${value}">`;

const table = (
  nodes: readonly NodeSummary[],
  current: { readonly sort: NodeSort; readonly direction: "asc" | "desc" },
  asked: Query,
  now: number,
): Html => {
  const heading = (name: string, key: NodeSort, first?: "desc") =>
    sortHeading(
      { name, key, ...(first ? { first } : {}) },
      current,
      (sort, order) => here({ ...asked, sort: sort as NodeSort, order, page: 1 }),
      (direction) => icon(direction === "asc" ? "up" : "down"),
    );
  return html`
    <table class="list cards">
      <caption class="hidden">Nodes and the state of their last run</caption>
      <thead>
        <tr>${heading("Node", "id")}${heading("Last run", "report.status")}${heading(
          "Reported",
          "change_report",
          "desc",
        )}${heading("Catalog", "change_catalog", "desc")}${heading("Facts", "change_facts", "desc")}</tr>
      </thead>
      <tbody>
    ${nodes.map((node) => row(node, now))}
      </tbody>
    </table>
  `;
};

const row = (node: NodeSummary, now: number): Html =>
  html`
    <tr>
      <th scope="row"><a class="name" href="${nodeLink(node.id)}">${node.id}</a>${node.environment === null
        ? nothing
        : html`
          <span class="sub">${node.environment}</span>
        `}${node.disabled
        ? html`
          <span class="tag">${node.deactivated === null ? "expired" : "deactivated"}</span>
        `
        : nothing}</th>
      <td data-label="Last run">
        <div class="badges">${node.report === null
          ? statusBadge(node.report_status_computed)
          : html`<a class="plain" href="${reportsLink(node.id, node.report.hash)}">${
            statusBadge(node.report_status_computed)
          }</a>`}${outdatedStatus(node)}${runTags(node.report)}</div>
      </td>
      <td data-label="Reported">${when(node.change_report, now)}</td>
      <td data-label="Catalog">${node.change_catalog === null
        ? when(null, now)
        : html`<a class="plain" href="${catalogLink(node.id)}">${ago(node.change_catalog, now)}</a>`}${node.catalog
        ? html`
          <span class="sub">${counted(node.catalog.num_resources, "resource")}</span>
        `
        : nothing}</td>
      <td data-label="Facts">${node.change_facts === null
        ? when(null, now)
        : html`<a class="plain" href="${factsLink(node.id)}">${ago(node.change_facts, now)}</a>`}</td>
    </tr>
  `;

/** What the run came to that is outdated by now. */
const outdatedStatus = (node: NodeSummary): Html =>
  node.report_status_computed === "outdated" && node.report?.status
    ? html`
      <span class="sub">was ${node.report.status}</span>
    `
    : nothing;
