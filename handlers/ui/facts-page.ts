import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import type { SessionEnv } from "../http/session.ts";
import { validate } from "../http/validate.ts";
import { empty } from "./frame.ts";
import { counted, type Html, nothing, redacted } from "./html.ts";
import { icon } from "./icons.ts";
import { factsLink } from "./links.ts";
import { nodeHeader, nodeParam, unknownNode } from "./node-header.ts";
import type { PageDeps } from "./page-deps.ts";
import { searchText } from "./page-query.ts";
import { when } from "./times.ts";
import { flatten, listOf, scalarText, valueView } from "./values.ts";

const most = 3000;

/** `/nodes/:node/facts`: what the node last told about itself, one line a value. The search sees what is shown. */
export const factsPage = ({ nodes, clock, frame }: PageDeps) =>
  new Hono<SessionEnv>().get(
    "/nodes/:node/facts",
    nodeParam,
    validate("query", z.object({ q: searchText() })),
    async (c) => {
      const seen = nodes.seenBy(c.var.viewer);
      const { node: certname } = c.req.valid("param");
      const { q } = c.req.valid("query");
      const [node, facts] = await Promise.all([seen.find(certname), seen.facts(certname)]);
      if (!node) throw unknownNode(certname);
      const all = facts ? flatten(facts.facts.value).sort((a, b) => (a.path < b.path ? -1 : 1)) : [];
      const wanted = q?.toLowerCase();
      const found = wanted === undefined
        ? all
        : all.filter(({ path, value }) => `${path} ${scalarText(value)}`.toLowerCase().includes(wanted));
      return frame(c, {
        title: `Facts of ${certname}`,
        section: "nodes",
        body: html`
          ${nodeHeader(node, "facts", "p")}
          <div class="heading small"><h1>Facts</h1>${facts
            ? when(facts.producer_timestamp ?? facts.change_facts, clock.now())
            : nothing}</div>
          <form class="filters" method="get" action="${factsLink(certname)}" role="search">
            <label
              class="grow">Search <input type="search" name="q" value="${q ??
                ""}" maxlength="200" autocomplete="off" spellcheck="false" placeholder="Name or value"></label>
            <button>${icon("search")}Search</button>
          </form>
          ${!facts
            ? empty("No facts have come yet.")
            : found.length === 0
            ? empty("No fact fits.")
            : html`<p class="sub">${counted(found.length, "value")}${q === undefined ? nothing : ` of ${all.length}`}${
              found.length > most ? `; the first ${most} are shown` : nothing
            }</p>${table(found.slice(0, most))}`}
          ${packages(facts?.package_inventory?.value)}
        `,
      });
    },
  );

const table = (facts: readonly { readonly path: string; readonly value: unknown }[]): Html =>
  html`
    <table class="facts">
      <caption class="hidden">Facts</caption>
      <thead>
        <tr>
          <th scope="col">Fact</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>${facts.map(({ path, value }) =>
        html`
          <tr>
            <th scope="row">${redacted(path)}</th>
            <td>${valueView(value)}</td>
          </tr>
        `
      )}</tbody>
    </table>
  `;

const packages = (inventory: unknown): Html => {
  const list = listOf(inventory);
  if (list.length === 0) return nothing;
  return html`
    <details class="fold">
      <summary>Packages <span class="count">${list.length}</span></summary>
      <table class="facts">
        <caption class="hidden">Packages</caption>
        <thead>
          <tr>
            <th scope="col">Package</th>
            <th scope="col">Version</th>
            <th scope="col">Provider</th>
          </tr>
        </thead>
        <tbody>${list.slice(0, most).map((each) => {
          const [name, version, provider] = listOf(each).map((part) => scalarText(part) ?? "");
          return html`
            <tr>
              <th scope="row">${redacted(name ?? "")}</th>
              <td>${redacted(version ?? "")}</td>
              <td>${redacted(provider ?? "")}</td>
            </tr>
          `;
        })}</tbody>
      </table>
    </details>
  `;
};
