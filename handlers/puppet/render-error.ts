import type { Context } from "hono";
import { AppError } from "../errors.ts";
import type { Log } from "../interfaces/log.ts";

/** Renders an error as Puppetserver does: `{"message": …, "issue_kind": "RUNTIME_ERROR"}`. Agents show the message. */
export const renderError = (log: Log) => (thrown: Error, c: Context): Response => {
  const requestId: string = c.get("requestId");
  const error = thrown instanceof AppError ? thrown : new AppError("internal", "Internal error", { cause: thrown });
  if (c.env?.signal?.aborted) log.debug("Client went away", { request_id: requestId });
  else if (error.status >= 500) {
    log[error.code === "internal" ? "error" : "warn"]("Request failed", { request_id: requestId, error });
  }
  const message = error.code === "internal"
    ? `Server Error: see request ${requestId} in the log of hoppetdb`
    : error.message;
  if (error.retryAfter !== undefined) c.header("Retry-After", String(error.retryAfter));
  return c.json({ message, issue_kind: "RUNTIME_ERROR" }, error.status);
};
