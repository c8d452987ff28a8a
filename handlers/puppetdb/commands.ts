import { type Context, Hono } from "hono";
import { commandNamed, commandNames, commandVersions } from "../core/commands/commands.ts";
import { parseExact, stringify } from "../core/json/exact-json.ts";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import { gunzip, readBody } from "../http/read-body.ts";
import type { Clock } from "../interfaces/clock.ts";
import type { CommandParser, ReceivedCommand } from "../interfaces/command.ts";
import type { Estate } from "../interfaces/estate.ts";
import type { Ids } from "../interfaces/ids.ts";
import type { Log } from "../interfaces/log.ts";
import type { CommandQueue } from "../interfaces/queue.ts";
import { pretty } from "./errors.ts";

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

const parameters = ["command", "version", "certname", "producer-timestamp", "checksum", "secondsToWaitForCompletion"];

/**
 * `POST /pdb/cmd/v1`, in both forms of PuppetDB's command API. Answers 200 with a uuid once the command is durable: in the
 * store and, where it is forwarded, in the queue. A bad command is refused and nothing of it is kept.
 */
export const commandsApi = (deps: CommandsDeps) =>
  new Hono<PortEnv>().post("/pdb/cmd/v1", async (c) => {
    checkHeaders(c);
    const received = await receive(c, deps);
    const now = deps.clock.now();
    const command = await deps.parse(received, now);
    const uuid = deps.ids.uuid();
    // queued first: should storing fail for good, the dead letter is ours, and PuppetDB may still take it
    if (deps.forward) await deps.queue.enqueue(uuid, received, now);
    try {
      const outcome = await deps.estate.apply(command, now);
      deps.log.debug("Command stored", { certname: command.certname, command: command.command, outcome, uuid });
    } catch (error) {
      if (error instanceof AppError && error.code !== "internal") throw error;
      deps.log.error("Command cannot be stored", { certname: command.certname, command: command.command, uuid, error });
      const reason = error instanceof Error ? error.message : String(error);
      await deps.queue.reject(`${uuid}-store`, received, reason, now);
    }
    const waited = c.req.query("secondsToWaitForCompletion") !== undefined;
    return pretty(waited ? { uuid, processed: true, timed_out: false } : { uuid });
  });

const checkHeaders = (c: Context): void => {
  const type = c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== undefined && type !== "application/json") {
    throw new AppError("unsupported_media_type", `content type ${type} not supported`);
  }
  const accept = c.req.header("Accept");
  if (accept !== undefined && !/application\/json|application\/\*|\*\/\*/i.test(accept)) {
    throw new AppError("not_acceptable", "must accept application/json");
  }
  const encoding = c.req.header("Content-Encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "gzip" && encoding !== "identity") {
    throw new AppError("unsupported_media_type", `content encoding ${encoding} not supported`);
  }
};

const receive = async (c: Context, { limits }: CommandsDeps): Promise<ReceivedCommand> => {
  const query = new URL(c.req.url).searchParams;
  const inUrl = query.has("command") || query.has("version") || query.has("certname");
  if (inUrl) checkParameters(query);
  const sent = await readBody(c.req.raw, limits.body);
  const body = c.req.header("Content-Encoding")?.trim().toLowerCase() === "gzip"
    ? await gunzip(sent, limits.payload)
    : sent;
  if (!inUrl) return fromBody(body);
  return {
    command: commandNamed(query.get("command") ?? "") ?? "",
    version: Number(query.get("version")),
    certname: query.get("certname") ?? "",
    producer_timestamp: timeOf(query.get("producer-timestamp"), query),
    payload: body,
  };
};

const checkParameters = (query: URLSearchParams): void => {
  const refuse = (why: string): never => {
    throw new AppError(
      "bad_request",
      `Command "${query.get("command") ?? ""}" for certname "${query.get("certname") ?? ""}" is invalid. ${why}`,
    );
  };
  const missing = ["certname", "command", "version"].filter((name) => !query.has(name));
  if (missing.length > 0) refuse(`missing required parameters: ${missing.join(", ")}`);
  const unknown = [...query.keys()].filter((name) => !parameters.includes(name));
  if (unknown.length > 0) refuse(`has invalid parameters: ${unknown.join(", ")}`);
  if (query.get("certname")?.trim() === "") refuse("certname must be a non-empty string");
  checkVersion(query.get("command") ?? "", query.get("version") ?? "", refuse);
};

const checkVersion = (given: string, version: string, refuse: (why: string) => never): void => {
  const command = commandNamed(given);
  if (!command) refuse(`command must be one of ${commandNames.join(", ")}`);
  if (!/^\d{1,9}$/.test(version)) refuse("version must be a valid integer");
  const { from, to } = commandVersions[command!];
  if (Number(version) < from) {
    refuse(`version ${version} of command ${command} is retired, minimum supported version ${from}`);
  }
  if (Number(version) > to) {
    refuse(`version ${version} of command ${command} is not known, newest supported version ${to}`);
  }
};

const timeOf = (text: string | null, query: URLSearchParams): string | null => {
  if (text === null) return null;
  const date = new Date(text);
  if (!Number.isNaN(date.getTime()) && /^\d{4}-/.test(text)) return date.toISOString();
  throw new AppError(
    "bad_request",
    `Command "${query.get("command")}" for certname "${
      query.get("certname")
    }" is invalid. producer-timestamp must be a timestamp`,
  );
};

/** The older form: `{"command": …, "version": …, "payload": {…}}`. Its payload is sent on as JSON of its own. */
const fromBody = (body: Uint8Array<ArrayBuffer>): ReceivedCommand => {
  const refuse = (why: string): never => {
    throw new AppError("bad_request", `The body is no command: ${why}`);
  };
  let text: string;
  let whole: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    whole = parseExact(text);
  } catch (error) {
    return refuse(error instanceof AppError ? error.message : "it is not JSON in UTF-8");
  }
  const { command, version, payload } = (typeof whole === "object" && whole !== null ? whole : {}) as Record<
    string,
    unknown
  >;
  if (
    typeof command !== "string" || (typeof version !== "number" && typeof version !== "string") || payload === undefined
  ) {
    return refuse("it needs command, version and payload");
  }
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    return refuse("payload value must be a JSON map");
  }
  const { certname } = payload as { certname?: unknown };
  if (typeof certname !== "string" || certname === "") return refuse("payload.certname must be a non-empty string");
  checkVersion(command, String(version), (why) => {
    throw new AppError("bad_request", `Command "${command}" for certname "${certname}" is invalid. ${why}`);
  });
  return {
    command: commandNamed(command) ?? "",
    version: Number(version),
    certname,
    producer_timestamp: null,
    payload: new TextEncoder().encode(stringify(payload)),
  };
};
