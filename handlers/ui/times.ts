import { html } from "hono/html";
import { type Html, nothing } from "./html.ts";

const units = [
  ["year", 31_557_600_000],
  ["month", 2_629_800_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** `3 hours ago`, `in 2 days`, `just now`. Milliseconds. */
export const relative = (at: number, now: number): string => {
  const distance = Math.abs(now - at);
  for (const [unit, length] of units) {
    if (distance < length) continue;
    const count = Math.floor(distance / length);
    const text = `${count} ${unit}${count === 1 ? "" : "s"}`;
    return at > now ? `in ${text}` : `${text} ago`;
  }
  return "just now";
};

/** `2026-11-22 22:43:43` */
export const absolute = (iso: string): string => iso.replace("T", " ").replace(/(\.\d+)?(Z|[+-]\d\d:\d\d)$/, "");

/** A time as people read it: how long ago, and when exactly. Nothing for no time. */
export const when = (iso: string | null, now: number): Html => {
  const at = iso === null ? NaN : new Date(iso).getTime();
  if (iso === null || Number.isNaN(at)) return html`<span class="none">–</span>`;
  return html`
    <time
      datetime="${iso}"><span class="ago">${relative(at, now)}</span> <span class="exact">${absolute(
        iso,
      )}<span class="zone"> UTC</span></span></time>
  `;
};

/** How long ago, with the exact time only on asking (by the title): for crowded rows. */
export const ago = (iso: string | null, now: number): Html => {
  const at = iso === null ? NaN : new Date(iso).getTime();
  if (iso === null || Number.isNaN(at)) return when(null, now);
  return html`<time datetime="${iso}" title="${absolute(iso)} UTC">${relative(at, now)}</time>`;
};

/** The time of day only: for lines that stand close together. */
export const clockTime = (iso: unknown): Html =>
  typeof iso === "string" && /T\d\d:\d\d:\d\d/.test(iso)
    ? html`<time datetime="${iso}" title="${iso}">${iso.slice(11, 19)}</time>`
    : nothing;

/** `4.6 s`, `3 min 20 s`; empty when one of the two is unknown. */
export const duration = (from: string | null, to: string | null): string => {
  const ms = from === null || to === null ? NaN : new Date(to).getTime() - new Date(from).getTime();
  if (!(ms >= 0)) return "";
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60
    ? `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};
