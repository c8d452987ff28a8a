import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { AppError, type ErrorCode, statusOf } from "../errors.ts";
import type { Log } from "../interfaces/log.ts";

/** Problem details (RFC 9457) as port 8000 answers them, `application/problem+json`. */
export const problemSchema = z.object({
  type: z.string().meta({ description: "Which kind of problem: `urn:hoppetdb:problem:<code>`" }),
  title: z.string(),
  status: z.number().int().min(400).max(599),
  detail: z.string().meta({ description: "What was wrong, and where" }),
  instance: z.string().meta({ description: "The request's id, `urn:uuid:…`: the log has more under it" }),
  field: z.string().optional().meta({ description: "The field of the input that is at fault" }),
}).meta({ id: "Problem" });

export type Problem = z.infer<typeof problemSchema>;

const titles: Readonly<Record<ErrorCode, string>> = {
  bad_request: "Bad request",
  unauthenticated: "Not logged in",
  forbidden: "Forbidden",
  not_found: "Not found",
  method_not_allowed: "Method not allowed",
  not_acceptable: "Not acceptable",
  conflict: "Conflict",
  precondition_failed: "Changed meanwhile",
  too_large: "Too large",
  unsupported_media_type: "Unsupported media type",
  invalid: "Invalid input",
  too_many_requests: "Too many requests",
  internal: "Internal error",
  upstream_failed: "Upstream failed",
  unavailable: "Unavailable",
  upstream_timeout: "Upstream timed out",
};

/**
 * Any error as an AppError: its own, one of Hono's, or `internal` for whatever we did not foresee. An AppError `internal`
 * keeps its message for the log; `problemOf` doesn't show it.
 */
export const toAppError = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  if (error instanceof HTTPException) {
    const code = (Object.keys(statusOf) as ErrorCode[]).find((each) => statusOf[each] === error.status);
    if (code) return new AppError(code, error.message || titles[code], { cause: error });
  }
  return new AppError("internal", "Unexpected error", { cause: error });
};

/** What may be shown of an error. Of an internal one that is the request's id only. */
export const problemOf = (error: AppError, requestId: string): Problem => ({
  type: `urn:hoppetdb:problem:${error.code}`,
  title: titles[error.code],
  status: error.status,
  detail: error.code === "internal"
    ? `Something went wrong on our side; the log has more under request "${requestId}"`
    : error.message,
  instance: `urn:uuid:${requestId}`,
  ...(error.field === undefined ? {} : { field: error.field }),
});

/** The answer for an error, with Retry-After where the error names one. */
export const problemResponse = (c: Context, error: AppError): Response => {
  const problem = problemOf(error, c.get("requestId") ?? "unknown");
  const retry: Record<string, string> = error.retryAfter === undefined
    ? {}
    : { "Retry-After": String(Math.ceil(error.retryAfter)) };
  return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
    "Content-Type": "application/problem+json",
    ...retry,
  });
};

/**
 * The onError of an app: logs what is our fault, and answers by problem details, or by what `render` makes of the error
 * (a page for a browser) if it makes anything.
 */
export const onProblem = (deps: {
  readonly log: Log;
  readonly render?: ((c: Context, error: AppError) => Response | Promise<Response> | undefined) | undefined;
}): ErrorHandler =>
async (thrown, c) => {
  const error = toAppError(thrown);
  if (error.status >= 500) {
    deps.log.error("Request failed", { request_id: c.get("requestId"), method: c.req.method, error: thrown });
  }
  return await deps.render?.(c, error) ?? problemResponse(c, error);
};

/** The 404 of an app, in the same form as its errors. It doesn't throw, so that `methodNotAllowed` can still say 405. */
export const onNotFound = (fail: ErrorHandler): NotFoundHandler => (c) =>
  fail(new AppError("not_found", "There is nothing at this address"), c);
