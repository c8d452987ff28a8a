import { type Context, Hono } from "hono";
import { z } from "zod";
import { type LettersDeps, lettersSeenBy } from "../core/nodes/dead-letters.ts";
import type { NodeViews } from "../core/nodes/nodes.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { envelope, envelopeOf, offsetOf, paging, pick } from "../http/paging.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute, validate } from "../http/validate.ts";
import type { CommandQueue, DeadLetter } from "../interfaces/queue.ts";
import { seal } from "../interfaces/sealed.ts";

const letter = z.object({
  id: z.string(),
  certname: z.string(),
  command: z.string().meta({ description: "E.g. `replace facts`" }),
  version: z.number().int(),
  received_at: z.iso.datetime(),
  stage: z.enum(["store", "forward"]).meta({ description: "Where it failed" }),
  reason: z.string().meta({ description: "Why; secrets are replaced" }),
  size: z.number().int().meta({ description: "Bytes of the payload" }),
});
type Shown = z.infer<typeof letter>;

const { fields, page, limit } = paging({
  fields: ["id", "certname", "command", "version", "received_at", "stage", "reason", "size"],
  sort: ["received_at"],
});
const listQuery = z.strictObject({
  fields,
  page,
  limit,
  certname: z.string().max(256).optional().meta({ description: "Those of one node" }),
});
const byId = validate("param", z.strictObject({ dead_letter: z.string().min(1).max(200) }));
const tags = ["dead_letters"];

/** `/api/v1/dead_letters`: commands that could not be stored or forwarded, for a person to decide. */
export const deadLettersApi = (deps: {
  readonly queue: LettersDeps["queue"] & Pick<CommandQueue, "dropDeadLetter">;
  readonly nodes: LettersDeps["nodes"] & Pick<NodeViews, "redactText">;
  /** Tries it once more, at once or by putting it back in line. False: it is gone. Throws AppError when it fails again. */
  readonly replay: (id: string) => Promise<boolean>;
}) => {
  const { queue } = deps;
  const show = async (each: DeadLetter): Promise<Shown> => ({
    id: each.id,
    certname: each.certname,
    command: each.command,
    version: each.version,
    received_at: each.received_at,
    stage: each.stage,
    reason: await deps.nodes.redactText(each.certname, each.reason),
    size: each.size,
  });
  const replay = async ({ id, certname }: DeadLetter): Promise<boolean> => {
    try {
      return await deps.replay(id);
    } catch (error) {
      if (!(error instanceof AppError) || error.code === "internal") throw error;
      // What is wrong with a command may quote what the node sent.
      throw new AppError(error.code, await deps.nodes.redactText(certname, seal(error.message)));
    }
  };
  const seen = (c: Context<SessionEnv>) => lettersSeenBy(deps, c.var.viewer);
  const known = async (c: Context<SessionEnv>, id: string): Promise<DeadLetter> => {
    const found = await seen(c).find(id);
    if (!found) throw unknown(id);
    return found;
  };
  return new Hono<SessionEnv>()
    .get(
      "/",
      describeRoute({
        summary: "List the commands that could not be stored or forwarded",
        tags,
        scope: "nodes",
        responses: { 200: envelopeOf(letter.partial()) },
      }),
      requires("NODES:DEAD_LETTERS::GET"),
      validate("query", listQuery),
      async (c) => {
        const query = c.req.valid("query");
        const { limit, certname } = query;
        const { letters, size } = await seen(c).page({ limit, offset: offsetOf(query), certname });
        const shown = await Promise.all(letters.map(show));
        return c.json(envelope(shown.map((each) => pick(each, query.fields)), size));
      },
    )
    .get(
      "/:dead_letter",
      describeRoute({ summary: "Show one of them", tags, scope: "nodes", responses: { 200: letter } }),
      requires("NODES:DEAD_LETTERS::GET"),
      byId,
      async (c) => c.json(await show(await known(c, c.req.valid("param").dead_letter))),
    )
    .post(
      "/:dead_letter/replay",
      describeRoute({
        summary: "Try it once more",
        description: "Leaves the list when it was stored or put back in line; else the problem says why.",
        tags,
        scope: "nodes",
        responses: { 200: z.object({}) },
      }),
      requires("NODES:DEAD_LETTERS::UPDATE"),
      byId,
      async (c) => {
        const { dead_letter: id } = c.req.valid("param");
        if (!await replay(await known(c, id))) throw unknown(id);
        return c.json({});
      },
    )
    .delete(
      "/:dead_letter",
      describeRoute({ summary: "Drop it for good", tags, scope: "nodes", responses: { 200: z.object({}) } }),
      requires("NODES:DEAD_LETTERS::DELETE"),
      byId,
      async (c) => {
        const { dead_letter: id } = c.req.valid("param");
        const { certname, command } = await known(c, id);
        noteChange(c, { before: { certname, command } });
        if (!await queue.dropDeadLetter(id)) throw unknown(id);
        return c.json({});
      },
    );
};

const unknown = (id: string): AppError => new AppError("not_found", `There is no dead letter "${id}"`);
