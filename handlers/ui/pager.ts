import { html } from "hono/html";
import { grouped, type Html, nothing } from "./html.ts";

/** Links to the pages before and after; `page` is counted from 1. */
export const pager = (
  at: { readonly page: number; readonly size: number; readonly limit: number },
  href: (page: number) => string,
): Html => {
  const pages = Math.max(1, Math.ceil(at.size / at.limit));
  if (pages === 1 && at.page === 1) return nothing;
  const from = (at.page - 1) * at.limit + 1;
  const to = Math.min(at.size, at.page * at.limit);
  const previous = Math.min(at.page - 1, pages);
  return html`<nav class="pager" aria-label="Pages">
${
    at.page > 1
      ? html`<a class="button" rel="prev" href="${href(previous)}">Previous</a>`
      : html`<span class="button off" aria-hidden="true">Previous</span>`
  }
<span>${
    from <= at.size
      ? `${grouped(from)}–${grouped(to)} of ${grouped(at.size)}`
      : `Nothing here; ${grouped(at.size)} in all`
  }</span>
${
    at.page < pages
      ? html`<a class="button" rel="next" href="${href(at.page + 1)}">Next</a>`
      : html`<span class="button off" aria-hidden="true">Next</span>`
  }
</nav>`;
};

/** A column's heading that sorts by it; a second click turns the order. */
export const sortHeading = (
  column: { readonly name: string; readonly key: string; readonly first?: "asc" | "desc" },
  current: { readonly sort: string; readonly direction: "asc" | "desc" },
  href: (sort: string, direction: "asc" | "desc") => string,
  mark: (direction: "asc" | "desc") => Html,
): Html => {
  const active = column.key === current.sort;
  const next = active ? (current.direction === "asc" ? "desc" : "asc") : column.first ?? "asc";
  const sorted = active ? (current.direction === "asc" ? "ascending" : "descending") : undefined;
  return html`
    <th scope="col" ${sorted
      ? html`
        aria-sort="${sorted}"
      `
      : nothing}><a href="${href(column.key, next)}">${column.name}${active
      ? mark(current.direction)
      : nothing}</a></th>
  `;
};
