import { type Context, Hono } from "hono";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import { gunzip, readBody } from "../http/read-body.ts";
import type { Clock } from "../interfaces/clock.ts";
import type { Command, CommandParser, ReceivedCommand } from "../interfaces/command.ts";
import type { Estate } from "../interfaces/estate.ts";
import type { Ids } from "../interfaces/ids.ts";
import type { Log } from "../interfaces/log.ts";
import type { CommandQueue } from "../interfaces/queue.ts";
import { pretty } from "./errors.ts";
import { assertAcceptsJson, contentType } from "./negotiate.ts";
import { assertDescribed, fromBody, fromUrl, isInUrl } from "./received.ts";

export type CommandsDeps = {
  readonly estate: Pick<Estate, "apply">;
  readonly queue: Pick<CommandQueue, "enqueue" | "reject">;
  readonly parse: CommandParser;
  /** Whether commands are forwarded to a real PuppetDB as well. */
  readonly forward: boolean;
  /** Bytes: of the body as sent, and of the payload once unpacked. */
  readonly limits: { readonly body: number; readonly payload: number };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
};

/**
 * `POST /pdb/cmd/v1`, in both forms of PuppetDB's command API. Answers 200 with a uuid once the command is durable: in the
 * store and, where it is forwarded, in the queue. A bad command is refused and nothing of it is kept.
 */
export const commandsApi = (deps: CommandsDeps) =>
  new Hono<PortEnv>().post("/pdb/cmd/v1", async (c) => {
    const received = await receive(c, deps);
    const now = deps.clock.now();
    const command = await deps.parse(received, now);
    const uuid = deps.ids.uuid();
    await store(deps, uuid, received, command, now);
    if (deps.forward) await deps.queue.enqueue(uuid, received, now);
    const waited = c.req.query("secondsToWaitForCompletion") !== undefined;
    return pretty(waited ? { uuid, processed: true, timed_out: false } : { uuid });
  });

/**
 * What can't be stored for a reason of ours is kept as a dead letter, for a person to replay. While the store is away the
 * sender is told so (`unavailable`) and sends again.
 */
const store = async (
  { estate, queue, log }: CommandsDeps,
  uuid: string,
  received: ReceivedCommand,
  command: Command,
  now: number,
): Promise<void> => {
  const about = { certname: command.certname, command: command.command, uuid };
  try {
    const outcome = await estate.apply(command, now);
    log.debug("Command stored", { ...about, outcome });
  } catch (error) {
    if (error instanceof AppError && error.code !== "internal") throw error;
    log.error("Command cannot be stored", { ...about, error });
    // another id than the one that goes into the queue: both may end as dead letters
    await queue.reject(`${uuid}-store`, received, error instanceof Error ? error.message : String(error), now);
  }
};

const receive = async (c: Context<PortEnv>, { limits }: CommandsDeps): Promise<ReceivedCommand> => {
  const type = contentType(c);
  if (type !== undefined && type !== "application/json") {
    throw new AppError("unsupported_media_type", `content type ${type.slice(0, 100)} not supported`);
  }
  assertAcceptsJson(c);
  const encoding = c.req.header("Content-Encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "gzip" && encoding !== "identity") {
    throw new AppError("unsupported_media_type", `content encoding ${encoding.slice(0, 100)} not supported`);
  }
  if (Number(c.req.header("X-Uncompressed-Length") ?? 0) > limits.payload) {
    throw new AppError("too_large", `The command is larger than the ${limits.payload} bytes that are taken here`);
  }
  const query = new URL(c.req.url).searchParams;
  const inUrl = isInUrl(query);
  if (inUrl) assertDescribed(query);
  const sent = await readBody(c.req.raw, limits.body);
  const body = encoding === "gzip" ? await gunzip(sent, limits.payload) : sent;
  return inUrl ? fromUrl(query, body) : fromBody(body);
};
