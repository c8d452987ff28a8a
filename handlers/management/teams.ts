import { type Context, Hono } from "hono";
import { z } from "zod";
import { assertMayGrant, assertMaySee } from "../core/access/grants.ts";
import { canonicalPermission } from "../core/access/permissions.ts";
import { recordIdPattern } from "../core/access/record-id.ts";
import type { Team, Teams } from "../core/access/teams.ts";
import type { NodeGroups } from "../core/node-groups/node-groups.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { checkIfMatch, setEtag } from "../http/etag.ts";
import { cursor, envelope, envelopeOf, paging, pattern, pick } from "../http/paging.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { listDocuments, matching } from "./list-documents.ts";

const team = z.object({
  id: z.string(),
  description: z.string(),
  ldap_group: z.string().nullable().meta({ description: "The DN of a group" }),
  users: z.array(z.string()),
  permissions: z.array(z.string()),
  created_at: z.iso.datetime(),
});
type Shown = z.infer<typeof team>;
const fields = Object.keys(team.shape) as [keyof Shown, ...(keyof Shown)[]];

const listQuery = z.strictObject({
  ...paging({ fields, sort: ["id"] }),
  cursor: cursor(),
  team_id: pattern().optional().meta({ description: "A regular expression that the id matches" }),
  ldap_group: pattern().optional(),
  users: pattern().optional().meta({ description: "A regular expression over the list of users" }),
  permissions: pattern().optional().meta({ description: "A regular expression over the list of permissions" }),
});
const said = z.strictObject({
  description: z.string().max(1000).optional(),
  ldap_group: z.string().max(1000).nullable().optional(),
  users: z.array(z.string().min(1).max(128)).max(10_000).optional(),
  permissions: z.array(z.string().min(1).max(500)).max(5000).optional(),
});
const byId = validate(
  "param",
  z.strictObject({ team: z.string().regex(recordIdPattern, "expected letters, digits and ._@+-") }),
);
const tags = ["teams"];

/** `/api/v1/teams`: people with the same permissions and the same nodes. Nobody can grant what he doesn't have. */
export const teamsApi = (deps: { readonly teams: Teams; readonly groups: Pick<NodeGroups, "list"> }) => {
  const { teams } = deps;
  const known = async (id: string) => {
    const found = await teams.get(id);
    if (!found) throw new AppError("not_found", `There is no team "${id}"`);
    return found;
  };
  /** Permissions that are added, and for new members all that the team has and sees. */
  type Before = Pick<Team, "users" | "permissions" | "ldap_group">;
  const mayGrant = async (c: Context<SessionEnv>, id: string, before: Before, after: {
    readonly ldap_group?: string | null | undefined;
    readonly users?: readonly string[] | undefined;
    readonly permissions?: readonly string[] | undefined;
  }): Promise<void> => {
    const { viewer } = c.var;
    const permissions = (after.permissions ?? before.permissions).map(canonicalPermission);
    const joining = (after.users ?? []).some((each) => !before.users.includes(each)) ||
      // whoever is in the group joins
      ((after.ldap_group ?? null) !== null && after.ldap_group !== before.ldap_group);
    assertMayGrant(viewer, joining ? permissions : permissions.filter((each) => !before.permissions.includes(each)));
    if (!joining || viewer.nodes === undefined) return;
    const sees = await deps.groups.list({ where: { op: "has", left: { field: "teams" }, right: id }, limit: 100_000 });
    assertMaySee(viewer, sees);
  };

  return new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({ summary: "List teams", tags, responses: { 200: envelopeOf(team.partial()) } }),
      requires("TEAMS::GET"),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const { rows, size, next } = await listDocuments(teams, query, [
          matching("id", query.team_id),
          matching("ldap_group", query.ldap_group),
          matching("users", query.users),
          matching("permissions", query.permissions),
        ]);
        return c.json(envelope(rows.map((each) => pick(show(each), query.fields)), size, next));
      },
    )
    .get(
      "/:team",
      describeRoute({ summary: "Show a team", tags, responses: { 200: team } }),
      requires("TEAMS::GET"),
      byId,
      async (c) => {
        const found = await known(c.req.valid("param").team);
        setEtag(c, found.version);
        return c.json(show(found));
      },
    )
    .post(
      "/:team",
      describeRoute({ summary: "Make a team", tags, responses: { 201: team }, problems: [409] }),
      requires("TEAMS::CREATE"),
      byId,
      validate("json", said),
      async (c) => {
        const { team: id } = c.req.valid("param");
        const given = c.req.valid("json");
        await mayGrant(c, id, { users: [], permissions: [], ldap_group: null }, given);
        const made = await teams.create(id, defined(given));
        noteChange(c, { after: show(made) });
        setEtag(c, made.version);
        return c.json(show(made), 201);
      },
    )
    .put(
      "/:team",
      describeRoute({
        summary: "Change a team",
        description: "What is absent stays; null clears.",
        tags,
        responses: { 200: team },
        problems: [412],
      }),
      requires("TEAMS::UPDATE"),
      byId,
      validate("json", said),
      async (c) => {
        const before = await known(c.req.valid("param").team);
        const given = c.req.valid("json");
        checkIfMatch(c, before.version);
        await mayGrant(c, before.id, before, given);
        const changed = await teams.update(before, defined(given));
        noteChange(c, { before: show(before), after: show(changed) });
        setEtag(c, changed.version);
        return c.json(show(changed));
      },
    )
    .delete(
      "/:team",
      describeRoute({
        summary: "Remove a team, also from the groups of nodes that it sees",
        tags,
        responses: { 200: z.object({}) },
        problems: [412],
      }),
      requires("TEAMS::DELETE"),
      byId,
      async (c) => {
        const before = await known(c.req.valid("param").team);
        checkIfMatch(c, before.version);
        await teams.remove(before);
        noteChange(c, { before: show(before) });
        return c.json({});
      },
    );
};

const defined = <T extends object>(given: T) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

const show = ({ id, description, ldap_group, users, permissions, created_at }: Team): Shown => ({
  id,
  description,
  ldap_group,
  users: [...users],
  permissions: [...permissions],
  created_at,
});
