import { commandNamed, commandNames, commandVersions } from "../core/commands/commands.ts";
import { parseExact, stringify } from "../core/json/exact-json.ts";
import { isObject } from "../core/query/ast/terms.ts";
import { AppError } from "../errors.ts";
import type { ReceivedCommand } from "../interfaces/command.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type About = { readonly command: unknown; readonly version: unknown; readonly certname: unknown };

const parameters = ["command", "version", "certname", "producer-timestamp", "checksum", "secondsToWaitForCompletion"];

/** Whether the command is described in the URL, the newer form. */
export const isInUrl = (query: URLSearchParams): boolean =>
  ["command", "version", "certname"].some((name) => query.has(name));

/** Throws AppError `bad_request` in PuppetDB's words for what describes no command: before the body is read. */
export const assertDescribed = (query: URLSearchParams): void => void describedBy(query);

/** The newer form: the URL says what the command is, the body is its payload. */
export const fromUrl = (query: URLSearchParams, payload: Bytes): ReceivedCommand => ({
  ...describedBy(query),
  payload,
});

/** The older form: `{"command": …, "version": …, "payload": {…}}`. Its payload is sent on as JSON of its own. */
export const fromBody = (body: Bytes): ReceivedCommand => {
  const refuse = (why: string): never => {
    throw new AppError("bad_request", `The body is no command: ${why}`);
  };
  let whole: unknown;
  try {
    whole = parseExact(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    return refuse(error instanceof AppError ? error.message : "it is not UTF-8");
  }
  if (!isObject(whole)) return refuse("expected an object with command, version and payload");
  const { command, version, payload } = whole;
  const missing = ["command", "version", "payload"].filter((name) => whole[name] === undefined);
  if (missing.length > 0) return refuse(`it is missing ${missing.join(", ")}`);
  if (!isObject(payload)) return refuse("payload value must be a JSON map");
  const checked = checkedOf({ command, version, certname: payload.certname });
  return { ...checked, producer_timestamp: null, payload: new TextEncoder().encode(stringify(payload)) };
};

const describedBy = (query: URLSearchParams): Omit<ReceivedCommand, "payload"> => {
  const about: About = {
    command: query.get("command") ?? undefined,
    version: query.get("version") ?? undefined,
    certname: query.get("certname") ?? undefined,
  };
  const missing = ["command", "certname"].filter((name) => !query.has(name));
  if (missing.length > 0) throw wrong(about, `Command is missing required parameters: ${missing.join(", ")}.`);
  const unknown = [...new Set(query.keys())].filter((name) => !parameters.includes(name));
  if (unknown.length > 0) throw wrong(about, `Command has invalid parameters: ${unknown.join(", ").slice(0, 200)}.`);
  const time = query.get("producer-timestamp");
  return { ...checkedOf(about), producer_timestamp: time === null ? null : timeOf(time, about) };
};

const checkedOf = (about: About): Pick<ReceivedCommand, "command" | "version" | "certname"> => {
  const { certname } = about;
  if (typeof certname !== "string" || certname.trim() === "") {
    throw wrong(about, "Command certname must be a non-empty string.");
  }
  // deno-lint-ignore no-control-regex
  if (certname.length > 1000 || /[\x00-\x1f\x7f]/.test(certname)) throw wrong(about, "Command certname is no name.");
  const command = typeof about.command === "string" ? commandNamed(about.command) : undefined;
  if (!command) throw wrong(about, `Command must be one of: ${commandNames.join(", ")}.`);
  const text = String(about.version);
  if (!/^\d{1,9}$/.test(text)) throw wrong(about, "Version must be a valid integer.");
  const version = Number(text);
  const { from, to } = commandVersions[command];
  if (version < from) {
    throw wrong(
      about,
      `Version ${version} of command "${command}" is retired. The minimum supported version is ${from}.`,
    );
  }
  if (version > to) {
    throw wrong(
      about,
      `Version ${version} of command "${command}" is not known. The newest supported version is ${to}.`,
    );
  }
  return { command, version, certname };
};

const timeOf = (text: string, about: About): string => {
  const date = /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text) : undefined;
  if (date && !Number.isNaN(date.getTime())) return date.toISOString();
  throw wrong(about, "Command producer-timestamp must be a timestamp such as 2026-11-22T22:43:03.075Z.");
};

/** `certname nil` where there is none, as PuppetDB says it. */
const wrong = ({ command, certname }: About, why: string): AppError => {
  const name = typeof command === "string" ? command.replaceAll("_", " ") : command;
  return new AppError("bad_request", `Command ${quoted(name)} for certname ${quoted(certname)} is invalid. ${why}`);
};

const quoted = (value: unknown): string => typeof value === "string" ? JSON.stringify(value.slice(0, 200)) : "nil";
