import type { Changes } from "../../interfaces/changes.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Passwords } from "../../interfaces/passwords.ts";
import { createLogin } from "./login.ts";
import { createLoginThrottle } from "./login-throttle.ts";
import { createSessions } from "./sessions.ts";
import { createUsers } from "./users.ts";

export type Access = ReturnType<typeof createAccess>;

/** Users, their sessions, and how one becomes the other: one for a process, shared by the API and the pages. */
export const createAccess = (deps: {
  readonly documents: Documents;
  readonly changes: Changes;
  readonly passwords: Passwords;
  readonly ids: Ids;
  readonly clock: Clock;
  /** See `createUsers`. */
  readonly onFirstPasswordChange?: (user: string) => Promise<void> | void;
}) => {
  const users = createUsers(deps);
  const sessions = createSessions({ ...deps, users });
  const login = createLogin({ users, sessions, throttle: createLoginThrottle(deps) });
  return { users, sessions, login };
};
