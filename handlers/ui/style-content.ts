/** Tables, states, events, logs, facts, resources. */
export const content = `
.status { display: inline-flex; align-items: center; gap: .35rem; padding: .1rem .6rem .1rem .5rem; border-radius: 99px; font-size: .86rem; font-weight: 600; line-height: 1.5; white-space: nowrap; }
.status .icon { width: 13px; height: 13px; }
.status.failed { color: var(--failed); background: var(--failed-wash); } .status.changed { color: var(--changed); background: var(--changed-wash); }
.status.unchanged { color: var(--unchanged); background: var(--unchanged-wash); } .status.outdated { color: var(--outdated); background: var(--outdated-wash); }
.status.unreported, .status.unknown { color: var(--unreported); background: var(--unreported-wash); }
.tag { display: inline-block; padding: 0 .45rem; border: 1px solid var(--line-strong); border-radius: 5px; color: var(--soft); font-size: .78rem; font-weight: 550; line-height: 1.5; white-space: nowrap; }
.tag.secret { color: var(--secret); border-color: color-mix(in srgb, var(--secret) 45%, transparent); }
.redacted { padding: 0 .3em; border-radius: 4px; color: var(--secret); background: var(--secret-wash); font-style: normal; letter-spacing: .04em; }
.count { color: var(--soft); font-weight: 500; font-size: .9em; }
time .ago { white-space: nowrap; }
time .exact { color: var(--soft); font-size: .87em; white-space: nowrap; }

table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: inherit; }
.list { background: var(--card); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow); border-collapse: separate; border-spacing: 0; }
.list thead th { padding: .55rem .9rem; color: var(--soft); font-size: .85rem; font-weight: 550; border-bottom: 1px solid var(--line); white-space: nowrap; }
.list thead a { display: inline-flex; align-items: center; gap: .3rem; color: inherit; text-decoration: none; }
.list thead a:hover, .list thead [aria-sort] a { color: var(--ink); }
.list thead .icon { width: 12px; height: 12px; }
.list tbody th, .list tbody td { padding: .6rem .9rem; vertical-align: top; }
.list tbody tr + tr > * { border-top: 1px solid var(--line); }
.list tbody tr:hover > * { background: color-mix(in srgb, var(--wash) 45%, transparent); }
.list .name { font-weight: 600; text-decoration: none; }
.list .name:hover { text-decoration: underline; }
.list .exact { display: block; }
.list th .sub, .list td .sub { display: block; }
.list .end { text-align: right; }
.card .list { border: 0; box-shadow: none; background: none; }
.card .list thead th, .card .list tbody th, .card .list tbody td { padding-inline: .5rem; }
.card .list tr > :first-child { padding-left: 0; }
.run { display: flex; flex-wrap: wrap; align-items: baseline; gap: .4rem .7rem; margin-bottom: .9rem; }

.pairs { display: grid; grid-template-columns: minmax(6.5rem, max-content) minmax(0, 1fr); gap: .4rem 1.1rem; }
.pairs dt { color: var(--soft); }
.pairs a { color: inherit; }
.pairs .plain > span { font: inherit; color: inherit; }
pre { padding: .55rem .75rem; max-height: 26rem; overflow: auto; background: var(--code); border: 1px solid var(--line); border-radius: 7px; white-space: pre-wrap; line-height: 1.45; }
.cut { display: block; color: var(--soft); }

.events { display: grid; gap: .7rem; }
.event { padding: .65rem .85rem .7rem; border: 1px solid var(--line); border-left-width: 3px; border-radius: 7px; }
.event.failed { border-left-color: var(--failed); } .event.changed { border-left-color: var(--changed); } .event.unreported { border-left-color: var(--line-strong); }
.event .what { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .55rem; }
.event .resource { font-weight: 600; }
.event .property { color: var(--soft); }
.event .message { margin-top: .35rem; white-space: pre-wrap; }
.values { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem .9rem; margin-top: .45rem; }
.values dt { color: var(--soft); font-size: .87rem; }
.place { margin-top: .45rem; color: var(--soft); font-size: .8rem; }
.place span { display: block; }

.fold { margin-top: 1.1rem; }
.fold > summary { padding: .3rem 0; font-weight: 600; }
.fold[open] > summary { margin-bottom: .6rem; }
summary { cursor: pointer; }

.log { border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.log li { display: grid; grid-template-columns: 4.6rem 4.6rem minmax(0, 1fr); gap: .1rem .6rem; padding: .4rem .75rem; border-left: 3px solid transparent; }
.log li + li { border-top: 1px solid var(--line); }
.log .at, .log .level { color: var(--soft); font-size: .87rem; }
.log .level { font-weight: 600; }
.log .message { display: block; white-space: pre-wrap; }
.log .source { display: block; color: var(--soft); font-size: .78rem; }
.log .failed { border-left-color: var(--failed); background: var(--failed-wash); } .log .failed .level { color: var(--failed); }
.log .outdated { border-left-color: var(--outdated); } .log .outdated .level { color: var(--outdated); }
.log .changed .level { color: var(--changed); }

.metrics { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1.2rem 2rem; }
.metrics h3 { margin-bottom: .3rem; }
.figures th, .figures td { padding: .18rem 0; border-top: 1px solid var(--line); }
.figures th { padding-right: .7rem; }
.figures .bar { display: table-cell; width: 38%; padding: .18rem .8rem .18rem 0; background: none; border-bottom: 0; }
meter { display: block; width: 100%; height: .5rem; border: 0; border-radius: 99px; overflow: hidden; background: var(--wash); }
meter::-webkit-meter-inner-element { display: block; }
meter::-webkit-meter-bar { height: .5rem; border: 0; border-radius: 99px; background: var(--wash); }
meter::-webkit-meter-optimum-value { background: var(--accent); }
meter::-moz-meter-bar { background: var(--accent); }

.facts { background: var(--card); border: 1px solid var(--line); border-radius: 10px; border-collapse: separate; border-spacing: 0; margin-top: .5rem; }
.facts thead th { font-family: inherit; padding: .5rem .9rem; color: var(--soft); font-size: .85rem; font-weight: 550; }
.facts tbody th, .facts tbody td { padding: .32rem .9rem; vertical-align: baseline; border-top: 1px solid var(--line); }
.facts tbody th { width: 38%; color: var(--soft); }
.literal { color: var(--changed); }

.group { margin-bottom: 1.6rem; }
.group > h2 { margin-bottom: .5rem; }
.resource > summary { padding: .5rem .9rem; }
.resource > summary .tag { margin-left: .4rem; }
details.resource { background: var(--card); border: 1px solid var(--line); font-family: inherit; font-size: inherit; }
details.resource:first-of-type { border-radius: 9px 9px 0 0; }
details.resource:last-of-type { border-radius: 0 0 9px 9px; }
details.resource:only-of-type { border-radius: 9px; }
details.resource + details.resource { border-top: 0; }
details.resource > summary:hover { background: color-mix(in srgb, var(--wash) 45%, transparent); }
details.resource[open] > summary { border-bottom: 1px solid var(--line); }
details.resource > :not(summary) { margin: .75rem .9rem; }
.parameters dt { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .86em; }
.letters { display: grid; gap: 0; }
.letter .reason { margin-top: .6rem; padding: .5rem .75rem; background: var(--failed-wash); border-radius: 7px; white-space: pre-wrap; }

@media (max-width: 40rem) {
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cards, .cards tbody, .cards tr, .cards td, .cards tbody th { display: block; }
  .cards tbody tr { padding: .7rem .9rem; }
  .cards tbody tr + tr { border-top: 1px solid var(--line); }
  .cards tbody tr + tr > * { border-top: 0; }
  .list.cards tbody th, .list.cards tbody td { padding: .12rem 0; }
  .list.cards td[data-label] { position: relative; padding-left: 6.2rem; }
  .cards td[data-label]::before { content: attr(data-label); position: absolute; left: 0; color: var(--soft); font-size: .87rem; }
  .cards .exact { display: inline; }
  .cards td .sub, .cards th .sub { display: inline; }
  .cards .end, .cards .figure { text-align: left; }
  .cards td:empty { display: none; }
  .card .cards tbody tr { padding-inline: 0; }
  .log li { grid-template-columns: max-content minmax(0, 1fr); }
  .log .line { grid-column: 1 / -1; }
  .facts thead { display: none; }
  .facts, .facts tbody, .facts tr, .facts td, .facts tbody th { display: block; width: auto; }
  .facts tbody th { padding-bottom: 0; }
  .facts tbody td { border-top: 0; padding-top: .1rem; }
  .pairs { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .pairs dd { margin-bottom: .6rem; }
}
`;
