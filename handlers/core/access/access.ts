import type { Changes } from "../../interfaces/changes.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Log } from "../../interfaces/log.ts";
import type { Passwords } from "../../interfaces/passwords.ts";
import { createCredentials } from "./credentials.ts";
import { createLogin } from "./login.ts";
import { createLoginThrottle } from "./login-throttle.ts";
import { createSessions } from "./sessions.ts";
import { createTeams } from "./teams.ts";
import { createUserRecords } from "./user-records.ts";
import { createUsers } from "./users.ts";
import { createViewers } from "./viewers.ts";

export type Access = ReturnType<typeof createAccess>;

/** Users, teams, logins and what they may do: one for a process, shared by the API and the pages. */
export const createAccess = (deps: {
  readonly documents: Documents;
  readonly changes: Changes;
  readonly passwords: Passwords;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
  /** See `createUsers`. */
  readonly onFirstPasswordChange?: (user: string) => Promise<void> | void;
}) => {
  const users = createUsers(deps);
  const sessions = createSessions({ ...deps, users });
  const throttle = createLoginThrottle(deps);
  const login = createLogin({ users, sessions, throttle });
  const teams = createTeams(deps);
  const userRecords = createUserRecords({ ...deps, teams, sessions });
  const credentials = createCredentials({ ...deps, users });
  const viewers = createViewers(deps);
  const onWrongCredential = (address: string) => throttle.wrongCredential(address);
  return { users, sessions, throttle, login, teams, userRecords, credentials, viewers, onWrongCredential };
};
