import type { Context } from "hono";
import { AppError } from "../errors.ts";
import type { Log } from "../interfaces/log.ts";

const plain = { "Content-Type": "text/plain;charset=utf-8" };

/** PuppetDB prints small JSON bodies over several lines. */
export const pretty = (value: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(value, null, 2), {
    status,
    headers: { "Content-Type": "application/json;charset=utf-8", ...headers },
  });

/**
 * An error in PuppetDB's form: text, but JSON where a known route knows nothing (the termini take a 404 that does not
 * begin with `{` for a broken server) and for commands. What we did wrong shows its id only.
 */
export const renderError = (log: Log) => (error: Error, c: Context): Response => {
  const known = error instanceof AppError ? error : new AppError("internal", error.message, { cause: error });
  const id = c.get("requestId") as string | undefined;
  const headers: Record<string, string> = {};
  if (known.retryAfter !== undefined) headers["Retry-After"] = String(known.retryAfter);
  if (known.code === "internal") log.error("Request failed", { request_id: id, path: c.req.path, error });
  const message = known.code === "internal" ? `Internal error ${id ?? ""}`.trim() : known.message;
  const asJson = known.code === "not_found" || (c.req.path.startsWith("/pdb/cmd") && known.status === 400);
  return asJson
    ? pretty({ error: message }, known.status, headers)
    : new Response(message, { status: known.status, headers: { ...plain, ...headers } });
};
