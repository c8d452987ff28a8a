import { type Context, Hono } from "hono";
import { z } from "zod";
import { assertMayActFor } from "../core/access/grants.ts";
import type { LoginThrottle } from "../core/access/login-throttle.ts";
import { longestPassword } from "../core/access/password-rules.ts";
import type { UserRecord, UserRecords } from "../core/access/user-records.ts";
import type { Viewers } from "../core/access/viewers.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { checkIfMatch, setEtag } from "../http/etag.ts";
import { cursor, envelope, envelopeOf, paging, pattern, pick, trueOrFalse } from "../http/paging.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { timestamp } from "../interfaces/clock.ts";
import { listDocuments, matching } from "./list-documents.ts";
import { isSelf, userOf, userParam } from "./self.ts";

const listed = z.object({
  id: z.string(),
  admin: z.boolean().meta({ description: "May do everything" }),
  backend: z.string().meta({ description: "Where the password is checked" }),
  email: z.string().nullable(),
  name: z.string().nullable(),
  created_at: z.iso.datetime(),
  password_changed_at: z.iso.datetime(),
});
const shown = listed.extend({
  permissions: z.array(z.string()).meta({ description: "What the user's teams let him do" }),
  teams: z.array(z.string()),
  locked_until: z.iso.datetime().nullable().meta({ description: "Until when too many wrong passwords lock him out" }),
});
type Listed = z.infer<typeof listed>;
const fields = Object.keys(listed.shape) as [keyof Listed, ...(keyof Listed)[]];

const listQuery = z.strictObject({
  ...paging({ fields, sort: ["id", "admin", "email", "name"] }),
  cursor: cursor(),
  user_id: pattern().optional().meta({ description: "A regular expression that the id matches" }),
  admin: trueOrFalse().optional(),
});
const password = z.string().min(1).max(longestPassword);
const said = {
  admin: z.boolean().optional().meta({ description: "Only an administrator may set it" }),
  email: z.email().max(320).nullable().optional(),
  name: z.string().max(200).nullable().optional(),
  password: password.nullable().optional().meta({ description: "At least 12 characters; null: no login by password" }),
};
const byId = validate("param", z.strictObject({ user: userParam }));
const tags = ["users"];

export type UsersDeps = {
  readonly userRecords: UserRecords;
  readonly viewers: Viewers;
  readonly throttle: Pick<LoginThrottle, "lockedUntil" | "unlock">;
};

/** `/api/v1/users`: who may log in. */
export const usersApi = ({ userRecords: users, viewers, throttle }: UsersDeps) => {
  const known = async (c: Context<SessionEnv>, given: string): Promise<UserRecord> => {
    const found = await users.get(userOf(c, given));
    if (!found) throw new AppError("not_found", `There is no user "${given}"`);
    return found;
  };
  const whole = async (user: UserRecord) => {
    const [viewer, locked] = await Promise.all([viewers.of(user), throttle.lockedUntil(user.id)]);
    return {
      ...show(user),
      permissions: [...viewer.permissions].sort(),
      teams: viewer.teams.map((each) => each.id),
      locked_until: locked === undefined ? null : timestamp(locked),
    };
  };
  const mayActFor = async (c: Context<SessionEnv>, user: UserRecord) =>
    assertMayActFor(c.var.viewer, await viewers.of(user));

  return new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({ summary: "List users", tags, responses: { 200: envelopeOf(listed.partial()) } }),
      requires("USERS::GET"),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const { rows, size, next } = await listDocuments(users, query, [
          matching("id", query.user_id),
          query.admin === undefined ? undefined : { op: "=", left: { field: "admin" }, right: query.admin },
        ]);
        return c.json(envelope(rows.map((each) => pick(show(each), query.fields)), size, next));
      },
    )
    .get(
      "/:user",
      describeRoute({ summary: "Show a user with what he may do", tags, responses: { 200: shown } }),
      requires("USERS::GET", { unlessSelf: "user" }),
      byId,
      async (c) => {
        const user = await known(c, c.req.valid("param").user);
        setEtag(c, user.version);
        return c.json(await whole(user));
      },
    )
    .post(
      "/:user",
      describeRoute({ summary: "Make a user", tags, responses: { 201: shown }, problems: [409] }),
      requires("USERS::CREATE"),
      byId,
      validate("json", z.strictObject(said)),
      async (c) => {
        const { user: id } = c.req.valid("param");
        const given = c.req.valid("json");
        if (isSelf(id)) throw new AppError("invalid", '"_self" can be no user name', { field: "id" });
        if (given.admin && !c.var.viewer.admin) throw onlyAdmins();
        const made = await users.create(id, given);
        noteChange(c, { after: show(made) });
        setEtag(c, made.version);
        return c.json(await whole(made), 201);
      },
    )
    .put(
      "/:user",
      describeRoute({
        summary: "Change a user",
        description:
          "What is absent stays; null clears. Another password ends the user's sessions. One's own is changed " +
          "with `PUT /users/_self/password`.",
        tags,
        responses: { 200: shown },
        problems: [409, 412],
      }),
      requires("USERS::UPDATE", { unlessSelf: "user" }),
      byId,
      validate("json", z.strictObject(said)),
      async (c) => {
        const { user: given } = c.req.valid("param");
        const user = await known(c, given);
        const change = c.req.valid("json");
        if (change.admin !== undefined && change.admin !== user.admin && !c.var.viewer.admin) throw onlyAdmins();
        if (change.password !== undefined && user.id === c.var.user.id) {
          throw new AppError("invalid", "Your own password is changed with PUT /api/v1/users/_self/password", {
            field: "password",
          });
        }
        if (!isSelf(given)) await mayActFor(c, user);
        checkIfMatch(c, user.version);
        const changed = await users.update(user.id, change, user.version);
        noteChange(c, {
          target: `users/${user.id}`,
          before: show(user),
          after: { ...show(changed), ...(change.password === undefined ? {} : { password_changed: true }) },
        });
        setEtag(c, changed.version);
        return c.json(await whole(changed));
      },
    )
    .delete(
      "/:user",
      describeRoute({
        summary: "Remove a user with his sessions, credentials and memberships",
        tags,
        responses: { 200: z.object({}) },
        problems: [409, 412],
      }),
      requires("USERS::DELETE"),
      byId,
      async (c) => {
        const user = await known(c, c.req.valid("param").user);
        await mayActFor(c, user);
        checkIfMatch(c, user.version);
        await users.remove(user);
        noteChange(c, { target: `users/${user.id}`, before: show(user) });
        return c.json({});
      },
    )
    .delete(
      "/:user/lockout",
      describeRoute({ summary: "Forget a user's wrong passwords", tags, responses: { 200: z.object({}) } }),
      requires("USERS::UPDATE"),
      byId,
      async (c) => {
        const user = await known(c, c.req.valid("param").user);
        await throttle.unlock(user.id);
        return c.json({});
      },
    );
};

const onlyAdmins = (): AppError =>
  new AppError("forbidden", "Only an administrator may make or unmake an administrator", { field: "admin" });

const show = (user: UserRecord): Listed => ({
  id: user.id,
  admin: user.admin,
  backend: user.backend,
  email: user.email,
  name: user.name,
  created_at: user.created_at,
  password_changed_at: user.password_changed_at,
});
