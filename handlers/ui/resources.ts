import { html } from "hono/html";
import type { NodeCatalog } from "../core/nodes/node-catalogs.ts";
import { placeholder } from "../interfaces/redactor.ts";
import { placeOf } from "./events.ts";
import { expanded, type Html, nothing, redacted } from "./html.ts";
import { fieldIn, listOf, scalarText, stringIn, valueView } from "./values.ts";

/** A resource of a catalog, redacted. */
export type CatalogItem = {
  readonly type: string;
  readonly title: string;
  readonly exported: boolean;
  /** Names of the parameters that Puppet marked. */
  readonly sensitive: readonly string[];
  readonly parameters: readonly (readonly [name: string, value: unknown])[];
  readonly tags: readonly string[];
  readonly place: string;
  /** Its text in lower case: what a search looks through. */
  readonly searchable: () => string;
};

/** The resources of a catalog, those it exports among them, by type and title. */
export const itemsOf = ({ catalog, source }: NodeCatalog): readonly CatalogItem[] => {
  const all = [
    ...listOf(catalog.resources.value),
    // An agent gets no exported resources; what was told to PuppetDB has them among the others.
    ...(source === "agent" ? listOf(catalog.resources_exported.value) : []),
  ];
  return all.map(itemOf).sort((a, b) => order(a.type, b.type) || order(a.title, b.title));
};

const itemOf = (resource: unknown): CatalogItem => {
  const [type, title] = [stringIn(resource, "type"), stringIn(resource, "title")];
  const given = fieldIn(resource, "parameters");
  const parameters = typeof given === "object" && given !== null ? given : {};
  return {
    type,
    title,
    exported: fieldIn(resource, "exported") === true,
    sensitive: listOf(fieldIn(resource, "sensitive_parameters")).map((each) => scalarText(each) ?? ""),
    parameters: Object.entries(parameters).sort(([a], [b]) => order(a, b)),
    tags: listOf(fieldIn(resource, "tags")).map((each) => scalarText(each) ?? ""),
    place: placeOf(resource),
    searchable: () => `${type}[${title}] ${JSON.stringify(parameters)}`.toLowerCase(),
  };
};

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A resource that opens to its parameters, or stands open. */
export const resourceView = (item: CatalogItem, open: boolean): Html => {
  const hidden = item.sensitive.length > 0 || item.parameters.some(([, value]) => isHidden(value));
  return html`<details class="resource" ${expanded(open)}><summary><span class="resource">${
    redacted(item.title)
  }</span>${
    item.exported
      ? html`
        <span class="tag">exported</span>
      `
      : nothing
  }${
    hidden
      ? html`
        <span class="tag secret">has secrets</span>
      `
      : nothing
  }</summary>
${
    item.parameters.length === 0
      ? html`<p class="empty">No parameters.</p>`
      : html`<dl class="pairs parameters">${
        item.parameters.map(([name, value]) =>
          html`
            <dt>${redacted(name)}</dt>
            <dd>${valueView(plain(value))}</dd>
          `
        )
      }</dl>`
  }
<p class="place">${item.place === "" ? nothing : html`<span>${redacted(item.place)}</span>`}${
    item.tags.length === 0 ? nothing : html`
      <span>Tags: ${redacted(item.tags.join(", "))}</span>
    `
  }</p>
</details>`;
};

/** What a Sensitive value of rich data holds: by now the placeholder. */
const plain = (value: unknown): unknown =>
  fieldIn(value, "__ptype") === "Sensitive" ? fieldIn(value, "__pvalue") : value;

const isHidden = (value: unknown): boolean => typeof value === "string" && value.includes(placeholder);
