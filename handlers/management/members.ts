import { Hono } from "hono";
import { z } from "zod";
import type { Members } from "../core/members.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { envelope, envelopeOf, paging, pattern, pick } from "../http/paging.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import { timestamp } from "../interfaces/clock.ts";
import { listDocuments, matching } from "./list-documents.ts";

const member = z.object({
  id: z.string().meta({ description: "Random, another one after each start" }),
  host: z.string(),
  version: z.string(),
  parts: z.array(z.string()).meta({ description: "HOPPETDB_PARTS" }),
  online_since: z.iso.datetime(),
  heartbeat: z.iso.datetime().meta({ description: "Each 10 s; one that is silent for 70 s is forgotten" }),
});
type Shown = z.infer<typeof member>;
const fields = Object.keys(member.shape) as [keyof Shown, ...(keyof Shown)[]];
const byId = validate("param", z.strictObject({ member: z.string().regex(/^[0-9A-Za-z-]{1,100}$/) }));
const tags = ["cluster"];

/** `/api/v1/pyppetdb_nodes`: the processes that run on this store. */
export const membersApi = ({ members }: { readonly members: Members }) =>
  new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "List the processes on this store",
        tags,
        responses: { 200: envelopeOf(member.partial()) },
      }),
      requires("PYPPETDB:NODES::GET"),
      validate(
        "query",
        z.strictObject({ ...paging({ fields, sort: ["id", "heartbeat", "online_since"] }), _id: pattern().optional() }),
      ),
      async (c) => {
        const query = c.req.valid("query");
        const { rows, size, next } = await listDocuments(members, query, [matching("id", query._id)]);
        return c.json(envelope(rows.map((each) => pick(show(each), query.fields)), size, next));
      },
    )
    .get(
      "/:member",
      describeRoute({ summary: "Show one of them", tags, responses: { 200: member } }),
      requires("PYPPETDB:NODES::GET"),
      byId,
      async (c) => {
        const { member: id } = c.req.valid("param");
        const found = await members.get(id);
        if (!found) throw unknown(id);
        return c.json(show(found));
      },
    )
    .delete(
      "/:member",
      describeRoute({
        summary: "Forget one that is gone; one that lives is back within 10 s",
        tags,
        responses: { 200: z.object({}) },
      }),
      requires("PYPPETDB:NODES::DELETE"),
      byId,
      async (c) => {
        const { member: id } = c.req.valid("param");
        if (!await members.remove(id)) throw unknown(id);
        noteChange(c, { before: { id } });
        return c.json({});
      },
    );

const unknown = (id: string): AppError => new AppError("not_found", `There is no process "${id}"`);

const show = (each: Awaited<ReturnType<Members["list"]>>[number]): Shown => ({
  id: each.id,
  host: each.host,
  version: each.release,
  parts: [...each.parts],
  online_since: timestamp(each.online_since),
  heartbeat: timestamp(each.heartbeat),
});
