import type { Estate } from "../../interfaces/estate.ts";
import type { NodeGroups } from "../node-groups/node-groups.ts";
import type { Condition } from "../query/plan.ts";
import { canonicalPermission, objectOf } from "./permissions.ts";
import type { Known } from "./viewers.ts";

export type Reason = {
  readonly kind: "admin" | "team" | "group" | "all_nodes" | "none";
  readonly team?: string;
  readonly permission?: string;
  readonly group?: string;
  readonly rules?: { index: number; name: string | null }[];
  readonly text: string;
};

type Question = {
  readonly permission: string | undefined;
  readonly node: string | undefined;
  /** What the one who asks sees: of another node he learns only that there is none for him. */
  readonly within: Condition | undefined;
};

/** Why a user may do something and to which node, by his teams, their groups and the groups' rules; or why not. */
export const explain = async (
  deps: { readonly groups: Pick<NodeGroups, "seenOf">; readonly estate: Pick<Estate, "test"> },
  user: Known,
  { permission, node, within }: Question,
) => {
  const mays = permission === undefined ? [] : permissionReasons(user, canonicalPermission(permission));
  const sees = node === undefined ? [] : await nodeReasons(deps, user, node, within);
  const allowed = [...mays, ...sees].every(({ kind }) => kind !== "none");
  return {
    user: user.user,
    permission: permission ?? null,
    node: node ?? null,
    allowed,
    reasons: [...mays, ...sees],
  };
};

const permissionReasons = (user: Known, permission: string): Reason[] => {
  if (user.admin) {
    return [{ kind: "admin", text: `"${user.user}" is an administrator, who may do everything` }];
  }
  const wider = objectOf(permission)?.within;
  const reasons = user.teams.flatMap((team): Reason[] => {
    const held = [permission, wider].find((each) => each !== undefined && team.permissions.includes(each));
    if (held === undefined || !user.may(permission)) return [];
    return [{ kind: "team", team: team.id, permission: held, text: `Team "${team.id}" has "${held}"` }];
  });
  if (reasons.length > 0) return reasons;
  const teams = user.teams.map(({ id }) => `"${id}"`).join(", ");
  const none = user.teams.length === 0
    ? `"${user.user}" is in no team`
    : `None of the teams ${teams} has "${permission}"`;
  return [{ kind: "none", text: none }];
};

const nodeReasons = async (
  deps: { readonly groups: Pick<NodeGroups, "seenOf">; readonly estate: Pick<Estate, "test"> },
  user: Known,
  node: string,
  within: Condition | undefined,
): Promise<Reason[]> => {
  const [known] = await deps.estate.test(node, [within ?? { op: "and", of: [] }]);
  if (!known) return [{ kind: "none", text: `There is no node "${node}"` }];
  if (user.nodes === undefined) {
    const text = user.admin ? "Administrators see all nodes" : 'A team has "NODES:ALL::GET", which shows all nodes';
    return [{ kind: user.admin ? "admin" : "all_nodes", text }];
  }
  const found = await deps.groups.seenOf(node, user.groups, undefined);
  if (found.length === 0) {
    const groups = user.groups.map(({ id }) => `"${id}"`).join(", ");
    const text = user.groups.length === 0
      ? `No team of "${user.user}" sees any group of nodes`
      : `"${node}" is in none of the groups ${groups}`;
    return [{ kind: "none", text }];
  }
  return found.map(({ id, rules }): Reason => {
    const teams = user.groups.find((each) => each.id === id)?.teams ?? [];
    const team = user.teams.find((each) => teams.includes(each.id))?.id;
    const names = rules.map(({ index, name }) => name ?? `filters[${index}]`).join(", ");
    return {
      kind: "group",
      group: id,
      ...(team === undefined ? {} : { team }),
      rules: rules.map(({ index, name }) => ({ index, name })),
      text: `Team "${team ?? ""}" sees the group "${id}", in which rule ${names} puts "${node}"`,
    };
  });
};
