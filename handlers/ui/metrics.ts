import { html } from "hono/html";
import { type Html, nothing, redacted } from "./html.ts";
import { fieldIn, listOf, scalarText, stringIn } from "./values.ts";

type Metric = { readonly name: string; readonly text: string; readonly value: number };

/** What a run measured, by category: `[{category, name, value}]`, from a node. Times are in seconds, with a bar each. */
export const metricsView = (metrics: unknown): Html => {
  const categories = new Map<string, Metric[]>();
  for (const each of listOf(metrics)) {
    const text = scalarText(fieldIn(each, "value")) ?? "";
    const category = stringIn(each, "category");
    const known = categories.get(category) ?? [];
    known.push({ name: stringIn(each, "name"), text, value: Number(text) || 0 });
    categories.set(category, known);
  }
  if (categories.size === 0) return nothing;
  return html`
    <section class="card">
      <h2>Metrics</h2>
      <div class="metrics">${[...categories].map(([category, list]) =>
        html`<div><h3>${redacted(title(category))}</h3>${table(category, list)}</div>`
      )}</div>
    </section>
  `;
};

const table = (category: string, metrics: readonly Metric[]): Html => {
  const time = category === "time";
  const total = metrics.find((each) => each.name === "total")?.value ?? 0;
  const sorted = time ? [...metrics].sort((a, b) => b.value - a.value) : metrics;
  return html`
    <table class="figures">
      <caption class="hidden">${redacted(title(category))}</caption>
      <tbody>${sorted.map((each) =>
        html`<tr><th scope="row">${redacted(title(each.name))}</th>${
          time && total > 0
            ? html`<td class="bar"><meter min="0" max="${total}" value="${
              Math.min(each.value, total)
            }" aria-hidden="true"></meter></td>`
            : nothing
        }<td class="figure">${redacted(time ? seconds(each) : each.text)}</td></tr>`
      )}</tbody>
    </table>
  `;
};

const seconds = ({ text, value }: Metric): string =>
  Number.isFinite(Number(text)) && text !== "" ? `${value.toFixed(2)} s` : text;

const title = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};
