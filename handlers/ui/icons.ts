import { html, raw } from "hono/html";
import type { Html } from "./html.ts";

const paths = {
  failed: "M4 4l8 8M12 4l-8 8",
  changed: "M8 3v7M4.5 6.5h7M4.5 13h7",
  unchanged: "M3 8.5l3.2 3.2L13 4.8",
  outdated: "M8 4v4.2l2.8 1.8M8 1.7a6.3 6.3 0 1 0 0 12.6A6.3 6.3 0 0 0 8 1.7z",
  unreported: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z",
  unknown: "M5.6 6a2.4 2.4 0 1 1 3.6 2.1C8.4 8.6 8 9 8 9.8M8 12.6v.1",
  all: "M2.5 4h11M2.5 8h11M2.5 12h11",
  up: "M8 13V3.5M4 7l4-4 4 4",
  down: "M8 3v9.5M4 9l4 4 4-4",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4l3.4 3.4",
  warning: "M8 2l6.3 11.5H1.7zM8 6.4v3.2M8 11.6v.1",
  arrow: "M2.5 8h10M9 4.2L12.8 8 9 11.8",
} as const;

export type IconName = keyof typeof paths;

/** A small drawing in the colour of its text; it says nothing that the text beside it doesn't. */
export const icon = (name: IconName): Html =>
  html`
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d="${paths[name]}" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round"
        stroke-linejoin="round" />
    </svg>
  `;

/** The product's mark: a leap. */
const mark = `<rect width="32" height="32" rx="8" fill="#0f766e"/>` +
  `<path d="M6 22c3-11 9-14 13-9" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/>` +
  `<path d="M19 13c2.5 2 4 5 5 9" fill="none" stroke="#99f6e4" stroke-width="2.6" stroke-linecap="round" stroke-dasharray=".1 4.6"/>` +
  `<circle cx="19" cy="12.6" r="3" fill="#fff"/>`;

export const logo = (): Html =>
  html`<svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">${
    raw(mark)
  }</svg>`;

/** The mark as a file of its own. */
export const logoFile = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${mark}</svg>`;
