import type { Context } from "hono";
import { z } from "zod";
import type { SessionEnv } from "../http/session.ts";

/** A user in a path; `_self` is whoever asks. */
export const userParam = z.string().min(1).max(128).regex(/^[^\p{Cc}\p{Cs}:/]+$/u, "it has characters that no name has")
  .meta({ description: "A user's id; `_self`: one's own" });

/** The user that a path names. */
export const userOf = (c: Context<SessionEnv>, given: string): string => given === "_self" ? c.var.user.id : given;

/** Whether a path says `_self`: no permission is needed then. */
export const isSelf = (given: string): boolean => given === "_self";
