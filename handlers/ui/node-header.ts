import { html } from "hono/html";
import { z } from "zod";
import type { NodeSummary } from "../core/nodes/node-summary.ts";
import { AppError } from "../errors.ts";
import { validate } from "../http/validate.ts";
import { runTags, statusBadge } from "./badges.ts";
import { trail } from "./frame.ts";
import { ariaCurrent, type Html, nothing } from "./html.ts";
import { catalogLink, factsLink, nodeLink, reportsLink } from "./links.ts";

export type NodeTab = "overview" | "facts" | "catalog" | "reports";

/** A node's name in an address. */
export const nodeName = z.string().min(1).max(255, "expected at most 255 characters")
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, "it has control characters");

export const nodeParam = validate("param", z.object({ node: nodeName }));

export const unknownNode = (certname: string): AppError => new AppError("not_found", `There is no node "${certname}"`);

/** What stands above each page of a node: where one is, its name and state, and the way to its other pages. */
export const nodeHeader = (
  node: NodeSummary,
  tab: NodeTab,
  heading: "h1" | "p" = "h1",
): Html => {
  const tabs: readonly (readonly [NodeTab, string, string])[] = [
    ["overview", "Overview", nodeLink(node.id)],
    ["facts", "Facts", factsLink(node.id)],
    ["catalog", "Catalog", catalogLink(node.id)],
    ["reports", "Reports", reportsLink(node.id)],
  ];
  const badges = html`${statusBadge(node.report_status_computed)}${runTags(node.report)}${
    node.disabled ? html`<span class="tag">${node.deactivated === null ? "expired" : "deactivated"}</span>` : nothing
  }${node.environment === null ? nothing : html`<span class="sub">${node.environment}</span>`}`;
  return html`
    ${trail([["Nodes", "/"]])}
    <div class="heading">${heading === "h1"
      ? html`<h1>${node.id}</h1>`
      : html`<p class="title">${node.id}</p>`}<div class="badges">${badges}</div></div>
    <nav class="tabs" aria-label="${node.id}">
      <ul>${tabs.map(([id, name, href]) =>
        html`<li><a href="${href}" ${ariaCurrent(id === tab, "page")}>${name}</a></li>`
      )}</ul>
    </nav>
  `;
};
