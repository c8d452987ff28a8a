import { zValidator } from "@hono/zod-validator";
import type { Context, Env, Input, MiddlewareHandler, ValidationTargets } from "hono";
import type { InferInput } from "hono/validator";
import type { z } from "zod";
import { AppError } from "../errors.ts";
import { describeRoute, type Target, withFacts } from "./route-facts.ts";

export { describeRoute };

type Validated<T extends Target, S extends z.ZodType> = {
  in: undefined extends z.input<S>
    ? { [K in T]?: z.input<S> extends ValidationTargets[K] ? z.input<S> : InferInput<z.input<S>, K> }
    : { [K in T]: z.input<S> extends ValidationTargets[K] ? z.input<S> : InferInput<z.input<S>, K> };
  out: { [K in T]: z.output<S> };
};

/**
 * Checks one part of a request against a schema and hands it on as `c.req.valid(target)`. Records the schema for the
 * OpenAPI document. Throws AppError that names the field and never quotes its value: `invalid` (422) for a JSON body,
 * `bad_request` (400) for everything else and for a body that is no JSON, `unsupported_media_type` (415) for a body that
 * is not sent as JSON. (A form of a foreign site can't send JSON: the 415 is also a guard against forged requests.)
 */
export const validate = <T extends Target, S extends z.ZodType, E extends Env, P extends string>(
  target: T,
  schema: S,
): MiddlewareHandler<E, P, Validated<T, S> & Input, never> => {
  const check = zValidator(target, schema, (result) => {
    if (!result.success) throw refusal(target, result.error.issues as readonly z.core.$ZodIssue[]);
  });
  const middleware: MiddlewareHandler = target === "json"
    ? async (c, next) => {
      await requireJson(c);
      return await (check as MiddlewareHandler)(c, next);
    }
    : (check as MiddlewareHandler);
  return withFacts(middleware, { kind: "input", target, schema }) as MiddlewareHandler<E, P, Validated<T, S>, never>;
};

const requireJson = async (c: Context): Promise<void> => {
  const type = c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new AppError("unsupported_media_type", 'Expected a body with Content-Type "application/json"', {
      field: "Content-Type",
    });
  }
  try {
    await c.req.json();
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new AppError("bad_request", "The body is not valid JSON");
    throw cause;
  }
};

const places: Readonly<Record<Target, string>> = {
  query: "query parameter",
  json: "field",
  param: "path parameter",
  form: "form field",
};

const refusal = (target: Target, issues: readonly z.core.$ZodIssue[]): AppError => {
  const issue = deepest(issues[0]!);
  const field = placeOf(issue.path);
  const where = field === "" ? (target === "json" ? "the body" : "the request") : `${places[target]} "${field}"`;
  const code = target === "json" ? "invalid" : "bad_request";
  return new AppError(code, `Cannot accept ${where}: ${reasonOf(issue)}`, field === "" ? {} : { field });
};

/** Of a union, the issue that got furthest: it is the one that the sender meant. */
const deepest = (issue: z.core.$ZodIssue): z.core.$ZodIssue => {
  if (issue.code !== "invalid_union") return issue;
  const inner = issue.errors.flat().map(deepest).sort((a, b) => b.path.length - a.path.length)[0];
  return inner ? { ...inner, path: [...issue.path, ...inner.path] } : issue;
};

/** `resources[3].title` */
const placeOf = (path: readonly PropertyKey[]): string =>
  path.map((key, i) => typeof key === "number" ? `[${key}]` : `${i === 0 ? "" : "."}${String(key)}`).join("");

const reasonOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === "invalid_type" && issue.input === undefined && / received undefined$/.test(issue.message)) {
    return "it is missing";
  }
  if (issue.code === "unrecognized_keys") {
    return `unknown ${issue.keys.length === 1 ? "name" : "names"} ${issue.keys.map((key) => `"${key}"`).join(", ")}`;
  }
  const text = issue.message.replace(/^Invalid (input|option|string|number): /, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
};
