import { Hono } from "hono";
import { z } from "zod";
import type { Teams } from "../../core/access/teams.ts";
import { openPolicy } from "../../core/ca/policy.ts";
import type { Policy, Space } from "../../core/ca/records.ts";
import type { Spaces } from "../../core/ca/types.ts";
import { AppError } from "../../errors.ts";
import { noteChange } from "../../http/audited.ts";
import { checkIfMatch, contentTag } from "../../http/etag.ts";
import { envelope, envelopeOf, paging, pattern, pick } from "../../http/paging.ts";
import { requires } from "../../http/requires.ts";
import type { SessionEnv } from "../../http/session.ts";
import { describeRoute, validate } from "../../http/validate.ts";
import { timestamp } from "../../interfaces/clock.ts";
import { actorOf, only } from "./answers.ts";
import { pageOf } from "./page-of.ts";
import { idShape, policyShape } from "./shapes.ts";

const space = z.object({
  id: idShape,
  description: z.string(),
  ca_id: z.string().meta({ description: "The authority that signs" }),
  ca_id_history: z.array(z.string()).meta({
    description: "Those that signed before: trusted until the last certificate of theirs is gone",
  }),
  policy: policyShape,
  created_at: z.iso.datetime(),
});
type Shown = z.infer<typeof space>;
const progress = z.object({
  result: z.array(z.object({
    ca_id: z.string(),
    current: z.boolean(),
    live: z.number().int().meta({ description: "Certificates of the space that are good now" }),
  })),
});
const fields = Object.keys(space.shape) as [keyof Shown, ...(keyof Shown)[]];
const listQuery = z.strictObject({
  ...paging({ fields, sort: ["id", "ca_id"] }),
  space_id: pattern().optional().meta({ description: "A regular expression that the id matches" }),
  ca_id: pattern().optional(),
});
const said = {
  description: z.string().max(1000).optional(),
  policy: policyShape.partial().optional().meta({ description: "What is absent stays as it is" }),
};
const byId = validate("param", z.strictObject({ space: idShape }));
const tags = ["ca"];

/** `/api/v1/ca/spaces`: named realms, each with the authority that signs and its policy. */
export const spacesApi = (
  { spaces, teams }: { readonly spaces: Spaces; readonly teams: Pick<Teams, "forget"> },
) =>
  new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({ summary: "List the spaces", tags, responses: { 200: envelopeOf(space.partial()) } }),
      requires("CA::GET"),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const { rows, size } = pageOf((await spaces.list()).map(show), {
          ...query,
          matching: { id: query.space_id, ca_id: query.ca_id },
        });
        return c.json(envelope(rows.map((each) => pick(each, query.fields)), size));
      },
    )
    .get(
      "/:space",
      describeRoute({ summary: "Show a space", tags, responses: { 200: space } }),
      requires("CA::GET"),
      byId,
      async (c) => {
        const { space: id } = c.req.valid("param");
        const found = await spaces.get(id);
        if (!found) throw unknown(id);
        c.header("ETag", await contentTag(show(found)));
        return c.json(show(found));
      },
    )
    .get(
      "/:space/progress",
      describeRoute({
        summary: "Show how far the roll-over to another authority is",
        tags,
        responses: { 200: progress },
      }),
      requires("CA::GET"),
      byId,
      async (c) => {
        const found = await spaces.progress(c.req.valid("param").space);
        return c.json({ result: found.map(({ authority, current, live }) => ({ ca_id: authority, current, live })) });
      },
    )
    .post(
      "/:space",
      describeRoute({ summary: "Make a space", tags, responses: { 201: space }, problems: [403, 409] }),
      requires("CA:SPACES::CREATE"),
      byId,
      validate("json", z.strictObject({ ca_id: idShape, ...said })),
      async (c) => {
        const { space: id } = c.req.valid("param");
        const { policy, ...body } = c.req.valid("json");
        const added = await spaces.create(only({ ...body, id, by: actorOf(c), policy: policyOf(policy) }));
        noteChange(c, { after: show(added) });
        c.header("ETag", await contentTag(show(added)));
        return c.json(show(added), 201);
      },
    )
    .put(
      "/:space",
      describeRoute({
        summary: "Change a space",
        description: "Another `ca_id` rolls the authority over: agents trust the old and the new one until the last " +
          "certificate of the old one is gone.",
        tags,
        responses: { 200: space },
        problems: [403, 412],
      }),
      requires("CA:SPACES::UPDATE"),
      byId,
      validate("json", z.strictObject({ ca_id: idShape.optional(), ...said })),
      async (c) => {
        const { space: id } = c.req.valid("param");
        const { policy, ...body } = c.req.valid("json");
        let before: Space | undefined;
        const seen = async (stored: Space) => {
          checkIfMatch(c, await contentTag(show(stored)));
          before = stored;
        };
        const what = only({ ...body, by: actorOf(c), policy: policyOf(policy), seen });
        const changed = show(await spaces.update(id, what));
        noteChange(c, { before: before && show(before), after: changed });
        c.header("ETag", await contentTag(changed));
        return c.json(changed);
      },
    )
    .delete(
      "/:space",
      describeRoute({
        summary: "Remove a space that has no certificates",
        tags,
        responses: { 200: z.object({}) },
        problems: [403, 422],
      }),
      requires("CA:SPACES::DELETE"),
      byId,
      async (c) => {
        const { space: id } = c.req.valid("param");
        const before = await spaces.get(id);
        if (!before) throw unknown(id);
        checkIfMatch(c, await contentTag(show(before)));
        if (!await spaces.remove(id)) throw unknown(id);
        await teams.forget("ca_spaces", id);
        noteChange(c, { before: show(before) });
        return c.json({});
      },
    );

const policyOf = (policy: Partial<{ [K in keyof Policy]: Policy[K] | undefined }> | undefined) =>
  policy === undefined ? undefined : only(policy) as Partial<Policy>;

const show = ({ id, description, ca_id, ca_id_history, policy, created_at }: Space): Shown => ({
  id,
  description,
  ca_id,
  ca_id_history: [...ca_id_history],
  policy: { ...openPolicy, ...policy } as Shown["policy"],
  created_at: timestamp(created_at),
});

const unknown = (id: string): AppError => new AppError("not_found", `There is no space "${id}"`);
