import type { Context, MiddlewareHandler } from "hono";
import { cliAuthOid } from "../core/ca/oids.ts";
import { certificateParts, stringValue } from "../core/x509/extensions.ts";
import { pemBlocks } from "../core/x509/pem.ts";
import type { PortEnv } from "../http/env.ts";
import type { Actor } from "../core/ca/records.ts";
import type { Audit, AuditEvent } from "../interfaces/audit.ts";
import type { Log } from "../interfaces/log.ts";
import type { Peer } from "../interfaces/peer.ts";
import { text } from "./text.ts";

const noPeer: Peer = { kind: "anonymous", reason: "no certificate" };
export const peerOf = (c: Context<PortEnv>): Peer => c.env?.peer ?? noPeer;

/** The words of Puppet's authorization, which say nothing of why. */
export const forbidden = (c: Context): Response =>
  text(
    c,
    403,
    `Forbidden request: ${c.req.path} (method :${c.req.method.toLowerCase()}). Please see the server logs for details.`,
  );

/** Whoever has a verified certificate. */
export const requireCertificate = (log: Log): MiddlewareHandler<PortEnv> => async (c, next) => {
  const peer = peerOf(c);
  if (peer.kind === "verified") return await next();
  log.warn("Request to the CA was refused", { path: c.req.path, reason: peer.reason });
  return forbidden(c);
};

/**
 * Who may administer the CA: a verified certificate that carries pp_cli_auth, or one of the names that HOPPETDB_CA_ADMIN_CNS
 * lists. Being trusted for other nodes' catalogs (HOPPETDB_TRUSTED_CNS) gives no such right.
 */
export const requireAdmin = (
  { adminCns, audit, log }: {
    readonly adminCns: readonly string[];
    readonly audit?: Audit | undefined;
    readonly log: Log;
  },
): MiddlewareHandler<PortEnv> =>
async (c, next) => {
  const peer = peerOf(c);
  if (peer.kind === "verified" && (adminCns.includes(peer.certname) || hasCliAuth(peer.pem))) {
    await next();
    if (audit && !["GET", "HEAD"].includes(c.req.method)) await audit.record(eventOf(c, peer.certname));
    return;
  }
  const reason = peer.kind === "verified" ? `${peer.certname} has no pp_cli_auth` : peer.reason;
  log.warn("Request to the CA was refused", { path: c.req.path, reason });
  return forbidden(c);
};

const eventOf = (c: Context<PortEnv>, certname: string): AuditEvent => {
  const { status } = c.res;
  return {
    action: `${c.req.method} /puppet-ca/v1`,
    actor: certname,
    via: "certificate",
    address: c.env.remoteAddress,
    target: c.req.path.replace(/^\/+/, ""),
    outcome: status < 400 ? "done" : status < 500 ? "refused" : "failed",
    status,
    request_id: c.var.requestId ?? null,
  };
};

const hasCliAuth = (pem: string): boolean => {
  const [der] = pemBlocks(pem, "CERTIFICATE");
  const extension = der && certificateParts(der).extensions.find(({ oid }) => oid === cliAuthOid);
  return extension !== undefined && stringValue(extension.value) === "true";
};

/** Who asks, for the records. */
export const actorOf = (c: Context<PortEnv>): Actor => {
  const peer = peerOf(c);
  return { kind: "certificate", name: peer.kind === "verified" ? peer.certname : "" };
};
