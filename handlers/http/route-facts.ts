import type { Handler, MiddlewareHandler } from "hono";
import { findTargetHandler } from "hono/utils/handler";
import type { z } from "zod";

/** Where a validated input comes from. `form` is for pages: the API takes JSON only. */
export type Target = "query" | "json" | "param" | "form";

export type RouteDescription = {
  /** A sentence without a final period: what the operation does. */
  readonly summary: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** What is answered, by status: a schema of the JSON body, or a text where there is none. */
  readonly responses: Readonly<Record<number, z.ZodType | string>>;
  /** Statuses of problems beyond those that every operation may have. */
  readonly problems?: readonly number[];
  /** `open`: needs no login. */
  readonly access?: "open" | "login";
  /** `nodes`: shows or changes only what is of nodes that the viewer sees; of another one it says that there is none. */
  readonly scope?: "nodes";
};

/** What a middleware knows of the route that it stands in. */
export type RouteFacts =
  | { readonly kind: "input"; readonly target: Target; readonly schema: z.ZodType }
  | { readonly kind: "description"; readonly description: RouteDescription }
  /** One of them suffices; none is needed where the path parameter `unlessSelf` is `_self`. */
  | { readonly kind: "permission"; readonly permissions: readonly string[]; readonly unlessSelf?: string };

const facts = Symbol("hoppetdb.route-facts");

/** Attaches facts to a middleware; the OpenAPI document is made from them. */
export const withFacts = <M extends MiddlewareHandler>(middleware: M, about: RouteFacts): M =>
  Object.assign(middleware, { [facts]: about });

/** The facts of a handler as it stands in `app.routes`, if it has any. */
export const factsOf = (handler: Handler | MiddlewareHandler): RouteFacts | undefined =>
  (findTargetHandler(handler) as { [facts]?: RouteFacts })[facts];

/** Says what the route is for and what it answers. Does nothing to a request. */
export const describeRoute = (description: RouteDescription): MiddlewareHandler =>
  withFacts((_c, next) => next(), { kind: "description", description });
