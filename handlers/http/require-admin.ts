import type { MiddlewareHandler } from "hono";
import { AppError } from "../errors.ts";
import type { SessionEnv } from "./session.ts";

/** Lets only administrators pass; behind `requireSession`. Others get AppError `forbidden` (403). */
export const requireAdmin: MiddlewareHandler<SessionEnv> = async (c, next) => {
  if (!c.var.user.admin) throw new AppError("forbidden", "Only an administrator may do this");
  await next();
};
