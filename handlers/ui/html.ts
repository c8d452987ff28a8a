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
