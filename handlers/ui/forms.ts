import { html } from "hono/html";
import type { Html } from "./html.ts";

/** A button that asks once more before it does what can't be undone; needs no script. */
export const asksFirst = (name: string, action: string, sure: string): Html =>
  html`
    <details class="ask">
      <summary class="button">${name}…</summary>
      <form method="post" action="${action}"><button class="danger">${sure}</button></form>
    </details>
  `;
