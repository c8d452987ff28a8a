import type { Context } from "hono";
import { AppError, type ErrorCode } from "../errors.ts";
import type { Log } from "../interfaces/log.ts";

/** Where the message itself would tell agents of what lies behind us; the log has it under the request's id. */
const inOurWords: Partial<Record<ErrorCode, (requestId: string) => string>> = {
  internal: (id) => `Server Error: see request ${id} in the log of hoppetdb`,
  upstream_failed: (id) => `The Puppetserver cannot be reached now: see request ${id} in the log of hoppetdb`,
  upstream_timeout: (id) => `The Puppetserver did not answer in time: see request ${id} in the log of hoppetdb`,
};

/** Renders an error as Puppetserver does: `{"message": …, "issue_kind": "RUNTIME_ERROR"}`. Agents show the message. */
export const renderError = (log: Log) => (thrown: Error, c: Context): Response => {
  const requestId: string = c.get("requestId");
  const error = thrown instanceof AppError ? thrown : new AppError("internal", "Internal error", { cause: thrown });
  if (c.env?.signal?.aborted) log.debug("Client went away", { request_id: requestId });
  else if (error.status >= 500) {
    log[error.code === "internal" ? "error" : "warn"]("Request failed", { request_id: requestId, error });
  }
  const message = inOurWords[error.code]?.(requestId) ?? error.message;
  if (error.retryAfter !== undefined) c.header("Retry-After", String(error.retryAfter));
  return c.json({ message, issue_kind: "RUNTIME_ERROR" }, error.status);
};
