import type { Context, TypedResponse } from "hono";
import { RE2JS } from "re2js";
import { z } from "zod";
import { writeJson } from "../core/nodes/shown-json.ts";
import { AppError } from "../errors.ts";
import type { RunOptions } from "../interfaces/estate.ts";

/**
 * Answers JSON in which everything that came from nodes has its numbers exactly as received. `T` is what a client reads;
 * numbers that JavaScript can't hold are its own loss.
 */
export const exactAnswer = <T, S extends 200 | 201 = 200>(
  c: Context,
  value: unknown,
  status = 200 as S,
): Response & TypedResponse<T, S, "json"> =>
  c.body(writeJson(value), status, { "Content-Type": "application/json" }) as unknown as
    & Response
    & TypedResponse<T, S, "json">;

/** Ends the store's work when the client goes away. */
export const runOptions = (c: Context): RunOptions => {
  const signal: AbortSignal | undefined = c.env?.signal;
  return signal === undefined ? {} : { signal };
};

/** A node's name in a path: anything that a certificate may be named, and nothing that a log or a terminal would trip over. */
export const nodeParam = z.string().min(1).max(255, "expected at most 255 characters")
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, "it has control characters").meta({ description: "The node's certname" });

export const unknownNode = (certname: string): AppError => new AppError("not_found", `There is no node "${certname}"`);

/** The members of a closed list that a regular expression of RE2's syntax finds, unanchored. */
export const namesMatching = <T extends string>(names: readonly T[], pattern: string): readonly T[] => {
  const compiled = RE2JS.compile(pattern);
  return names.filter((name) => compiled.matcher(name).find());
};

/** Some fields of an answer, named as `a` or `a.b`; all of it when none is named. */
export const project = <T extends object>(answer: T, fields: readonly string[] | undefined): Partial<T> => {
  if (fields === undefined) return answer;
  const picked: Record<string, unknown> = {};
  for (const field of fields) {
    const [outer = "", inner] = field.split(".");
    const value = (answer as Record<string, unknown>)[outer];
    if (value === undefined) continue;
    const whole = inner === undefined || typeof value !== "object" || value === null;
    if (whole) picked[outer] = value;
    else if (picked[outer] !== value) {
      picked[outer] = { ...picked[outer] as object, [inner]: (value as Record<string, unknown>)[inner] };
    }
  }
  return picked as Partial<T>;
};

/** A time in an answer. */
export const time = () => z.string().nullable().meta({ description: "ISO 8601, UTC" });

export const catalogCountsSchema = z.object({
  catalog_uuid: z.string().nullable(),
  num_resources: z.number().int(),
  num_resources_exported: z.number().int(),
});
