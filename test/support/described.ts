import type { Hono } from "hono";
import { isDeepStrictEqual } from "node:util";
import { problemSchema } from "../../handlers/http/problem.ts";
import { describedRoutes } from "../../handlers/management/openapi.ts";

/**
 * Checks an answer against what the OpenAPI document says of its route: the status is described, the body has the
 * described form and nothing besides, a problem is a problem. Routes without a description are not checked.
 */
// deno-lint-ignore no-explicit-any -- whatever the app's types are
export const checkDescribed = async (app: Hono<any, any, any>, method: string, path: string, response: Response) => {
  const pathname = new URL(path, "http://localhost").pathname;
  const route = describedRoutes(app.routes).find((each) =>
    each.method === method && new RegExp(`^${each.path.replace(/:\w+(\{[^/]*\})?/g, "[^/]+")}$`).test(pathname)
  );
  if (!route) return;
  const where = `${method} ${path}: ${response.status}`;
  const schema = response.status >= 400 && !(response.status in route.description.responses)
    ? problemSchema
    : route.description.responses[response.status];
  if (schema === undefined) throw new Error(`${where} is not described`);
  if (typeof schema === "string") return;
  const body = await response.clone().json();
  const read = schema.safeParse(body);
  if (!read.success) throw new Error(`${where} has another form: ${read.error.message}`);
  if (!isDeepStrictEqual(read.data, body)) throw new Error(`${where} has more than is described`);
};
