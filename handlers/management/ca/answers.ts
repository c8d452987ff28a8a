import type { Context } from "hono";
import type { By } from "../../core/ca/types.ts";
import type { Actor } from "../../core/ca/records.ts";
import type { SessionEnv } from "../../http/session.ts";

/** Who asks, for the records of the CA. */
export const actorOf = (c: Context<SessionEnv>): Actor => ({ kind: "user", name: c.var.user.id });
export const byOf = (c: Context<SessionEnv>): By => ({ by: actorOf(c) });

/** `T` with members that are there or absent, never undefined. */
export type Only<T> =
  & { [K in keyof T as undefined extends T[K] ? never : K]: T[K] }
  & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

export const only = <T extends object>(what: T): Only<T> =>
  Object.fromEntries(Object.entries(what).filter(([, value]) => value !== undefined)) as Only<T>;
