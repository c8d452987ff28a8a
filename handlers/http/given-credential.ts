import type { Context } from "hono";
import { AppError } from "../errors.ts";

export type GivenCredential = { readonly id: string | undefined; readonly secret: string };

/**
 * The API credential that a request carries: `x-secret-id` and `x-secret`, or `Authorization: Bearer <secret>` (also
 * `<id>.<secret>`). Undefined when there is none; AppError `unauthenticated` for half of one or another scheme.
 */
export const givenCredential = (c: Context): GivenCredential | undefined => {
  const [id, secret] = [c.req.header("x-secret-id"), c.req.header("x-secret")];
  if (id !== undefined || secret !== undefined) {
    if (id !== undefined && secret !== undefined) return { id, secret };
    const missing = id === undefined ? "x-secret-id" : "x-secret";
    throw new AppError(
      "unauthenticated",
      `An API credential is sent as x-secret-id and x-secret; "${missing}" is missing`,
    );
  }
  const authorization = c.req.header("Authorization");
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization) ?? [];
  if (token === undefined) {
    throw new AppError("unauthenticated", 'Only "Authorization: Bearer" with an API credential is understood');
  }
  const dot = token.indexOf(".");
  return dot < 0 ? { id: undefined, secret: token } : { id: token.slice(0, dot), secret: token.slice(dot + 1) };
};
