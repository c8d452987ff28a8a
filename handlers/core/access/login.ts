import { AppError } from "../../errors.ts";
import type { LoginThrottle } from "./login-throttle.ts";
import type { Sessions } from "./sessions.ts";
import { normaliseUserId, type User, type Users } from "./users.ts";

export type Login = ReturnType<typeof createLogin>;

/** What a person does with his password: log in and change it. Used by the API and by the pages alike. */
export const createLogin = (deps: {
  readonly users: Pick<Users, "verify" | "changePassword">;
  readonly sessions: Pick<Sessions, "start" | "endAll">;
  readonly throttle: LoginThrottle;
}) => {
  const { users, sessions, throttle } = deps;

  const verify = async (name: string, password: string, address: string): Promise<User | undefined> => {
    const attempt = await throttle.begin(normaliseUserId(name) ?? name, address);
    const user = await users.verify(name, password);
    if (user) await attempt.succeeded();
    return user;
  };

  return {
    /**
     * Begins a session; the token is for the cookie. Throws AppError `unauthenticated`, the same for an unknown user and a
     * wrong password, or `too_many_requests`.
     */
    async logIn(given: { readonly user: string; readonly password: string; readonly address: string }) {
      const user = await verify(given.user, given.password, given.address);
      if (!user) throw new AppError("unauthenticated", "The user name or the password is wrong");
      return { user, ...await sessions.start(user, given.address) };
    },

    /**
     * Changes a user's own password, ends all sessions of the old one and begins a new one. Throws AppError `invalid` (field
     * `old` or `new`) or `too_many_requests`.
     */
    async changePassword(
      given: { readonly user: string; readonly old: string; readonly new: string; readonly address: string },
    ) {
      if (!await verify(given.user, given.old, given.address)) {
        throw new AppError("invalid", "The old password is wrong", { field: "old" });
      }
      const user = await users.changePassword(given.user, given.new);
      await sessions.endAll(user.id);
      return { user, ...await sessions.start(user, given.address) };
    },
  };
};
