import type { Changes } from "../../interfaces/changes.ts";
import type { Document, Documents, Stored } from "../../interfaces/documents.ts";
import { sightOf } from "../node-groups/sight.ts";
import type { NodeGroup } from "../node-groups/node-group.ts";
import { suffices } from "./permissions.ts";
import type { Team } from "./teams.ts";
import type { User } from "./users.ts";
import type { Viewer } from "./viewer.ts";

/** A viewer, and where his rights come from. */
export type Known = Viewer & {
  readonly teams: readonly Pick<Team, "id" | "permissions">[];
  /** The groups of nodes that his teams see. */
  readonly groups: readonly (NodeGroup & { readonly version: number })[];
  /** All that he may do; of an administrator what his teams would let him. */
  readonly permissions: ReadonlySet<string>;
};

const topics = ["users", "teams", "node_groups"] as const;
const cacheSize = 1_000;

export type Viewers = ReturnType<typeof createViewers>;

/**
 * Who may do what, from users, teams and groups of nodes. Kept until one of these changes, in whichever process: a right
 * that was taken is gone everywhere within a second.
 */
export const createViewers = (deps: { readonly documents: Documents; readonly changes: Changes }) => {
  const { documents, changes } = deps;
  const cache = new Map<string, Promise<Known>>();
  let cachedAt = "";

  const load = async (user: Pick<User, "id" | "admin">): Promise<Known> => {
    const teams = await documents.find<Document & Team>("teams", {
      where: { op: "has", left: { field: "users" }, right: user.id },
      order: [{ field: "id" }],
    });
    const groups = teams.length === 0 ? [] : await documents.find<Document & NodeGroup>("node_groups", {
      where: { op: "or", of: teams.map((each) => ({ op: "has", left: { field: "teams" }, right: each.id })) },
      order: [{ field: "id" }],
    });
    return viewerOf(user, teams, groups);
  };

  return {
    /** `scope`: the permissions that a credential is limited to. */
    async of(user: Pick<User, "id" | "admin">, scope?: readonly string[]): Promise<Known> {
      const now = topics.map((topic) => changes.version(topic)).join(" ");
      if (now !== cachedAt) cache.clear();
      cachedAt = now;
      const key = `${user.admin} ${user.id}`;
      let known = cache.get(key);
      if (!known) {
        if (cache.size >= cacheSize) cache.delete(cache.keys().next().value!);
        cache.set(key, known = load(user));
        known.catch(() => cache.delete(key));
      }
      return scope === undefined ? await known : limited(await known, scope);
    },
  };
};

const viewerOf = (
  user: Pick<User, "id" | "admin">,
  teams: readonly Stored<Document & Team>[],
  groups: readonly Stored<Document & NodeGroup>[],
): Known => {
  const permissions = new Set(teams.flatMap((each) => each.permissions));
  return {
    user: user.id,
    admin: user.admin,
    may: (permission) => user.admin || suffices(permissions, permission),
    ...seeing(groups, user.admin || permissions.has("NODES:ALL::GET")),
    teams,
    groups,
    permissions,
  };
};

const seeing = (groups: Known["groups"], all: boolean): Pick<Viewer, "nodes" | "sight"> => ({
  nodes: all ? undefined : sightOf(groups),
  sight: all ? "all" : JSON.stringify(groups.map(({ id, version }) => [id, version])),
});

/**
 * Never more than the user himself; an administrator's credential with a scope is no administrator's, and sees all nodes
 * only where the scope says so.
 */
const limited = (viewer: Known, scope: readonly string[]): Known => {
  const wanted = new Set(scope);
  return {
    ...viewer,
    ...seeing(viewer.groups, viewer.nodes === undefined && wanted.has("NODES:ALL::GET")),
    admin: false,
    may: (permission) => viewer.may(permission) && suffices(wanted, permission),
    permissions: new Set(scope.filter(viewer.may)),
  };
};
