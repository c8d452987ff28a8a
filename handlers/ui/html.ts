import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { placeholder } from "../interfaces/redactor.ts";

/** Markup whose texts are escaped already. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export const nothing: Html = raw("");

/** A text that came from nodes, escaped, with each redacted place shown as such. */
export const redacted = (text: string): Html => {
  if (!text.includes(placeholder)) return html`${text}`;
  const [first, ...rest] = text.split(placeholder);
  return html`${first}${
    rest.map((each) => html`<mark class="redacted" title="A secret, replaced">${placeholder}</mark>${each}`)
  }`;
};

/** A number with its unit in the right form: `1 node`, `2 nodes`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

/** `12 345`, with a thin no-break space. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

/** The attribute of a link to where one is. */
export const ariaCurrent = (is: boolean, what: "true" | "page" = "true"): Html =>
  is ? raw(`aria-current="${what}"`) : nothing;

/** The attribute of the option that is chosen. */
export const chosen = (is: boolean): Html => is ? raw("selected") : nothing;

/** The attribute of a field that a remark belongs to. */
export const describedBy = (is: boolean, id: string): Html => is ? html`aria-describedby="${id}"` : nothing;

/** The attribute of the field that one types into first. */
export const focused = (is: boolean): Html => is ? raw("autofocus") : nothing;

/** The attribute of a `<details>` that stands open. */
export const expanded = (is: boolean): Html => is ? raw("open") : nothing;
