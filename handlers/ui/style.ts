import { controls } from "./style-controls.ts";
import { content } from "./style-content.ts";

/** Colours by what they are for, light and dark. Texts have a contrast of at least 4.5 on what they stand on. */
const colours = `
:root {
  color-scheme: light dark;
  --paper: #f6f7f8; --card: #ffffff; --raised: #ffffff; --line: #dfe3e7; --line-strong: #b9c1c9;
  --ink: #16202a; --soft: #55616d; --link: #0b5f58; --accent: #0f766e; --accent-ink: #ffffff; --wash: #e9edf0; --code: #f1f4f6;
  --failed: #b3261e; --failed-wash: #fcebe9; --changed: #1d5fb8; --changed-wash: #e6f0fc; --unchanged: #1f7240; --unchanged-wash: #e5f4ea;
  --outdated: #8a5300; --outdated-wash: #fdf1dc; --unreported: #55616d; --unreported-wash: #e9edf0; --secret: #6b2fa8; --secret-wash: #f2e9fb;
  --shadow: 0 1px 2px rgb(22 32 42 / 6%), 0 2px 8px rgb(22 32 42 / 4%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0f1418; --card: #171d23; --raised: #1d252c; --line: #2a333c; --line-strong: #46525d;
    --ink: #e6ebef; --soft: #9eabb7; --link: #5fd3c6; --accent: #2aa79a; --accent-ink: #05201d; --wash: #232c34; --code: #11171c;
    --failed: #ff9a91; --failed-wash: #3a1d1b; --changed: #8fbfff; --changed-wash: #172a42; --unchanged: #79d59b; --unchanged-wash: #14301f;
    --outdated: #f4bd6a; --outdated-wash: #36270e; --unreported: #a9b5c0; --unreported-wash: #262f37; --secret: #cfa6f5; --secret-wash: #2d1f3d;
    --shadow: none;
  }
}
`;

const base = `
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 400 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1, h2, h3, p, ul, ol, dl, dd, pre { margin: 0; }
ul, ol { padding: 0; list-style: none; }
h1 { font-size: 1.65rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; }
h2 { font-size: 1.05rem; line-height: 1.3; font-weight: 650; letter-spacing: -0.005em; }
h3 { font-size: .9rem; font-weight: 600; color: var(--soft); }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; text-decoration-color: color-mix(in srgb, currentColor 40%, transparent); }
a:hover { text-decoration-color: currentColor; }
a.plain { color: inherit; text-decoration: none; }
a.plain:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
code, pre, .text, .literal, .resource, .property, .place, .facts th, .source { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; font-size: .86em; }
.icon { flex: none; vertical-align: -.18em; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: .5rem; top: -4rem; z-index: 2; padding: .5rem .9rem; background: var(--card); border-radius: 6px; }
.skip:focus { top: .5rem; }
.sub, .zone { color: var(--soft); font-size: .87em; }
.none { color: var(--soft); }
.figure, .list thead .figure { text-align: right; white-space: nowrap; }

.bar { display: flex; align-items: center; gap: .25rem 1.5rem; flex-wrap: wrap; padding: .55rem clamp(1rem, 3vw, 2rem); background: var(--card); border-bottom: 1px solid var(--line); }
.brand { display: inline-flex; align-items: center; gap: .55rem; color: var(--ink); font-weight: 680; font-size: 1.05rem; letter-spacing: -.02em; text-decoration: none; }
.logo { display: block; }
.bar nav { flex: 1; }
.bar nav ul { display: flex; gap: .15rem; }
.bar nav a, .who a { display: block; padding: .38rem .7rem; border-radius: 6px; color: var(--soft); text-decoration: none; font-weight: 500; }
.bar nav a:hover, .who a:hover { background: var(--wash); color: var(--ink); }
.bar nav a[aria-current], .who a[aria-current] { background: var(--wash); color: var(--ink); }
.who { display: flex; align-items: center; gap: .15rem; }
main { display: block; max-width: 82rem; margin: 0 auto; padding: 1.5rem clamp(1rem, 3vw, 2rem) 4rem; }
.trail { margin-bottom: .35rem; font-size: .87rem; }
.trail ol { display: flex; flex-wrap: wrap; gap: .1rem .4rem; }
.trail li::after { content: "/"; margin-left: .4rem; color: var(--soft); }
.trail a { color: var(--soft); text-decoration: none; }
.trail a:hover { color: var(--link); text-decoration: underline; }
.heading { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1rem; margin-bottom: 1.1rem; }
.heading .title { font-size: 1.65rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; }
.heading.small { margin: 1.4rem 0 1rem; }
.heading.small h1 { font-size: 1.25rem; }
.heading .aside { margin-left: auto; }
.badges { display: flex; flex-wrap: wrap; align-items: center; gap: .35rem .5rem; }
.lead { max-width: 46rem; margin-bottom: 1.1rem; color: var(--soft); }
.lead b { color: var(--ink); font-weight: 600; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(18rem, 24rem); gap: 1.25rem; align-items: start; margin-top: 1.4rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow); padding: 1.1rem 1.25rem 1.2rem; margin-bottom: 1.25rem; }
.card > h2 { margin-bottom: .8rem; }
main > h2 { margin: 1.6rem 0 .6rem; }
.card.quiet { background: none; box-shadow: none; }
.card.quiet p { color: var(--soft); margin-bottom: .8rem; }
.card.narrow { max-width: 34rem; }
.card.narrow > p { margin-bottom: 1rem; }
.empty { padding: 1.5rem 1rem; color: var(--soft); text-align: center; }
.card .empty { padding: .2rem 0; text-align: left; }
.more { margin-top: .8rem; font-size: .93rem; }
.problem { max-width: 36rem; margin: 12vh auto 0; }
.problem .code { font-size: 3.2rem; line-height: 1; font-weight: 700; letter-spacing: -.04em; color: var(--line-strong); }
.problem h1 { margin: .3rem 0 .6rem; }
.problem p { margin-bottom: .8rem; }
.login { max-width: 22rem; margin: 10vh auto 0; }
.login .brand { margin-bottom: 1.2rem; font-size: 1.35rem; }
.login h1 { font-size: 1.25rem; margin-bottom: 1rem; }
.login label { margin-bottom: 1rem; }
.login .main { width: 100%; justify-content: center; }
@media (max-width: 60rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 40rem) {
  .bar { padding-block: .4rem; }
  .bar nav { order: 3; flex-basis: 100%; margin: 0 -.6rem; overflow-x: auto; }
  .bar .brand { flex: 1; }
  main { padding-top: 1.1rem; }
  h1, .heading .title { font-size: 1.35rem; }
  .card { padding: .95rem 1rem 1rem; }
}
@media (prefers-reduced-motion: no-preference) { a, button, .button, summary { transition: background-color .12s, border-color .12s, color .12s; } }
@media print { .bar, .filters, .pager, .tabs, .actions, .skip { display: none; } details::details-content { content-visibility: visible; display: block; } }
`;

/** The whole style sheet. */
export const stylesheet = [colours, base, controls, content].join("").replace(/^\s+/gm, "");
