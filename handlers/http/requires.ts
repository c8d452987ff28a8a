import type { Context, MiddlewareHandler } from "hono";
import {
  type DynamicPermission,
  dynamicPermissions,
  objectOf,
  type Permission,
  permissionFor,
  type StaticPermission,
} from "../core/access/permissions.ts";
import { AppError } from "../errors.ts";
import { withFacts } from "./route-facts.ts";
import type { SessionEnv } from "./session.ts";

type Options = {
  /** A path parameter that may be `_self`: what is one's own takes no permission. */
  readonly unlessSelf?: string;
};

/**
 * Lets pass who has one of the permissions; behind `requireSession`. In one for a single object (`CA:SPACES:{space}:…`)
 * the path parameter of that name is put in. Others get AppError `forbidden` (403) that names what they lack. The OpenAPI
 * document shows what stands here, so that none can differ from what is enforced.
 */
export const requires = (
  alternatives: Permission | readonly [Permission, ...Permission[]],
  { unlessSelf }: Options = {},
): MiddlewareHandler<SessionEnv> => {
  const all: readonly Permission[] = typeof alternatives === "string" ? [alternatives] : alternatives;
  const check: MiddlewareHandler<SessionEnv> = async (c, next) => {
    const own = unlessSelf !== undefined && c.req.param(unlessSelf) === "_self";
    if (!own && !all.some((each) => may(c, each))) throw lacks(all[0]!);
    await next();
  };
  return withFacts(check, {
    kind: "permission",
    permissions: all,
    ...(unlessSelf === undefined ? {} : { unlessSelf }),
  });
};

/** For pages, whose routes stand in no description: throws AppError `forbidden`. */
export const assertMay = (c: Context<SessionEnv>, permission: StaticPermission): void => {
  if (!c.var.viewer.may(permission)) throw lacks(permission);
};

/** AppError `forbidden` for whoever lacks a permission. */
export const lacks = (permission: string): AppError =>
  new AppError("forbidden", `You lack the permission "${permission}"`);

/** Where the object is named in the body, any permission of its kind lets pass, and the handler asks again. */
const may = (c: Context<SessionEnv>, permission: Permission): boolean => {
  const { viewer } = c.var;
  if (!Object.hasOwn(dynamicPermissions, permission)) return viewer.may(permission);
  const id = c.req.param(/\{(\w+)\}/.exec(permission)?.[1] ?? "");
  const of = (object: string) => permissionFor(permission as DynamicPermission, object);
  if (id !== undefined) return viewer.may(of(id));
  return [...viewer.permissions].some((each) => of(objectOf(each)?.id ?? "") === each);
};
