import type { Context } from "hono";
import type { NodeViews } from "../core/nodes/nodes.ts";
import { unredacted } from "../core/redaction/unredacted.ts";
import { noteLook } from "../http/audited.ts";
import { trueOrFalse } from "../http/paging.ts";
import { lacks } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";

const permission = "NODES:UNREDACTED::GET";

/** A query parameter of what may be seen with its secrets, by those who may. */
export const unredactedQuery = {
  unredacted: trueOrFalse().optional().meta({
    description: `With its secrets: takes the permission \`${permission}\`, and each look is in the audit log`,
  }),
};

/**
 * The reads for whoever asks; with the secrets where he wants them and may, which is noted. Throws AppError `forbidden`.
 * `target`: what he looks at, for the audit log.
 */
export const readerFor = (c: Context<SessionEnv>, views: NodeViews, wanted: boolean | undefined, target: string) => {
  const { viewer } = c.var;
  if (!wanted) return { nodes: views.seenBy(viewer), redactorFor: (certname: string) => views.redactorFor(certname) };
  if (!viewer.may(permission)) throw lacks(permission);
  noteLook(c, { target });
  return { nodes: views.seenBy(viewer, () => unredacted), redactorFor: () => Promise.resolve(unredacted) };
};
