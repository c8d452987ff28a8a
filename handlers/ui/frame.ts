import type { Context } from "hono";
import { html } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Viewer } from "../core/access/viewer.ts";
import { ariaCurrent, type Html, nothing } from "./html.ts";
import { logo } from "./icons.ts";

export type Section = "nodes" | "dead-letters" | "secrets" | "account";

export type Page = {
  /** What the window is called; the page's own heading says the same. */
  readonly title: string;
  readonly body: Html;
  /** Which entry of the navigation it belongs to. */
  readonly section?: Section;
  readonly status?: ContentfulStatusCode;
};

/** Puts a page into the frame that all pages have, and answers it. */
export type Frame = (c: Context, page: Page) => Response | Promise<Response>;

type Entry = { readonly id: Section; readonly path: string; readonly name: string; readonly permission?: string };

const sections: readonly Entry[] = [
  { id: "nodes", path: "/", name: "Nodes" },
  { id: "dead-letters", path: "/dead-letters", name: "Dead letters", permission: "NODES:DEAD_LETTERS::GET" },
  { id: "secrets", path: "/secrets", name: "Secrets", permission: "NODES:SECRETS_REDACTOR::GET" },
];

/** `stylesheet`: the address of the style sheet, with its hash. */
export const createFrame = (deps: { readonly stylesheet: string; readonly icon: string }): Frame => (c, page) => {
  const { viewer } = c.var as { viewer?: Viewer };
  return c.html(
    html`
      <!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8">
          <title>${page.title} · hoppetdb</title>
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="color-scheme" content="light dark">
          <link rel="stylesheet" href="${deps.stylesheet}">
          <link rel="icon" type="image/svg+xml" href="${deps.icon}">
        </head>
        <body>
      <a class="skip" href="#main">Skip to content</a>
      ${viewer === undefined ? nothing : banner(viewer, page.section)}
      <main id="main" tabindex="-1">
      ${page.body}
      </main>
        </body>
      </html>
    `,
    page.status ?? 200,
  );
};

const banner = (viewer: Viewer, current: Section | undefined): Html => {
  const open = sections.filter(({ permission }) => permission === undefined || viewer.may(permission));
  return html`
    <header class="bar">
      <a class="brand" href="/">${logo()}<span>hoppetdb</span></a>
      <nav aria-label="Main">
        <ul>
    ${open.map(({ id, path, name }) => html`<li><a href="${path}" ${ariaCurrent(id === current)}>${name}</a></li>`)}
    <li><a href="/docs">API</a></li>
        </ul>
      </nav>
      <div class="who">
        <a href="/account" ${ariaCurrent(current === "account")}>${viewer.user}</a>
        <form method="post" action="/logout"><button class="quiet">Log out</button></form>
      </div>
    </header>
  `;
};

/** Where a page stands: links from the top down, the last one without. */
export const trail = (steps: readonly (readonly [name: string, href: string])[]): Html =>
  html`
    <nav class="trail" aria-label="Breadcrumb">
      <ol>${steps.map(([name, href]) => html`<li><a href="${href}">${name}</a></li>`)}</ol>
    </nav>
  `;

/** A remark that stands out; `bad` is read out at once. */
export const notice = (kind: "bad" | "good" | "note", text: Html): Html =>
  html`<div class="notice ${kind}" role="${kind === "bad" ? "alert" : "status"}">${text}</div>`;

/** What a list shows when it has nothing to show. */
export const empty = (text: string | Html): Html => html`<p class="empty">${text}</p>`;
