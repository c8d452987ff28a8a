import { html } from "hono/html";
import { type Html, nothing, redacted } from "./html.ts";
import { icon, type IconName } from "./icons.ts";
import { fieldIn, listOf, scalarText, stringIn, valueView } from "./values.ts";

/** What happened to one property of one resource. All of it came from the node, redacted. */
export type RunEvent = {
  readonly kind: "failed" | "changed" | "noop" | "skipped";
  /** `Type[title]` */
  readonly resource: string;
  readonly property: string;
  readonly message: string;
  readonly oldValue: unknown;
  readonly newValue: unknown;
  /** `file:line` of the manifest. */
  readonly place: string;
  /** Stage, classes and defined types around it. */
  readonly path: readonly string[];
  readonly corrective: boolean;
};

export type RunEvents = {
  readonly failed: readonly RunEvent[];
  readonly changed: readonly RunEvent[];
  readonly wouldChange: readonly RunEvent[];
  readonly skipped: readonly RunEvent[];
};

const words: Readonly<
  Record<RunEvent["kind"], { readonly word: string; readonly icon: IconName; readonly style: string }>
> = {
  failed: { word: "Failed", icon: "failed", style: "failed" },
  changed: { word: "Changed", icon: "changed", style: "changed" },
  noop: { word: "Would change", icon: "changed", style: "unreported" },
  skipped: { word: "Skipped", icon: "unreported", style: "unreported" },
};

/** The events of a report's resources by what they came to. Takes any JSON, for it came from a node. */
export const eventsOf = (resources: unknown): RunEvents => {
  const found = {
    failed: [] as RunEvent[],
    changed: [] as RunEvent[],
    noop: [] as RunEvent[],
    skipped: [] as RunEvent[],
  };
  for (const resource of listOf(resources)) {
    const common = {
      resource: `${stringIn(resource, "resource_type")}[${stringIn(resource, "resource_title")}]`,
      place: placeOf(resource),
      path: listOf(fieldIn(resource, "containment_path")).map((each) => scalarText(each) ?? ""),
    };
    const events = listOf(fieldIn(resource, "events"));
    for (const event of events) {
      const kind = kindOf(fieldIn(event, "status"));
      found[kind].push({
        ...common,
        kind,
        property: stringIn(event, "property") || stringIn(event, "name"),
        message: stringIn(event, "message"),
        oldValue: fieldIn(event, "old_value"),
        newValue: fieldIn(event, "new_value"),
        corrective: fieldIn(event, "corrective_change") === true,
      });
    }
    if (events.length === 0 && fieldIn(resource, "skipped") === true) {
      found.skipped.push({
        ...common,
        kind: "skipped",
        property: "",
        message: "",
        oldValue: null,
        newValue: null,
        corrective: false,
      });
    }
  }
  return { failed: found.failed, changed: found.changed, wouldChange: found.noop, skipped: found.skipped };
};

const kindOf = (status: unknown): RunEvent["kind"] => {
  if (status === "failure") return "failed";
  if (status === "noop") return "noop";
  return status === "skipped" ? "skipped" : "changed";
};

export const placeOf = (object: unknown): string => {
  const [file, line] = [stringIn(object, "file"), scalarText(fieldIn(object, "line") ?? "") ?? ""];
  if (file === "" || file === "null") return "";
  return line === "" || line === "null" ? file : `${file}:${line}`;
};

/** Events as a list, each with what was and what is, where it is known; `brief`: without where it stands in the manifests. */
export const eventList = (events: readonly RunEvent[], brief = false): Html =>
  html`<ul class="events">${
    events.map((event) => {
      const { word, icon: drawing, style } = words[event.kind];
      const has = (value: unknown) => value !== null && value !== undefined && value !== "";
      return html`<li class="event ${style}">
<p class="what"><span class="status ${style}">${icon(drawing)}${word}</span> <span class="resource">${
        redacted(event.resource)
      }</span>${
        event.property === "" ? nothing : html`
          <span class="property">${redacted(event.property)}</span>
        `
      }${
        event.corrective
          ? html`
            <span class="tag">corrective</span>
          `
          : nothing
      }</p>
${event.message === "" ? nothing : html`<p class="message">${redacted(event.message)}</p>`}
${
        has(event.oldValue) || has(event.newValue)
          ? html`
            <dl class="values">
              <dt>Before</dt>
              <dd>${valueView(event.oldValue ?? null)}</dd>
              <dt>${event.kind === "noop" ? "Would be" : event.kind === "failed" ? "Wanted" : "After"}</dt>
              <dd>${valueView(event.newValue ?? null)}</dd>
            </dl>
          `
          : nothing
      }
${
        brief || (event.place === "" && event.path.length === 0)
          ? nothing
          : html`<p class="place">${redacted([...event.path.slice(0, -1)].join(" › "))}${
            event.place === "" ? nothing : html`
              <span>${redacted(event.place)}</span>
            `
          }</p>`
      }
</li>`;
    })
  }</ul>`;
