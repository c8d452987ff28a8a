import type { Context } from "hono";
import { AppError } from "../errors.ts";
import type { Log } from "../interfaces/log.ts";

export const jsonType = "application/json;charset=utf-8";
const textType = "text/plain;charset=utf-8";

/** PuppetDB prints small JSON bodies over several lines. */
export const pretty = (value: unknown): Response =>
  new Response(JSON.stringify(value, null, 2), { headers: { "Content-Type": jsonType } });

/**
 * An error in PuppetDB's form: text, but JSON where a known route knows nothing (the termini take a 404 that does not
 * begin with `{` for a broken server) and for commands. What we did wrong shows its id only.
 */
export const renderError = (log: Log) => (error: Error, c: Context): Response => {
  const known = error instanceof AppError ? error : new AppError("internal", error.message, { cause: error });
  const id = c.get("requestId") as string | undefined;
  if (known.retryAfter !== undefined) c.header("Retry-After", String(known.retryAfter));
  if (c.env?.signal?.aborted) log.debug("Client went away", { request_id: id });
  else if (known.status >= 500) {
    log[known.code === "internal" ? "error" : "warn"]("Request failed", { request_id: id, path: c.req.path, error });
  }
  const message = known.code === "internal" ? `Internal error ${id ?? ""}`.trim() : known.message;
  const asJson = known.code === "not_found" || (c.req.path.startsWith("/pdb/cmd") && known.status === 400);
  return asJson
    ? c.body(JSON.stringify({ error: message }, null, 2), known.status, { "Content-Type": jsonType })
    : c.body(message, known.status, { "Content-Type": textType });
};
