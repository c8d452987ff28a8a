/** The style of /docs: one column on a phone, the list of operations beside it on a wide screen. */
export const docsStyle = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
h4 { font-size: .9rem; margin: .75rem 0 .25rem; }
a { color: LinkText; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { margin: .25rem 0; padding: .6rem; overflow-x: auto; background: var(--soft); border-radius: .3rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: .2rem 0; font-size: .85rem; overflow-wrap: anywhere; text-decoration: none; }
nav h2 { font-size: 1rem; margin: .75rem 0 .25rem; }
article { border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; margin: 0 0 1rem; }
article p { margin: .4rem 0; }
.method { font-weight: 700; padding: .1rem .4rem; border-radius: .25rem; background: var(--soft); }
.delete { color: light-dark(#a11, #f99); }
.post, .put { color: light-dark(#161, #8d8); }
dl { margin: 0; }
dd { margin: 0 0 .4rem 1rem; overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .2rem 0; }
.answer { margin: .1rem 0; }
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 20rem minmax(0, 1fr); gap: 0 2rem; }
  header { grid-column: 1 / -1; }
  nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; }
}
`;
