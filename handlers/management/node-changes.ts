import { type Context, Hono } from "hono";
import { z } from "zod";
import type { NodeViews } from "../core/nodes/nodes.ts";
import type { RemovedNode } from "../core/nodes/remove-node.ts";
import { shownText } from "../core/nodes/shown-json.ts";
import { ofNode } from "../core/nodes/scope.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { checkIfMatch, setEtag } from "../http/etag.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import type { Estate, NodeSettings } from "../interfaces/estate.ts";
import { seal } from "../interfaces/sealed.ts";
import { eachOf, outcomesSchema } from "./each-of.ts";
import { exactAnswer, nodeParam, runOptions, unknownNode } from "./node-answers.ts";

const settings = z.object({
  id: z.string(),
  disabled: z.boolean(),
  facts_inject: z.record(z.string(), z.string()).meta({ description: "Secrets are replaced" }),
});
const removed = z.object({
  certificates_revoked: z.number().int().nullable().meta({ description: "null where the Puppetserver is the CA" }),
  dead_letters: z.number().int().meta({ description: "Commands of the node that could not be stored, dropped too" }),
});
const factName = z.string().regex(/^[A-Za-z_][\w.:-]{0,199}$/, "expected a fact's name");
const said = {
  disabled: z.boolean().optional().meta({ description: "Nobody waits for its reports" }),
  facts_inject: z.record(factName, z.string().max(10_000)).nullable().optional()
    .refine((facts) => Object.keys(facts ?? {}).length <= 500, "expected at most 500 facts")
    .meta({ description: "Facts that are added when its catalog is compiled; null: none" }),
};
const many = z.array(nodeParam).min(1).max(1000, "expected at most 1000");
const byId = validate("param", z.strictObject({ node: nodeParam }));
const tags = ["nodes"];

export type NodeChangesDeps = {
  readonly nodes: NodeViews;
  readonly estate: Pick<Estate, "nodeSettings" | "createNode" | "changeNode" | "count">;
  /** Takes a node away with all that hangs on it, certificates revoked. Undefined: there is none. */
  readonly removeNode: (certname: string, by: string) => Promise<RemovedNode | undefined>;
};

/** Making, changing and removing nodes, one or many, among those that one's teams see. */
export const nodeChangesApi = ({ nodes, estate, removeNode }: NodeChangesDeps) => {
  const seenSettings = async (c: Context<SessionEnv>, certname: string): Promise<NodeSettings> => {
    const where = ofNode(certname, c.var.viewer.nodes);
    const [seen, found] = await Promise.all([
      estate.count({ entity: "nodes", select: [], where }, runOptions(c)),
      estate.nodeSettings(certname),
    ]);
    if (seen === 0 || !found) throw unknownNode(certname);
    return found;
  };
  const show = async ({ certname, disabled, facts_inject }: NodeSettings) => ({
    id: certname,
    disabled,
    facts_inject: shownText((await nodes.redactorFor(certname)).redact(facts_inject, "json").text),
  });
  /** The same for the audit log, which must not need the store's own JSON. */
  const noted = async (each: NodeSettings) => ({
    disabled: each.disabled,
    facts_inject: (await nodes.redactorFor(each.certname)).redact(each.facts_inject, "json").value,
  });
  const change = async (
    before: NodeSettings,
    given: {
      readonly disabled?: boolean | undefined;
      readonly facts_inject?: Record<string, string> | null | undefined;
    },
  ): Promise<NodeSettings> =>
    await estate.changeNode(
      before.certname,
      {
        disabled: given.disabled ?? before.disabled,
        facts_inject: given.facts_inject === undefined
          ? before.facts_inject
          : seal(JSON.stringify(given.facts_inject ?? {})),
      },
      before.version,
      given.disabled === false,
    );
  const take = async (c: Context<SessionEnv>, certname: string): Promise<RemovedNode> => {
    await seenSettings(c, certname);
    const gone = await removeNode(certname, c.var.user.id);
    if (!gone) throw unknownNode(certname);
    return gone;
  };

  return new Hono<SessionEnv>()
    .post(
      "/_bulk/update",
      describeRoute({
        summary: "Change many nodes",
        description: "Each is judged by itself: `done` and `detail` say what came of it.",
        tags,
        scope: "nodes",
        responses: { 200: outcomesSchema },
      }),
      requires("NODES::UPDATE"),
      validate("json", z.strictObject({ nodes: many, ...said })),
      async (c) => {
        const { nodes: names, ...given } = c.req.valid("json");
        const answer = await eachOf(names, async (name) => await change(await seenSettings(c, name), given));
        noteChange(c, { after: { ...given, nodes: answer.result } });
        return c.json(answer);
      },
    )
    .post(
      "/_bulk/delete",
      describeRoute({
        summary: "Remove many nodes",
        description: "Each is judged by itself: `done` and `detail` say what came of it.",
        tags,
        scope: "nodes",
        responses: { 200: outcomesSchema },
      }),
      requires("NODES::DELETE"),
      validate("json", z.strictObject({ nodes: many })),
      async (c) => {
        const answer = await eachOf(c.req.valid("json").nodes, (name) => take(c, name));
        noteChange(c, { after: { nodes: answer.result } });
        return c.json(answer);
      },
    )
    .post(
      "/:node",
      describeRoute({
        summary: "Make a node before it was heard of",
        tags,
        responses: { 201: settings },
        problems: [409],
      }),
      requires("NODES::CREATE"),
      byId,
      validate("json", z.strictObject(said)),
      async (c) => {
        const { node } = c.req.valid("param");
        const { disabled = false, facts_inject } = c.req.valid("json");
        if (node.startsWith("_")) {
          throw new AppError("invalid", `"${node}" can be no certname: it begins with "_"`, { field: "id" });
        }
        const made = await estate.createNode(node, {
          disabled,
          facts_inject: seal(JSON.stringify(facts_inject ?? {})),
        });
        noteChange(c, { after: await noted(made) });
        setEtag(c, made.version);
        return exactAnswer<z.infer<typeof settings>, 201>(c, await show(made), 201);
      },
    )
    .put(
      "/:node",
      describeRoute({
        summary: "Disable a node, or inject facts",
        description:
          "What is absent stays; null clears. `disabled: false` also takes back that it was deactivated or " +
          "expired. Commands of Puppet change neither.",
        tags,
        scope: "nodes",
        responses: { 200: settings },
        problems: [412],
      }),
      requires("NODES::UPDATE"),
      byId,
      validate("json", z.strictObject(said)),
      async (c) => {
        const before = await seenSettings(c, c.req.valid("param").node);
        checkIfMatch(c, before.version);
        const changed = await change(before, c.req.valid("json"));
        noteChange(c, { before: await noted(before), after: await noted(changed) });
        setEtag(c, changed.version);
        return exactAnswer<z.infer<typeof settings>>(c, await show(changed));
      },
    )
    .delete(
      "/:node",
      describeRoute({
        summary: "Remove a node with its facts, catalogs and reports, and revoke its certificates",
        tags,
        scope: "nodes",
        responses: { 200: removed },
        problems: [412],
      }),
      requires("NODES::DELETE"),
      byId,
      async (c) => {
        const { node } = c.req.valid("param");
        const before = await seenSettings(c, node);
        checkIfMatch(c, before.version);
        const settings = await noted(before);
        const gone = await take(c, node);
        noteChange(c, { before: settings, after: gone });
        return c.json({ certificates_revoked: gone.certificates_revoked, dead_letters: gone.dead_letters });
      },
    );
};
