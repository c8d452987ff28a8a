/** What a page is made of, read without a browser: enough to see whether it is sound. */
export type Element = { readonly name: string; readonly attributes: Readonly<Record<string, string>> };
export type ReadPage = {
  readonly elements: readonly Element[];
  /** What is wrong with it. */
  readonly faults: readonly string[];
  /** Where its links lead, decoded from HTML. */
  readonly links: readonly string[];
  /** What one can read in it. */
  readonly text: string;
};

const empty = ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "path", "circle", "rect"];
const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
const decode = (text: string): string => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => named[name]!);

/** Reads HTML as our pages write it: tags closed by hand, attributes in double quotes. */
export const readPage = (html: string): ReadPage => {
  const elements: Element[] = [];
  const faults: string[] = [];
  const open: string[] = [];
  let text = "";
  let at = 0;
  for (const match of html.matchAll(/<(\/?)([a-zA-Z!][a-zA-Z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*(\/?)>/g)) {
    const between = html.slice(at, match.index);
    if (/[<>]/.test(between)) faults.push(`Stray angle bracket in "${between.slice(0, 80)}"`);
    if (!open.includes("title")) text += decode(between);
    at = match.index + match[0].length;
    const [, close, rawName = "", rest = "", selfClosed] = match;
    const name = rawName.toLowerCase();
    if (name.startsWith("!")) continue;
    if (close) {
      const last = open.pop();
      if (last !== name) faults.push(`</${name}> closes <${last}>`);
      continue;
    }
    const attributes = Object.fromEntries(
      [...rest.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g)].map(([, key = "", value = ""]) => [key, decode(value)]),
    );
    elements.push({ name, attributes });
    if (["input", "select", "textarea"].includes(name) && attributes.type !== "hidden" && !open.includes("label")) {
      faults.push(`<${name}> has no label`);
    }
    if (name === "a" && open.includes("a")) faults.push("A link in a link");
    if (!empty.includes(name) && !selfClosed) open.push(name);
  }
  if (open.length > 0) faults.push(`Not closed: ${open.join(", ")}`);
  faults.push(...wholeFaults(html, elements));
  const links = elements.filter((each) => each.name === "a").map((each) => each.attributes.href ?? "");
  return { elements, faults, links, text: text.replace(/\s+/g, " ") };
};

const wholeFaults = (html: string, elements: readonly Element[]): string[] => {
  const faults: string[] = [];
  const count = (name: string) => elements.filter((each) => each.name === name).length;
  for (const name of ["html", "title", "main", "h1"]) {
    if (count(name) !== 1) faults.push(`${count(name)} times <${name}>`);
  }
  if (count("script") + count("style") > 0) faults.push("A script or a style in the page");
  for (const { name, attributes } of elements) {
    const inline = Object.keys(attributes).find((each) => each === "style" || each.startsWith("on"));
    if (inline) faults.push(`<${name} ${inline}>`);
    const address = attributes.href ?? attributes.action ?? attributes.src;
    if (address !== undefined && !/^[/#](?!\/)/.test(address)) faults.push(`<${name}> leads to "${address}"`);
    if (name === "table" && !html.includes("<caption")) faults.push("A table without a caption");
  }
  const ids = elements.map((each) => each.attributes.id).filter((each) => each !== undefined);
  if (new Set(ids).size < ids.length) faults.push("An id stands twice");
  const described = elements.map((each) => each.attributes["aria-describedby"]).filter((each) => each !== undefined);
  for (const id of described) if (!ids.includes(id)) faults.push(`Nothing has the id "${id}"`);
  if (/\[object |undefined|\[sealed\]|\bNaN\b/.test(html)) faults.push("Something of ours shines through");
  return faults;
};
