import { type Context, Hono } from "hono";
import { z } from "zod";
import { type Credential, type Credentials, type LastUse } from "../core/access/credentials.ts";
import { assertMayActFor, assertMayGrant } from "../core/access/grants.ts";
import type { UserRecord, UserRecords } from "../core/access/user-records.ts";
import type { Viewers } from "../core/access/viewers.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { checkIfMatch, setEtag } from "../http/etag.ts";
import { directionOf, envelope, envelopeOf, offsetOf, paging, pick } from "../http/paging.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { isSelf, userOf, userParam } from "./self.ts";

const credential = z.object({
  id: z.string(),
  created: z.iso.datetime(),
  description: z.string(),
  permissions: z.array(z.string()).nullable().meta({
    description: "What it is limited to, `NODES:ALL::GET` included; null: all that the user may do",
  }),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable().meta({ description: "Up to a minute late" }),
  last_used_from: z.string().nullable(),
});
type Shown = z.infer<typeof credential>;
const fields = Object.keys(credential.shape) as [keyof Shown, ...(keyof Shown)[]];
const sorts = { id: "id", created: "created_at" } as const;

const said = z.strictObject({
  description: z.string().max(1000).optional(),
  permissions: z.array(z.string().max(500)).max(1000).nullable().optional(),
  expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
});
const credentialId = z.string().regex(/^[0-9A-Za-z-]{1,100}$/, "expected the id of a credential");
const ofUser = validate("param", z.strictObject({ user: userParam }));
const byId = validate("param", z.strictObject({ user: userParam, credential: credentialId }));
const tags = ["users"];
const self = { unlessSelf: "user" } as const;

/** `/api/v1/users/{user}/credentials`: keys for programs, sent as `x-secret-id` and `x-secret`, or as a Bearer token. */
export const credentialsApi = (deps: {
  readonly credentials: Credentials;
  readonly userRecords: Pick<UserRecords, "get">;
  readonly viewers: Viewers;
}) => {
  const { credentials, userRecords, viewers } = deps;
  const userNamed = async (c: Context<SessionEnv>, given: string): Promise<UserRecord> => {
    const found = await userRecords.get(userOf(c, given));
    if (!found) throw new AppError("not_found", `There is no user "${given}"`);
    return found;
  };
  const known = async (c: Context<SessionEnv>, given: { user: string; credential: string }): Promise<Credential> => {
    const found = await credentials.get((await userNamed(c, given.user)).id, given.credential);
    if (!found) throw new AppError("not_found", `There is no credential "${given.credential}" of "${given.user}"`);
    return found;
  };
  /** Whoever makes a key hands on what it opens: never more than he has himself, with this very login. */
  const mayGrant = async (c: Context<SessionEnv>, given: string, scope: readonly string[] | null | undefined) => {
    if (!isSelf(given)) assertMayActFor(c.var.viewer, await viewers.of(await userNamed(c, given)));
    if (!c.var.scoped) return;
    if (!scope) throw new AppError("forbidden", "A limited API credential cannot make one that is not limited");
    assertMayGrant(c.var.viewer, scope);
  };
  const whole = async (each: Credential): Promise<Shown> =>
    show(each, (await credentials.lastUses([each.id])).get(each.id));

  return new Hono<SessionEnv>()
    .get(
      "/:user/credentials",
      describeRoute({
        summary: "List a user's API credentials",
        tags,
        responses: { 200: envelopeOf(credential.partial()) },
      }),
      requires("USERS:CREDENTIALS::GET", self),
      ofUser,
      validate("query", z.strictObject(paging({ fields, sort: ["id", "created"] }))),
      async (c) => {
        const query = c.req.valid("query");
        const { id } = await userNamed(c, c.req.valid("param").user);
        const order = [{ field: sorts[query.sort ?? "id"], direction: directionOf(query) }];
        const [found, size] = await Promise.all([
          credentials.list(id, { order, limit: query.limit, offset: offsetOf(query) }),
          credentials.count(id),
        ]);
        const uses = await credentials.lastUses(found.map((each) => each.id));
        return c.json(envelope(found.map((each) => pick(show(each, uses.get(each.id)), query.fields)), size));
      },
    )
    .post(
      "/:user/credentials",
      describeRoute({
        summary: "Make an API credential",
        description: "`secret` is shown this once.",
        tags,
        responses: { 201: credential.extend({ secret: z.string() }) },
        problems: [409],
      }),
      requires("USERS:CREDENTIALS::CREATE", self),
      ofUser,
      validate("json", said),
      async (c) => {
        const { user: given } = c.req.valid("param");
        const body = c.req.valid("json");
        const { id } = await userNamed(c, given);
        await mayGrant(c, given, body.permissions);
        const made = await credentials.create(id, body);
        noteChange(c, {
          target: `users/${id}/credentials/${made.credential.id}`,
          after: show(made.credential, undefined),
        });
        setEtag(c, made.credential.version);
        return c.json({ ...show(made.credential, undefined), secret: made.secret }, 201);
      },
    )
    .get(
      "/:user/credentials/:credential",
      describeRoute({ summary: "Show an API credential, without its secret", tags, responses: { 200: credential } }),
      requires("USERS:CREDENTIALS::GET", self),
      byId,
      async (c) => {
        const found = await known(c, c.req.valid("param"));
        setEtag(c, found.version);
        return c.json(await whole(found));
      },
    )
    .put(
      "/:user/credentials/:credential",
      describeRoute({
        summary: "Change an API credential",
        description: "What is absent stays; null clears.",
        tags,
        responses: { 200: credential },
        problems: [412],
      }),
      requires("USERS:CREDENTIALS::UPDATE", self),
      byId,
      validate("json", said),
      async (c) => {
        const param = c.req.valid("param");
        const body = c.req.valid("json");
        const found = await known(c, param);
        await mayGrant(c, param.user, body.permissions === undefined ? found.permissions : body.permissions);
        checkIfMatch(c, found.version);
        const changed = await credentials.update(found, body);
        noteChange(c, {
          target: `users/${found.user}/credentials/${found.id}`,
          before: show(found, undefined),
          after: show(changed, undefined),
        });
        setEtag(c, changed.version);
        return c.json(await whole(changed));
      },
    )
    .delete(
      "/:user/credentials/:credential",
      describeRoute({ summary: "Remove an API credential", tags, responses: { 200: z.object({}) }, problems: [412] }),
      requires("USERS:CREDENTIALS::DELETE", self),
      byId,
      async (c) => {
        const found = await known(c, c.req.valid("param"));
        checkIfMatch(c, found.version);
        await credentials.remove(found);
        noteChange(c, { target: `users/${found.user}/credentials/${found.id}`, before: show(found, undefined) });
        return c.json({});
      },
    );
};

const show = (each: Credential, use: LastUse | undefined): Shown => ({
  id: each.id,
  created: each.created_at,
  description: each.description,
  permissions: each.permissions === null ? null : [...each.permissions],
  expires_at: each.expires_at,
  last_used_at: use?.at ?? null,
  last_used_from: use?.address ?? null,
});
