import { AppError } from "../../errors.ts";
import { type Clock, timestamp } from "../../interfaces/clock.ts";
import type { Change, Documents, Stored } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Passwords } from "../../interfaces/passwords.ts";
import type { Condition, Order } from "../query/plan.ts";
import { checkPassword, normalisePassword } from "./password-rules.ts";
import type { Sessions } from "./sessions.ts";
import type { Teams } from "./teams.ts";
import { normaliseUserId, type UserDocument } from "./users.ts";

/** A user as managers see him: nothing that proves anything. Times are ISO, UTC. */
export type UserRecord = {
  readonly id: string;
  readonly admin: boolean;
  readonly backend: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly created_at: string;
  readonly password_changed_at: string;
  readonly version: number;
};
export type UserChange = {
  readonly admin?: boolean | undefined;
  readonly name?: string | null | undefined;
  readonly email?: string | null | undefined;
  /** Null: he can't log in by a password of ours. */
  readonly password?: string | null | undefined;
};

export type UserRecords = ReturnType<typeof createUserRecords>;

/** Makes, changes and removes users. Who may do so is for access/grants.ts to say. */
export const createUserRecords = (deps: {
  readonly documents: Documents;
  readonly passwords: Passwords;
  readonly teams: Pick<Teams, "without">;
  readonly sessions: Pick<Sessions, "endAll">;
  readonly ids: Ids;
  readonly clock: Clock;
}) => {
  const { documents, passwords, teams, sessions, ids, clock } = deps;

  /** What follows from a password: null is none. Throws AppError `invalid` (field `password`) for a weak one. */
  const withPassword = async (password: string | null, user: string) => {
    try {
      if (password !== null) checkPassword(password, user);
    } catch (error) {
      throw error instanceof AppError ? new AppError(error.code, error.message, { field: "password" }) : error;
    }
    return {
      password: password === null ? null : await passwords.hash(normalisePassword(password)),
      password_id: ids.uuid(),
      password_changed_at: timestamp(clock.now()),
    };
  };
  const assertNotLast = async (user: string): Promise<void> => {
    const others: Condition = { op: "and", of: [isAdmin, { op: "not", of: isId(user) }] };
    if (await documents.count("users", others) === 0) {
      throw new AppError("conflict", `"${user}" is the last administrator, and one has to stay`, { field: "admin" });
    }
  };

  return {
    async get(id: string): Promise<UserRecord | undefined> {
      const name = normaliseUserId(id);
      const found = name === undefined ? undefined : await documents.get<UserDocument>("users", name);
      return found && show(found);
    },
    async list(page: {
      readonly where?: Condition;
      readonly order?: readonly Order[];
      readonly limit: number;
      readonly offset?: number;
    }): Promise<readonly UserRecord[]> {
      return (await documents.find<UserDocument>("users", page)).map(show);
    },
    count: (where?: Condition): Promise<number> => documents.count("users", where),

    /** Throws AppError `invalid` for a bad name or a weak password, `conflict` for a name that is taken. */
    async create(id: string, given: UserChange): Promise<UserRecord> {
      const name = normaliseUserId(id);
      if (name === undefined) {
        throw new AppError("invalid", `"${id.slice(0, 60)}" can be no user name: expected letters, digits and ._@+-`, {
          field: "id",
        });
      }
      const { password = null, ...rest } = given;
      const document = {
        id: name,
        admin: rest.admin ?? false,
        name: rest.name ?? null,
        email: rest.email ?? null,
        ...await withPassword(password, name),
        created_at: timestamp(clock.now()),
      };
      try {
        return show(await documents.insert<UserDocument>("users", document));
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "conflict") throw error;
        throw new AppError("conflict", `There is a user "${name}" already`, { field: "id" });
      }
    },

    /**
     * `version` is that of the user as he was read: throws AppError `precondition_failed` when he was changed since. Another
     * password ends all that was begun with the one before.
     */
    async update(id: string, given: UserChange, version: number): Promise<UserRecord> {
      const known = await documents.get<UserDocument>("users", id);
      if (!known) throw new AppError("not_found", `There is no user "${id}"`);
      if (known.admin && given.admin === false) await assertNotLast(id);
      const { version: _, password_given: __, ...before } = known;
      const { password, ...rest } = given;
      const changes = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      const next = {
        ...before,
        ...changes,
        ...(password === undefined ? {} : await withPassword(password, id)),
      } as UserDocument;
      const stored = await documents.replace<UserDocument>("users", next, version);
      if (password !== undefined) await sessions.endAll(id);
      return show(stored);
    },

    /** Removes a user with his teams' memberships, sessions and credentials: one of that name later inherits nothing. */
    async remove(user: UserRecord): Promise<void> {
      if (user.admin) await assertNotLast(user.id);
      const known = await documents.get<UserDocument>("users", user.id);
      if (!known) throw new AppError("not_found", `There is no user "${user.id}"`);
      const { version: _, ...document } = known;
      const credentials = await documents.find("credentials", { where: ofUser(user.id), fields: ["user"] });
      await documents.change([
        { do: "replace", collection: "users", document, version: user.version },
        ...await teams.without(user.id),
        ...credentials.map(({ id }): Change => ({ do: "remove", collection: "credentials", id })),
        { do: "remove", collection: "users", id: user.id },
      ]);
      // one that was made while he was being removed
      await documents.removeWhere("credentials", ofUser(user.id));
      await sessions.endAll(user.id);
    },
  };
};

const isAdmin: Condition = { op: "=", left: { field: "admin" }, right: true };
const isId = (id: string): Condition => ({ op: "=", left: { field: "id" }, right: id });
const ofUser = (user: string): Condition => ({ op: "=", left: { field: "user" }, right: user });

const show = (user: Stored<UserDocument>): UserRecord => ({
  id: user.id,
  admin: user.admin,
  backend: user.backend ?? "internal",
  name: user.name ?? null,
  email: user.email ?? null,
  created_at: user.created_at,
  password_changed_at: user.password_changed_at,
  version: user.version,
});
