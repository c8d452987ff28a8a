import { AppError } from "../../errors.ts";
import type { Known } from "./viewers.ts";

/** What someone may not hand on, since he hasn't got it; undefined when there is nothing of the kind. */
const lacking = (viewer: Pick<Known, "may">, permissions: Iterable<string>): string | undefined => {
  for (const each of permissions) if (!viewer.may(each)) return each;
  return undefined;
};

/** Nobody can grant what he doesn't have. Throws AppError `forbidden` that names the permission. */
export const assertMayGrant = (viewer: Pick<Known, "may">, permissions: Iterable<string>): void => {
  const missing = lacking(viewer, permissions);
  if (missing === undefined) return;
  throw new AppError("forbidden", `You cannot grant "${missing}", since you do not have it yourself`, {
    field: "permissions",
  });
};

/**
 * Whoever may change a user's password or make him a credential may act as that user: so he needs all that the user may
 * do. Throws AppError `forbidden`.
 */
export const assertMayActFor = (viewer: Known, other: Known): void => {
  if (viewer.user === other.user || viewer.admin) return;
  if (other.admin) throw new AppError("forbidden", `"${other.user}" is an administrator: only another one may do this`);
  const missing = lacking(viewer, other.permissions);
  if (missing !== undefined) {
    throw new AppError("forbidden", `"${other.user}" has "${missing}", which you do not have yourself`);
  }
  if (viewer.nodes !== undefined && other.sight !== viewer.sight && !seesAllGroups(viewer, other)) {
    throw new AppError("forbidden", `"${other.user}" sees nodes that you do not see yourself`);
  }
};

const seesAllGroups = (viewer: Known, other: Known): boolean => {
  if (other.nodes === undefined) return false;
  const own = new Set(viewer.groups.map((each) => each.id));
  return other.groups.every((each) => own.has(each.id));
};

/**
 * Whoever puts a user into a team, or a team in front of a group, grants what the team has and sees. Throws AppError
 * `forbidden`.
 */
export const assertMaySee = (viewer: Known, groups: readonly { readonly id: string }[]): void => {
  if (viewer.nodes === undefined) return;
  const own = new Set(viewer.groups.map((each) => each.id));
  const hidden = groups.find((each) => !own.has(each.id));
  if (hidden) {
    throw new AppError("forbidden", `You cannot let others see the nodes of "${hidden.id}", since you do not see them`);
  }
};
