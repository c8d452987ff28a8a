import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import type { NodeCatalog } from "../core/nodes/node-catalogs.ts";
import type { Nodes } from "../core/nodes/nodes.ts";
import type { NodeSummary } from "../core/nodes/node-summary.ts";
import { AppError } from "../errors.ts";
import type { SessionEnv } from "../http/session.ts";
import { validate } from "../http/validate.ts";
import { empty } from "./frame.ts";
import { ariaCurrent, chosen, counted, type Html, nothing, redacted } from "./html.ts";
import { icon } from "./icons.ts";
import { catalogLink, catalogsLink, link } from "./links.ts";
import { nodeHeader, nodeName, nodeParam, unknownNode } from "./node-header.ts";
import type { PageDeps } from "./page-deps.ts";
import { pageNumber, searchText } from "./page-query.ts";
import { pager } from "./pager.ts";
import { type CatalogItem, itemsOf, resourceView } from "./resources.ts";
import { when } from "./times.ts";

const limit = 200;
const query = z.object({ q: searchText(), type: searchText(), page: pageNumber() });
type Query = z.output<typeof query>;
const byId = z.object({
  node: nodeName,
  catalog: z.string().regex(/^[\w.:-]{1,200}$/, "expected the id of a catalog"),
});

/** `/nodes/:node/catalog` and `/nodes/:node/catalogs`: the current catalog of a node, and the earlier ones. */
export const catalogPages = ({ nodes, clock, frame }: PageDeps) => {
  const find = async (seen: Nodes, certname: string): Promise<NodeSummary> => {
    const node = await seen.find(certname);
    if (!node) throw unknownNode(certname);
    return node;
  };
  const page = (node: NodeSummary, catalog: NodeCatalog | undefined, asked: Query, path: string) => ({
    title: `Catalog of ${node.id}`,
    section: "nodes" as const,
    body: html`${nodeHeader(node, "catalog", "p")}
<div class="heading small"><h1>${catalog?.current === false ? "Earlier catalog" : "Catalog"}</h1>${
      catalog ? when(catalog.created ?? node.change_catalog, clock.now()) : nothing
    }<a class="aside" href="${catalogsLink(node.id)}">History</a></div>
${catalog ? content(catalog, asked, path) : empty("No catalog has come yet.")}`,
  });
  return new Hono<SessionEnv>()
    .get("/nodes/:node/catalog", nodeParam, validate("query", query), async (c) => {
      const seen = nodes.seenBy(c.var.viewer);
      const { node: certname } = c.req.valid("param");
      const [node, catalog] = await Promise.all([find(seen, certname), seen.catalog(certname)]);
      return frame(c, page(node, catalog, c.req.valid("query"), catalogLink(certname)));
    })
    .get("/nodes/:node/catalogs/:catalog", validate("param", byId), validate("query", query), async (c) => {
      const seen = nodes.seenBy(c.var.viewer);
      const { node: certname, catalog: id } = c.req.valid("param");
      const [node, catalog] = await Promise.all([find(seen, certname), seen.catalogById(certname, id)]);
      if (!catalog) {
        throw new AppError("not_found", `There is no such catalog of "${certname}"; it may have grown too old`);
      }
      return frame(c, page(node, catalog, c.req.valid("query"), catalogsLink(certname, id)));
    })
    .get("/nodes/:node/catalogs", nodeParam, validate("query", z.object({ page: pageNumber() })), async (c) => {
      const seen = nodes.seenBy(c.var.viewer);
      const { node: certname } = c.req.valid("param");
      const { page: at } = c.req.valid("query");
      const size = 25;
      const [node, found] = await Promise.all([
        find(seen, certname),
        seen.catalogs(certname, { direction: "desc", limit: size, offset: (at - 1) * size }),
      ]);
      return frame(c, {
        title: `Catalogs of ${certname}`,
        section: "nodes",
        body: html`
          ${nodeHeader(node, "catalog", "p")}
          <div class="heading small">
            <h1>Catalogs</h1>
          </div>
          ${found.catalogs.length === 0 ? empty("No catalog is kept.") : history(certname, found.catalogs, clock.now())}
          ${pager({ page: at, size: found.size, limit: size }, (to) => link(catalogsLink(certname), { page: to }))}
        `,
      });
    });
};

