import { type Context, Hono } from "hono";
import type { OpenCa } from "../core/ca/ca.ts";
import { puppetSpace } from "../core/ca/spaces.ts";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import { readBody } from "../http/read-body.ts";
import type { Audit } from "../interfaces/audit.ts";
import type { Log } from "../interfaces/log.ts";
import { forbidden, peerOf, requireAdmin, requireCertificate } from "./access.ts";
import { bulkRoutes } from "./bulk.ts";
import { createExpirations } from "./expirations.ts";
import { ocspRoutes } from "./ocsp.ts";
import { requestRoutes } from "./requests.ts";
import { statusesRoutes, statusRoutes } from "./statuses.ts";
import { pem, text } from "./text.ts";

const largestCrl = 32 << 20;

export type PuppetCaDeps = {
  readonly ca: Pick<OpenCa, "certificates" | "spaces" | "authorities" | "updateExternalCrls" | "ocsp">;
  /** HOPPETDB_CA_ADMIN_CNS. */
  readonly adminCns: readonly string[];
  /** What administrators change. */
  readonly audit?: Audit;
  readonly log: Log;
};

/**
 * `/puppet-ca/v1`: a Puppet CA of our own, with the answers that agents and `puppetserver ca` know from puppetserver 7 and 8,
 * and the access of its auth.conf. Every other path below /puppet-ca is forbidden.
 */
export const puppetCaApi = (deps: PuppetCaDeps) => {
  const { ca, log } = deps;
  const { certificates, spaces } = ca;
  const admin = requireAdmin(deps);
  const verified = requireCertificate(log);
  const expirations = createExpirations(ca);

  const app = new Hono<PortEnv>()
    .onError(renderError(log))
    .get("/certificate/:name", async (c) => {
      const certname = c.req.param("name");
      if (certname === "ca") return pem(c, await spaces.bundle(puppetSpace));
      const found = await certificates.current({ space: puppetSpace, certname });
      if (found?.certificate) return pem(c, found.certificate);
      return text(c, 404, `Could not find certificate ${certname}`, "text/plain");
    })
    .get("/certificate_revocation_list/:any", async (c) => {
      const list = await spaces.crls(puppetSpace);
      c.header("ETag", list.etag);
      c.header("Last-Modified", new Date(list.lastModified).toUTCString());
      const known = isKnown(c, list) ||
        c.req.header("If-None-Match")?.split(",").some((each) => each.trim() === list.etag);
      return known ? c.body(null, 304, { "Content-Type": "text/plain" }) : pem(c, list.pem);
    })
    // puppetserver has it without a name behind; with one it is the place where it is read
    .on("PUT", ["/certificate_revocation_list", "/certificate_revocation_list/:any"], admin, async (c) => {
      await ca.updateExternalCrls(new TextDecoder().decode(await readBody(c.req.raw, largestCrl)));
      return text(c, 200, "Successfully updated CRLs.");
    })
    .get("/expirations", verified, async (c) => text(c, 200, await expirations(), "application/json"))
    .post("/certificate_renewal", verified, async (c) => {
      const peer = peerOf(c);
      if (peer.kind !== "verified") return text(c, 400, "No valid certificate found in renewal request", "text/plain");
      const { certificate } = await certificates.renew({ pem: peer.pem });
      return pem(c, certificate ?? "");
    })
    .route("/ocsp", ocspRoutes({ ocsp: ca.ocsp }))
    .route("/certificate_request", requestRoutes({ certificates, admin }))
    .use("/certificate_status/*", admin)
    .route("/certificate_status", statusRoutes({ certificates }))
    .use("/certificate_statuses/*", admin)
    .route("/certificate_statuses", statusesRoutes({ certificates }))
    .use("/clean", admin)
    .use("/sign", admin)
    .use("/sign/all", admin)
    .route("/", bulkRoutes({ certificates, log }))
    .all("*", (c) => forbidden(c));
  return app;
};

/**
 * Whether the client's list is this one. Another process may have given out the list before up to a second after this one
 * was made, so a time that only just comes after it proves nothing.
 */
const isKnown = (c: Context, { lastModified }: { readonly lastModified: number }): boolean => {
  const since = Date.parse(c.req.header("If-Modified-Since") ?? "");
  if (Number.isNaN(since)) return false;
  return since === Math.floor(lastModified / 1000) * 1000 || since >= lastModified + 2000;
};

const renderError = (log: Log) => (thrown: Error, c: Context): Response => {
  const requestId: string = c.get("requestId");
  const error = thrown instanceof AppError ? thrown : new AppError("internal", "Internal error", { cause: thrown });
  if (error.status >= 500) log.error("Request failed", { request_id: requestId, error });
  else log.warn("Request to the CA was refused", { path: c.req.path, status: error.status, reason: error.message });
  if (error.retryAfter !== undefined) c.header("Retry-After", String(error.retryAfter));
  const message = error.code === "internal"
    ? `Internal Server Error: see request ${requestId} in the log of hoppetdb`
    : error.message;
  return text(c, error.status, message);
};
