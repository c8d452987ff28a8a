import { html } from "hono/html";
import { isExactNumber } from "../core/json/exact-json.ts";
import { grouped, type Html, redacted } from "./html.ts";

const longest = 20_000;

/** A scalar as text, numbers as they were received; undefined for an object or an array with something in it. */
export const scalarText = (value: unknown): string | undefined => {
  if (typeof value === "string") return value;
  if (isExactNumber(value)) return value.rawJSON;
  if (value === undefined) return "";
  if (typeof value !== "object" || value === null) return String(value);
  const size = Array.isArray(value) ? value.length : Object.keys(value).length;
  return size === 0 ? JSON.stringify(value) : undefined;
};

/** Any JSON value that came from nodes, redacted already: texts in full with their line breaks, structures indented. */
export const valueView = (value: unknown): Html => {
  const text = scalarText(value);
  if (text === undefined) {
    const line = JSON.stringify(value);
    return line.length <= 80
      ? html`<span class="text">${redacted(line)}</span>`
      : block(JSON.stringify(value, null, 2));
  }
  if (typeof value === "string") {
    if (text === "") return html`<span class="none">empty</span>`;
    return text.includes("\n") || text.length > 400 ? block(text) : html`<span class="text">${redacted(text)}</span>`;
  }
  return html`<span class="literal">${text}</span>`;
};

/** A text of several lines, cut where it would make a page too heavy. */
export const block = (text: string): Html =>
  html`<pre tabindex="0">${redacted(text.slice(0, longest).toWellFormed())}${
    text.length > longest ? html`<i class="cut">… ${grouped(text.length - longest)} more characters</i>` : ""
  }</pre>`;

/** A field of an object that should be a string. */
export const stringIn = (object: unknown, name: string): string => {
  const value = fieldIn(object, name);
  return typeof value === "string" ? value : scalarText(value ?? "") ?? JSON.stringify(value);
};

export const fieldIn = (object: unknown, name: string): unknown =>
  typeof object === "object" && object !== null && Object.hasOwn(object, name)
    ? (object as Record<string, unknown>)[name]
    : undefined;

export const listOf = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];

/** The leaves of a structure with their paths: `os.release.full`, `disks.0`. */
export const flatten = (value: unknown): { readonly path: string; readonly value: unknown }[] => {
  const found: { path: string; value: unknown }[] = [];
  const visit = (path: string, each: unknown): void => {
    if (scalarText(each) !== undefined) {
      found.push({ path, value: each });
      return;
    }
    const members = Array.isArray(each)
      ? each.map((item, i) => [String(i), item] as const)
      : Object.entries(each as object);
    for (const [name, item] of members) visit(path === "" ? name : `${path}.${name}`, item);
  };
  visit("", value);
  return found;
};
