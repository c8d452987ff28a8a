import type { Context, MiddlewareHandler } from "hono";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";

/** Throws AppError `not_acceptable` where a client wants anything but JSON. */
export const assertAcceptsJson = (c: Context<PortEnv>): void => {
  const accept = c.req.header("Accept");
  if (accept !== undefined && !/application\/json|application\/\*|\*\/\*/i.test(accept)) {
    throw new AppError("not_acceptable", "must accept application/json");
  }
};

/** A type without its parameters, in lower case. */
export const contentType = (c: Context<PortEnv>): string | undefined =>
  c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();

/** The guard of `/pdb/query`: JSON by GET or POST, and version 4 of the API. */
export const queryRules: MiddlewareHandler<PortEnv> = async (c, next) => {
  if (!["GET", "HEAD", "POST"].includes(c.req.method)) {
    c.header("Allow", "GET, POST");
    throw new AppError("method_not_allowed", "PuppetDB queries must be made via GET/POST");
  }
  const retired = /^\/pdb\/query\/(v[123])(\/|$)/.exec(c.req.path)?.[1];
  if (retired) throw new AppError("not_found", `The ${retired} API has been retired; please use v4`);
  assertAcceptsJson(c);
  await next();
};
