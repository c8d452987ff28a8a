import type { z } from "zod";
import { AppError } from "../../errors.ts";
import { timestamp } from "../../interfaces/clock.ts";
import type { Command, CommandParser, ReceivedCommand } from "../../interfaces/command.ts";
import { isExactNumber, parseExact, stringify } from "../json/exact-json.ts";
import { catalogOf } from "./catalog.ts";
import { catalogSchema } from "./catalog-schema.ts";
import { commandNamed, commandVersions } from "./commands.ts";
import { canonical, sha1 } from "./hashing.ts";
import { reportOf } from "./report.ts";
import { reportSchema } from "./report-schema.ts";
import { deactivateSchema, expirationSchema, factsSchema, inputsSchema } from "./small-schemas.ts";
import { placeOf } from "./wire.ts";

/**
 * Reads a command of any version that is taken and gives it in the newest form. Payloads are those of PuppetDB's wire
 * formats. Throws AppError `bad_request` that names the command, the node and the place, and quotes no value.
 */
export const parseCommand: CommandParser = async (received, now) => {
  const name = commandNamed(received.command);
  if (!name) throw new AppError("bad_request", `"${received.command}" is no command`);
  const { from, to } = commandVersions[name];
  if (received.version < from || received.version > to) {
    throw invalid(
      received,
      `version ${received.version} is not supported, expected ${from === to ? to : `${from} to ${to}`}`,
    );
  }
  const text = decode(received);
  let exact: Payload;
  try {
    exact = parseExact(text) as Payload;
  } catch (error) {
    throw error instanceof AppError ? invalid(received, error.message) : error;
  }
  if (typeof exact !== "object" || exact === null || Array.isArray(exact)) {
    throw invalid(received, "the payload: expected a JSON object");
  }
  // zod sees plain numbers; where a number counts, its text is taken from `exact`
  const check = <S extends z.ZodType>(schema: S): z.output<S> => validate(schema, JSON.parse(text), received);
  const command = await convert(name, exact, check, received, now);
  if (command.certname !== received.certname) {
    throw invalid(received, `certname: the payload is about another node, "${command.certname}"`);
  }
  return command;
};

type Payload = Readonly<Record<string, unknown>>;
type Check = <S extends z.ZodType>(schema: S) => z.output<S>;

const convert = async (
  command: Command["command"],
  exact: Payload,
  check: Check,
  received: ReceivedCommand,
  now: number,
): Promise<Command> => {
  const fallback = received.producer_timestamp ?? timestamp(now);
  switch (command) {
    case "replace facts": {
      const { package_inventory, values: _, ...facts } = check(factsSchema);
      const values = withoutNul(exact.values);
      const hash = await sha1(canonical([facts.certname, values]));
      return {
        command,
        ...facts,
        hash,
        values: stringify(values),
        package_inventory: package_inventory && stringify(package_inventory),
      };
    }
    case "replace catalog":
      return await catalogOf(check(catalogSchema), exact, (why) => invalid(received, why));
    case "store report":
      return await reportOf(check(reportSchema), exact);
    case "deactivate node": {
      const { certname, producer_timestamp = fallback } = check(deactivateSchema);
      return { command, certname, producer_timestamp };
    }
    case "configure expiration": {
      const { certname, producer_timestamp = fallback, expire } = check(expirationSchema);
      return { command, certname, producer_timestamp, expire_facts: expire.facts };
    }
    case "replace catalog inputs": {
      const { inputs, ...rest } = check(inputsSchema);
      return { command, ...rest, inputs: stringify(inputs) };
    }
    default:
      return command satisfies never;
  }
};

const decode = (received: ReceivedCommand): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(received.payload);
  } catch {
    throw invalid(received, "the payload: is not UTF-8");
  }
};

const validate = <S extends z.ZodType>(schema: S, value: unknown, received: ReceivedCommand): z.output<S> => {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw invalid(received, `${placeOf(issue?.path ?? [])}: ${describe(issue)}`);
};

/** zod's own words, made a sentence; they name types and never quote a value. */
const describe = (issue: z.core.$ZodIssue | undefined): string =>
  (issue?.message ?? "is not valid")
    .replace(/^Invalid (input|option): /, "")
    .replace(/^expected (\w+), /, (_, type: string) => `expected ${kinds[type] ?? type}, `)
    .replace(/received undefined$/, "got nothing")
    .replace(/received /, "got ");

const kinds: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "an array",
  tuple: "an array",
  object: "an object",
  record: "an object",
};

const invalid = ({ command, certname }: ReceivedCommand, why: string): AppError =>
  new AppError("bad_request", `Command "${command}" for certname "${certname}" is invalid: ${why}`);

/** PostgreSQL can't hold U+0000 in a text, so PuppetDB gives U+FFFD for it; what asks PuppetDB expects that. */
const withoutNul = (value: unknown): unknown => {
  if (typeof value === "string") return value.replaceAll("\0", "\ufffd");
  if (Array.isArray(value)) return value.map(withoutNul);
  if (typeof value !== "object" || value === null || isExactNumber(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.replaceAll("\0", "\ufffd"), withoutNul(each)]),
  );
};
