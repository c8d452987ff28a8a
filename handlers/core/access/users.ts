import { AppError } from "../../errors.ts";
import { type Clock, timestamp } from "../../interfaces/clock.ts";
import type { Document, Documents, Stored } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Passwords } from "../../interfaces/passwords.ts";
import { checkPassword, normalisePassword } from "./password-rules.ts";

/** Someone who may log in, without what proves it. */
export type User = {
  readonly id: string;
  /** May do everything. */
  readonly admin: boolean;
  /** A new one with each password: what was begun under another one has ended. */
  readonly password_id: string;
};

/** A user as stored. A password that is null opens nothing. Times are ISO, UTC. */
export type UserDocument = Document & User & {
  readonly password: string | null;
  readonly created_at: string;
  readonly password_changed_at: string;
  readonly name?: string | null;
  readonly email?: string | null;
  /** Where his password is checked; null: here. */
  readonly backend?: string | null;
};

export type Users = ReturnType<typeof createUsers>;

/**
 * A user name as it is looked up: compatibility forms, case and blanks at the ends don't tell two users apart. Undefined
 * for what can be no name. It is compared whole, never as a pattern.
 */
export const normaliseUserId = (text: string): string | undefined => {
  const id = text.normalize("NFKC").trim().toLowerCase();
  return /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,127}$/u.test(id) ? id : undefined;
};

/** The people who may log in. */
export const createUsers = (deps: {
  readonly documents: Documents;
  readonly passwords: Passwords;
  readonly ids: Ids;
  readonly clock: Clock;
  /** After the first change of a password that was made by us, not by a person. */
  readonly onFirstPasswordChange?: (user: string) => Promise<void> | void;
}) => {
  const { documents, passwords, ids, clock } = deps;
  let dummy: Promise<string> | undefined;

  const stored = async (id: string): Promise<Stored<UserDocument> | undefined> => {
    const name = normaliseUserId(id);
    return name === undefined ? undefined : await documents.get<UserDocument>("users", name);
  };

  return {
    /**
     * Makes the user `admin` when there is no user at all. False: there is one. Throws AppError `invalid` for a weak
     * password.
     */
    async createAdmin(password: string): Promise<boolean> {
      if (await documents.count("users") > 0) return false;
      checkPassword(password, "admin");
      const now = timestamp(clock.now());
      try {
        await documents.insert<UserDocument>("users", {
          id: "admin",
          admin: true,
          password: await passwords.hash(normalisePassword(password)),
          password_id: ids.uuid(),
          password_changed_at: now,
          created_at: now,
          password_given: true,
        });
        return true;
      } catch (error) {
        if (error instanceof AppError && error.code === "conflict") return false;
        throw error;
      }
    },

    async find(id: string): Promise<User | undefined> {
      const user = await stored(id);
      return user && show(user);
    },

    /** The user if the password is his. A name that nobody has takes as long as a wrong password. */
    async verify(id: string, password: string): Promise<User | undefined> {
      const spare = await (dummy ??= passwords.hash(ids.token()).catch((error) => {
        dummy = undefined;
        throw error;
      }));
      const user = await stored(id);
      const right = await passwords.verify(normalisePassword(password), user?.password ?? spare);
      return user && right ? show(user) : undefined;
    },

    /**
     * Gives a user another password; all that hangs on the old one ends. The caller has verified the old one. Throws
     * AppError `invalid` (field `new`) with what is wrong with it, `not_found`, or `precondition_failed` when the user was
     * changed meanwhile.
     */
    async changePassword(id: string, password: string): Promise<User> {
      const user = await stored(id);
      if (!user) throw new AppError("not_found", `There is no user "${id}"`);
      checkPassword(password, user.id);
      if (user.password !== null && await passwords.verify(normalisePassword(password), user.password)) {
        throw new AppError("invalid", "The new password is the old one", { field: "new" });
      }
      const { version, password_given, ...rest } = user;
      const changed = await documents.replace<UserDocument>("users", {
        ...rest,
        password: await passwords.hash(normalisePassword(password)),
        password_id: ids.uuid(),
        password_changed_at: timestamp(clock.now()),
      } as UserDocument, version);
      if (password_given === true) await deps.onFirstPasswordChange?.(user.id);
      return show(changed);
    },
  };
};

const show = ({ id, admin, password_id }: UserDocument): User => ({ id, admin, password_id });
