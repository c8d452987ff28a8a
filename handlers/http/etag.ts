import type { Context } from "hono";
import { sha256 } from "../core/access/digest.ts";
import { AppError } from "../errors.ts";

/** Names the state of one record: it is another one after each change. */
export const etagOf = (version: number): string => `"${version}"`;

/** The same for a record that is also written when nothing of it changes that is shown. */
export const contentTag = async (shown: unknown): Promise<string> =>
  `"${(await sha256(JSON.stringify(shown))).slice(0, 32)}"`;

/** Says in the answer which state it shows. */
export const setEtag = (c: Context, version: number): void => c.header("ETag", etagOf(version));

/**
 * For a change: throws AppError `precondition_failed` (412) where the client says (If-Match) that it has seen another
 * state than the one that is stored. Without the header a client takes the state as it is.
 */
export const checkIfMatch = (c: Context, state: number | string): void => {
  const given = c.req.header("If-Match");
  if (given === undefined || given.trim() === "*") return;
  const tags = given.split(",").map((each) => each.trim());
  if (tags.includes(typeof state === "number" ? etagOf(state) : state)) return;
  throw new AppError("precondition_failed", "It was changed since you read it; read it again", { field: "If-Match" });
};
