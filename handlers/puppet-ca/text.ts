import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A plain text as Puppet's CA sends it. */
export const text = (c: Context, status: ContentfulStatusCode, body: string, type = "text/plain;charset=utf-8") =>
  c.body(body, status, { "Content-Type": type });

/** What isn't said to be of a charset: PEM, mostly. */
export const pem = (c: Context, body: string) => text(c, 200, body, "text/plain");

/** JSON as Puppet's CA names it. `body` is JSON already. */
export const json = (c: Context, body: string, status: ContentfulStatusCode = 200) =>
  text(c, status, body, "application/json;charset=utf-8");

/** `2026-11-21T22:43:00UTC`, as Puppet writes times. */
export const utc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}UTC`;
