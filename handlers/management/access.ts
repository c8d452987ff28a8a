import { Hono } from "hono";
import { z } from "zod";
import { explain } from "../core/access/explain.ts";
import type { UserRecords } from "../core/access/user-records.ts";
import type { Viewers } from "../core/access/viewers.ts";
import type { NodeGroups } from "../core/node-groups/node-groups.ts";
import { AppError } from "../errors.ts";
import { lacks } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import type { Estate } from "../interfaces/estate.ts";
import { nodeParam } from "./node-answers.ts";
import { userOf, userParam } from "./self.ts";

const reason = z.object({
  kind: z.enum(["admin", "team", "group", "all_nodes", "none"]),
  team: z.string().optional(),
  permission: z.string().optional(),
  group: z.string().optional(),
  rules: z.array(z.object({ index: z.number().int(), name: z.string().nullable() })).optional(),
  text: z.string(),
});
const answer = z.object({
  user: z.string(),
  permission: z.string().nullable(),
  node: z.string().nullable(),
  allowed: z.boolean().meta({ description: "Whether the user may do it, and to this node" }),
  reasons: z.array(reason),
});
const query = z.strictObject({
  user: userParam.default("_self"),
  permission: z.string().min(1).max(500).optional().meta({ description: "E.g. `NODES::DELETE`" }),
  node: nodeParam.optional(),
});

/** `/api/v1/access/explain`: why someone may do something, or why not. */
export const accessApi = (deps: {
  readonly viewers: Viewers;
  readonly userRecords: Pick<UserRecords, "get">;
  readonly groups: NodeGroups;
  readonly estate: Pick<Estate, "test">;
}) =>
  new Hono<SessionEnv>().get(
    "/explain",
    describeRoute({
      summary: "Explain why a user may do something, or why not",
      description: "About oneself everyone may ask; about others it takes `TEAMS::GET`.",
      tags: ["access"],
      responses: { 200: answer },
      problems: [403, 404],
    }),
    validate("query", query),
    async (c) => {
      const { user: given, permission, node } = c.req.valid("query");
      if (permission === undefined && node === undefined) {
        throw new AppError("bad_request", 'Ask for a "permission", a "node" or both', { field: "permission" });
      }
      const name = userOf(c, given);
      if (name !== c.var.user.id && !c.var.viewer.may("TEAMS::GET")) throw lacks("TEAMS::GET");
      const user = await deps.userRecords.get(name);
      if (!user) throw new AppError("not_found", `There is no user "${given}"`);
      const of = name === c.var.user.id ? c.var.viewer : await deps.viewers.of(user);
      return c.json(await explain(deps, of, { permission, node, within: c.var.viewer.nodes }));
    },
  );