const history = (
  certname: string,
  catalogs: readonly Omit<NodeCatalog, "source">[] | readonly { readonly id: string }[],
  now: number,
): Html =>
  html`
    <table class="list cards">
      <caption class="hidden">Different catalogs, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Compiled</th>
          <th scope="col">Version</th>
          <th scope="col">Environment</th>
          <th scope="col" class="figure">Resources</th>
        </tr>
      </thead>
      <tbody>${(catalogs as readonly NodeCatalog[]).map((each) =>
        html`
          <tr>
            <th scope="row"><a href="${catalogsLink(certname, each.id)}">${when(each.created, now)}</a>${each.current
              ? html`
                <span class="tag">current</span>
              `
              : nothing}</th>
            <td data-label="Version">${redacted(each.version ?? "")}</td>
            <td data-label="Environment">${each.environment ?? ""}</td>
            <td data-label="Resources" class="figure">${each.catalog.num_resources}</td>
          </tr>
        `
      )}</tbody>
    </table>
  `;

const content = (catalog: NodeCatalog, asked: Query, path: string): Html => {
  const items = itemsOf(catalog);
  const wanted = asked.q?.toLowerCase();
  const searched = wanted === undefined ? items : items.filter((each) => each.searchable().includes(wanted));
  const types = Map.groupBy(searched, (each) => each.type);
  const found = asked.type === undefined ? searched : types.get(asked.type) ?? [];
  const shown = found.slice((asked.page - 1) * limit, asked.page * limit);
  const here = (to: Partial<Query>) => link(path, { ...asked, page: undefined, ...to });
  return html`
    <p class="lead">${catalog.source === "agent"
      ? "The whole catalog as the agent got it; secrets are replaced."
      : "As the Puppetserver stored it: without parameters that are Sensitive. The whole one has not passed here."}${catalog
        .version === null
      ? nothing
      : html`
        Version <b>${redacted(catalog.version)}</b>.
      `}${catalog.environment === null ? nothing : html`
      Environment <b>${catalog.environment}</b>.
    `}</p>
    <form class="filters" method="get" action="${path}" role="search">
      <label
        class="grow">Search <input type="search" name="q" value="${asked.q ??
          ""}" maxlength="200" autocomplete="off" spellcheck="false" placeholder="Title, parameter or value"></label>
      <label>Type <select name="type"><option value="">All types</option>${[
        ...Map.groupBy(items, (each) => each.type).keys(),
      ].sort().map((type) =>
        html`
          <option value="${type}" ${chosen(type === asked.type)}>${type}</option>
        `
      )}</select></label>
      <button>${icon("search")}Search</button>
    </form>
    <ul class="chips" aria-label="Resource types">${[...types].sort(([a], [b]) => (a < b ? -1 : 1)).map((
      [type, list],
    ) =>
      html`<li><a href="${here({ type: type === asked.type ? undefined : type })}" ${
        ariaCurrent(type === asked.type)
      }>${redacted(type)} <span class="count">${list.length}</span></a></li>`
    )}</ul>
    ${shown.length === 0 ? empty(items.length === 0 ? "The catalog has no resources." : "No resource fits.") : groups(
      shown,
      asked.q !== undefined && found.length <= 20,
      new Map([...types].map(([type, list]) => [type, list.length])),
    )}
    ${pager({ page: asked.page, size: found.length, limit }, (page) => here({ page }))}
  `;
};

const groups = (items: readonly CatalogItem[], open: boolean, sizes: ReadonlyMap<string, number>): Html =>
  html`${
    [...Map.groupBy(items, (each) => each.type)].map(([type, list]) =>
      html`<section class="group"><h2>${redacted(type)} <span class="count">${
        counted(sizes.get(type) ?? list.length, "resource")
      }</span></h2>
${list.map((item) => resourceView(item, open))}
</section>`
    )
  }`;
