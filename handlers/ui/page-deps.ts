import type { NodeViews } from "../core/nodes/nodes.ts";
import type { Clock } from "../interfaces/clock.ts";
import type { Frame } from "./frame.ts";

/** What a page of nodes is made from. */
export type PageDeps = {
  readonly nodes: NodeViews;
  readonly clock: Clock;
  readonly frame: Frame;
};
