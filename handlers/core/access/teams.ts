import { AppError } from "../../errors.ts";
import { type Clock, timestamp } from "../../interfaces/clock.ts";
import type { Change, CollectionName, Document, Documents, Stored } from "../../interfaces/documents.ts";
import type { Condition, Order } from "../query/plan.ts";
import { canonicalPermission, isStaticPermission, objectOf } from "./permissions.ts";
import { checkRecordId } from "./record-id.ts";

/** People who have the same permissions and see the same nodes. */
export type Team = {
  readonly id: string;
  readonly description: string;
  /** The DN of a group whose members are the team's, where logins come from LDAP. */
  readonly ldap_group: string | null;
  readonly users: readonly string[];
  readonly permissions: readonly string[];
  /** ISO, UTC. */
  readonly created_at: string;
};
export type TeamChange = Partial<Pick<Team, "description" | "ldap_group" | "users" | "permissions">>;

type TeamDocument = Document & Team;
type Page = { readonly where?: Condition; readonly order?: readonly Order[]; limit: number; offset?: number };

export type Teams = ReturnType<typeof createTeams>;

const most = { users: 10_000, permissions: 5_000 };

/** The teams. Who may change which one is for access/grants.ts to say; here only what a team can be. */
export const createTeams = (deps: { readonly documents: Documents; readonly clock: Clock }) => {
  const { documents, clock } = deps;

  const checked = async (given: TeamChange, known: readonly string[]): Promise<TeamChange> => ({
    ...given,
    ...(given.users ? { users: await existingUsers(given.users) } : {}),
    ...(given.permissions ? { permissions: await grantable(given.permissions, new Set(known)) } : {}),
  });
  const existingUsers = async (names: readonly string[]): Promise<readonly string[]> => {
    const users = [...new Set(names)].sort();
    if (users.length > most.users) throw bad("users", `A team has at most ${most.users} users`);
    const found = await documents.find("users", { where: oneOf("id", users), fields: [] });
    const there = new Set(found.map((each) => each.id));
    const missing = users.find((each) => !there.has(each));
    if (missing !== undefined) throw bad("users", `There is no user "${missing}"`);
    return users;
  };
  /** What the team has already may stay, also where its object is gone. */
  const grantable = async (names: readonly string[], known: ReadonlySet<string>): Promise<readonly string[]> => {
    const all = [...new Set(names.map(canonicalPermission))].sort();
    if (all.length > most.permissions) throw bad("permissions", `A team has at most ${most.permissions} permissions`);
    for (const each of all) {
      if (isStaticPermission(each) || known.has(each)) continue;
      const object = objectOf(each);
      if (!object) throw bad("permissions", `There is no permission "${each.slice(0, 100)}"`);
      if (!await documents.get(object.collection, object.id)) {
        throw bad("permissions", `"${each}" is for "${object.id}", which does not exist`);
      }
    }
    return all;
  };

  return {
    get: (id: string): Promise<Stored<TeamDocument> | undefined> => documents.get<TeamDocument>("teams", id),
    list: (page: Page): Promise<readonly Stored<TeamDocument>[]> => documents.find<TeamDocument>("teams", page),
    count: (where?: Condition): Promise<number> => documents.count("teams", where),

    /** Throws AppError `invalid` with the field, or `conflict`. */
    async create(id: string, given: TeamChange): Promise<Stored<TeamDocument>> {
      checkRecordId(id, "team");
      const said = await checked(given, []);
      try {
        return await documents.insert<TeamDocument>("teams", {
          description: "",
          ldap_group: null,
          users: [],
          permissions: [],
          ...said,
          id,
          created_at: timestamp(clock.now()),
        } as TeamDocument);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "conflict") throw error;
        throw new AppError("conflict", `There is a team "${id}" already`, { field: "id" });
      }
    },

    /** `team` as it was read: throws AppError `precondition_failed` when it was changed since. */
    async update(team: Stored<TeamDocument>, given: TeamChange): Promise<Stored<TeamDocument>> {
      const { version, ...before } = team;
      const next = { ...before, ...await checked(given, team.permissions) } as TeamDocument;
      return await documents.replace<TeamDocument>("teams", next, version);
    },

    /** Removes a team, and takes it out of the groups of nodes that it sees. False: there was none. */
    async remove(team: Stored<TeamDocument>): Promise<boolean> {
      const groups = await documents.find<Document & { teams: readonly string[] }>("node_groups", {
        where: { op: "has", left: { field: "teams" }, right: team.id },
      });
      const { version: _, ...document } = team;
      await documents.change([
        // fails when the team was changed since it was read
        { do: "replace", collection: "teams", document: document as TeamDocument, version: team.version },
        ...groups.map(({ version, ...group }): Change => ({
          do: "replace",
          collection: "node_groups",
          document: { ...group, teams: group.teams.filter((each) => each !== team.id) } as Document,
          version,
        })),
        { do: "remove", collection: "teams", id: team.id },
      ]);
      return true;
    },

    /** The changes that take a user out of all teams. */
    async without(user: string): Promise<readonly Change[]> {
      const found = await documents.find<TeamDocument>("teams", { where: hasUser(user) });
      return found.map(({ version, ...team }): Change => ({
        do: "replace",
        collection: "teams",
        document: { ...team, users: team.users.filter((each) => each !== user) } as TeamDocument,
        version,
      }));
    },

    /** Takes the permissions for an object that was removed out of all teams: another one of that id inherits none. */
    async forget(collection: CollectionName, id: string): Promise<void> {
      const all = await documents.find<TeamDocument>("teams");
      const gone = (permission: string) => {
        const object = objectOf(permission);
        return object?.collection === collection && object.id === id;
      };
      for (const { version, ...team } of all.filter((each) => each.permissions.some(gone))) {
        const kept = team.permissions.filter((each) => !gone(each));
        await documents.replace("teams", { ...team, permissions: kept } as TeamDocument, version);
      }
    },
  };
};

const hasUser = (user: string): Condition => ({ op: "has", left: { field: "users" }, right: user });
const oneOf = (field: string, values: readonly string[]): Condition => ({
  op: "in",
  left: [{ field }],
  values: values.map((each) => [each]),
});
const bad = (field: string, message: string): AppError => new AppError("invalid", message, { field });
