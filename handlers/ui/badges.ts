import { html } from "hono/html";
import type { NodeStatus } from "../core/nodes/node-status.ts";
import { nodeStatuses } from "../core/nodes/node-status.ts";
import { type Html, nothing } from "./html.ts";
import { icon } from "./icons.ts";

export const statusWords: Readonly<Record<NodeStatus, string>> = {
  failed: "Failed",
  changed: "Changed",
  unchanged: "Unchanged",
  outdated: "Outdated",
  unreported: "Unreported",
  unknown: "Unknown",
};

/** The state of a run: colour, drawing and word. */
export const statusBadge = (status: string | null): Html => {
  const known = nodeStatuses.find((each) => each === status) ?? "unknown";
  return html`<span class="status ${known}">${icon(known)}${statusWords[known]}</span>`;
};

type Run = {
  readonly noop: boolean | null;
  readonly noop_pending: boolean | null;
  readonly corrective_change: boolean | null;
};

/** What else is worth knowing of a run. */
export const runTags = (run: Run | null): Html =>
  html`${run?.noop ? tag("noop", "The run changed nothing, it only told what it would change") : nothing}${
    run?.noop_pending ? tag("pending", "Some resources are in noop and out of sync") : nothing
  }${run?.corrective_change ? tag("corrective", "It changed back what had been changed on the node") : nothing}`;

export const tag = (text: string, title?: string): Html =>
  title === undefined
    ? html`<span class="tag">${text}</span>`
    : html`<span class="tag" title="${title}">${text}</span>`;
