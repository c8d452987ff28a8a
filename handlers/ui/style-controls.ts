/** Forms, buttons, tiles, tabs, pagers. */
export const controls = `
label { display: block; font-size: .87rem; font-weight: 550; color: var(--soft); }
input, select, textarea { display: block; width: 100%; margin-top: .3rem; min-height: 2.45rem; padding: .4rem .65rem; font: inherit; line-height: 1.4; font-size: .97rem; font-weight: 400; color: var(--ink); background: var(--raised); border: 1px solid var(--line-strong); border-radius: 7px; }
input[type="hidden"] { display: none; }
textarea { resize: vertical; font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
input::placeholder { color: var(--soft); opacity: .8; }
input:focus-visible, select:focus-visible, textarea:focus-visible { outline-offset: 0; border-color: var(--accent); }
button, .button { display: inline-flex; align-items: center; gap: .45rem; min-height: 2.45rem; padding: .4rem .9rem; font: inherit; font-weight: 550; line-height: 1.45; color: var(--ink); background: var(--raised); border: 1px solid var(--line-strong); border-radius: 7px; text-decoration: none; cursor: pointer; }
button:hover, .button:hover { background: var(--wash); }
button.main { color: var(--accent-ink); background: var(--accent); border-color: var(--accent); }
button.main:hover { background: color-mix(in srgb, var(--accent) 88%, var(--ink)); }
button.quiet { min-height: 0; padding: .38rem .7rem; color: var(--soft); background: none; border-color: transparent; font-weight: 500; }
button.quiet:hover { background: var(--wash); color: var(--ink); }
button.danger { color: var(--failed); border-color: color-mix(in srgb, var(--failed) 45%, transparent); }
button.danger:hover { background: var(--failed-wash); }
.ask { display: inline-flex; flex-wrap: wrap; align-items: start; justify-content: inherit; gap: .5rem; }
.ask > summary { list-style: none; }
.ask > summary::-webkit-details-marker { display: none; }
.ask form { margin-top: .5rem; }
.button.off { opacity: .45; cursor: default; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: 1rem; }
.card.narrow label { margin-bottom: 1rem; }

.filters { display: flex; flex-wrap: wrap; align-items: end; gap: .8rem; margin-bottom: 1.1rem; }
.filters .grow { flex: 1 1 16rem; }
.filters select { min-width: 9rem; padding-right: .4rem; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); gap: .7rem; margin-bottom: 1.3rem; }
.tile { display: flex; flex-direction: column; gap: .1rem; height: 100%; padding: .75rem .95rem .7rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow); color: var(--ink); text-decoration: none; }
.tile:hover { border-color: var(--line-strong); }
.tile .number { font-size: 1.7rem; line-height: 1.15; font-weight: 650; letter-spacing: -.02em; }
.tile .name { display: inline-flex; align-items: center; gap: .4rem; font-size: .9rem; font-weight: 550; }
.tile.failed .name { color: var(--failed); } .tile.changed .name { color: var(--changed); } .tile.unchanged .name { color: var(--unchanged); }
.tile.outdated .name { color: var(--outdated); } .tile.unreported .name, .tile.unknown .name { color: var(--unreported); } .tile.all .name { color: var(--soft); }
.tile.zero .number { color: var(--soft); font-weight: 500; }
.tile[aria-current] { border-color: currentColor; box-shadow: inset 0 0 0 1px currentColor; }

.tabs { border-bottom: 1px solid var(--line); overflow: auto hidden; }
.tabs ul { display: flex; gap: 1.4rem; }
.tabs a { display: block; padding: .5rem .1rem .6rem; margin-bottom: -1px; color: var(--soft); font-weight: 550; text-decoration: none; border-bottom: 2px solid transparent; }
.tabs a:hover { color: var(--ink); border-color: var(--line-strong); }
.tabs a[aria-current] { color: var(--ink); border-color: var(--accent); }
.views ul { display: flex; flex-wrap: wrap; gap: .25rem; padding: .2rem; background: var(--wash); border-radius: 9px; }
.views a { display: block; padding: .25rem .7rem; border-radius: 7px; color: var(--soft); font-size: .9rem; font-weight: 550; text-decoration: none; }
.views a:hover { color: var(--ink); }
.views a[aria-current] { background: var(--raised); color: var(--ink); box-shadow: var(--shadow); }
.chips { display: flex; flex-wrap: wrap; gap: .4rem; margin-bottom: 1.3rem; }
.chips a { display: inline-block; padding: .15rem .65rem; background: var(--card); border: 1px solid var(--line); border-radius: 99px; color: var(--ink); font-size: .88rem; text-decoration: none; }
.chips a:hover { border-color: var(--line-strong); }
.chips a[aria-current] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.pager { display: flex; align-items: center; justify-content: center; gap: 1rem; margin: 1.4rem 0; color: var(--soft); }

.notice { display: block; margin-bottom: 1.1rem; padding: .65rem .95rem; border: 1px solid; border-radius: 8px; font-weight: 500; }
.notice a { color: inherit; }
.notice.bad { color: var(--failed); background: var(--failed-wash); border-color: color-mix(in srgb, var(--failed) 30%, transparent); }
.notice.good { color: var(--unchanged); background: var(--unchanged-wash); border-color: color-mix(in srgb, var(--unchanged) 30%, transparent); }
.notice.note { color: var(--outdated); background: var(--outdated-wash); border-color: color-mix(in srgb, var(--outdated) 30%, transparent); }
@media (max-width: 40rem) {
  input, select, textarea { font-size: 16px; }
  .filters > * { flex: 1 1 100%; }
  .filters label:not(.grow) { flex: 1 1 8rem; }
  .filters select { min-width: 0; }
  .filters button { justify-content: center; }
  .tiles { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .5rem; }
  .tile { padding: .55rem .6rem; }
  .tile .number { font-size: 1.3rem; }
  .tile .name { font-size: .78rem; gap: .25rem; }
  .tile .icon { width: 12px; height: 12px; }
  .tile .name { overflow-wrap: normal; }
}
@media (max-width: 27rem) { .tile .icon { display: none; } }
`;
