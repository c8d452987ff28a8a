import type { MiddlewareHandler } from "hono";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import type { Peer } from "../interfaces/peer.ts";

export type Access = {
  /** HOPPETDB_PUPPETDB_ALLOW: certnames, `*` for every verified one, `anonymous` for who has none. Undefined: `*`. */
  readonly allow: readonly string[] | undefined;
  /** HOPPETDB_PUPPETDB_ALLOW_QUERIES: certnames, `*` for every verified one. */
  readonly allowQueries: readonly string[];
  /** The port has no TLS and no ingress: nobody can prove who he is. He may ask, and sees what people see. */
  readonly plain: boolean;
};

export type Right = "commands" | "queries";

/** What a peer may do; `redacted`: sees no secrets. */
export const rightsOf = (
  access: Access,
  peer: Peer | undefined,
): { readonly may: readonly Right[]; readonly redacted: boolean } => {
  const allow = access.allow ?? ["*"];
  if (peer?.kind === "verified") {
    const named = (list: readonly string[]) => list.includes("*") || list.includes(peer.certname);
    if (named(allow)) return { may: ["commands", "queries"], redacted: false };
    return { may: named(access.allowQueries) ? ["queries"] : [], redacted: false };
  }
  if (!access.plain) return { may: [], redacted: true };
  return allow.includes("anonymous")
    ? { may: ["commands", "queries"], redacted: false }
    : { may: ["queries"], redacted: true };
};

/** Refuses who may not, before a handler runs or a body is read. Throws AppError `forbidden` in PuppetDB's words. */
export const requireRight = (access: Access, right: Right): MiddlewareHandler<PortEnv> => async (c, next) => {
  const { peer } = c.env;
  if (!rightsOf(access, peer).may.includes(right)) {
    throw new AppError("forbidden", `Permission denied: ${why(access, peer, right)}`);
  }
  // a browser that some web page sends here: nobody's Puppetserver, and no certificate of its own
  const site = c.req.header("Sec-Fetch-Site") ?? "none";
  if (peer?.kind !== "verified" && (c.req.header("Origin") !== undefined || !["none", "same-origin"].includes(site))) {
    throw new AppError("forbidden", "Permission denied: the request was sent by a web page");
  }
  await next();
};

const why = ({ plain }: Access, peer: Peer | undefined, right: Right): string => {
  const setting = right === "commands" ? "HOPPETDB_PUPPETDB_ALLOW" : "HOPPETDB_PUPPETDB_ALLOW or _ALLOW_QUERIES";
  if (peer?.kind === "verified") return `"${peer.certname}" may not send ${right}; ${setting} would have to name it`;
  if (plain) {
    return `without TLS nobody may send ${right}; set HOPPETDB_PUPPETDB_TLS to on, or name "anonymous" in ${setting}`;
  }
  const reason = peer?.kind === "anonymous" ? peer.reason : "no certificate";
  if (reason === "no authority configured") {
    return "no CA is configured; set HOPPETDB_TLS_CERT, HOPPETDB_TLS_KEY and HOPPETDB_TLS_CA";
  }
  return `the client's certificate is not accepted (${reason})`;
};
