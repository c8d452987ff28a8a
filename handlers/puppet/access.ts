import { AppError } from "../errors.ts";
import type { AnonymousReason, Peer } from "../interfaces/peer.ts";
import type { Target } from "./target.ts";

/** What of /puppet/v3 belongs to one node, and how it is asked for. */
const own: Readonly<Record<string, readonly string[]>> = {
  catalog: ["GET", "POST"],
  facts: ["PUT"],
  node: ["GET"],
  report: ["PUT"],
};

const reasons: Readonly<Record<AnonymousReason, string>> = {
  "no certificate": "A client certificate is needed",
  "unknown authority": "The client certificate is not from the CA of this estate",
  "expired": "The client certificate has expired",
  "not yet valid": "The client certificate is not valid yet; is the clock of the node right?",
  "revoked": "The client certificate is revoked",
  "not registered": "The client certificate is not in the records of the CA",
  "bad ingress": "The request came without a client certificate, and not through the configured ingress with one",
  "bad name": "The client certificate must have exactly one common name, and that a valid certname",
  "no authority configured":
    "hoppetdb has no CA to verify clients with; set HOPPETDB_TLS_CERT, HOPPETDB_TLS_KEY and HOPPETDB_TLS_CA",
};

const forbidden = (method: string, target: Target, why: string) =>
  new AppError("forbidden", `Forbidden request: ${target.path} (method :${method.toLowerCase()}). ${why}`);

/**
 * Throws AppError `forbidden` unless the peer may ask for this: the verified everything but other nodes' own data (and
 * that too where `trusted` has their name), the others only what `open` lets a new agent have. `method_not_allowed` for a
 * wrong method on a node's own data. Paths that aren't known here are the Puppetserver's to judge.
 */
export const checkAccess = (
  request: { readonly method: string; readonly target: Target; readonly peer: Peer; readonly open: boolean },
  trusted: readonly string[],
): void => {
  const { method, target, peer, open } = request;
  if (peer.kind === "anonymous") {
    if (open && peer.reason !== "no authority configured") return;
    throw forbidden(method, target, reasons[peer.reason]);
  }
  const [service, version, kind = "", ...rest] = target.segments;
  if (service !== "puppet" || trusted.includes(peer.certname)) return;
  if (version === "v4" && kind === "catalog") {
    throw forbidden(method, target, "Only HOPPETDB_TRUSTED_CNS may ask for it");
  }
  if (version !== "v3" || !Object.hasOwn(own, kind)) return;
  if (rest.join("/") !== peer.certname) {
    throw forbidden(method, target, `"${peer.certname}" may ask only for its own ${kind}`);
  }
};

/** The methods that a node's own data is asked for with; undefined for other paths. */
export const methodsOf = ({ segments }: Target): readonly string[] | undefined => {
  const [service, version, kind = ""] = segments;
  return service === "puppet" && version === "v3" && Object.hasOwn(own, kind) ? own[kind] : undefined;
};

/** The node whose catalog is asked for, if one is. */
export const catalogNode = ({ segments }: Target): string | undefined => {
  const [service, version, kind, name] = segments;
  return service === "puppet" && version === "v3" && kind === "catalog" && segments.length === 4
    ? name || undefined
    : undefined;
};
