import { Hono } from "hono";
import type { PassedCatalog } from "./core/commands/whole-catalog.ts";
import type { Gate } from "./core/gate.ts";
import { AppError } from "./errors.ts";
import { accessLog } from "./http/access-log.ts";
import type { PortEnv } from "./http/env.ts";
import { healthRoutes } from "./http/health.ts";
import { requestId } from "./http/request-id.ts";
import type { Clock } from "./interfaces/clock.ts";
import type { Estate } from "./interfaces/estate.ts";
import type { Ids } from "./interfaces/ids.ts";
import type { Log } from "./interfaces/log.ts";
import type { Peer } from "./interfaces/peer.ts";
import type { Upstream } from "./interfaces/upstream.ts";
import { isOpenCaPath } from "./puppet-ca/open-paths.ts";
import { puppetCaApi, type PuppetCaDeps } from "./puppet-ca/puppet-ca.ts";
import { catalogNode, checkAccess, methodsOf } from "./puppet/access.ts";
import { requestHeaders, responseHeaders } from "./puppet/headers.ts";
import { injectFacts } from "./puppet/inject-facts.ts";
import { limitedBody } from "./puppet/limited-body.ts";
import { watchCatalogs } from "./puppet/passed-catalog.ts";
import { renderError } from "./puppet/render-error.ts";
import { parseTarget, type Target } from "./puppet/target.ts";

export type PuppetDeps = {
  /** The Puppetserver; undefined where none is configured. */
  readonly upstream: Upstream | undefined;
  /** Catalogs pass through it, nothing else. */
  readonly gate: Gate;
  /** Gets a copy of every catalog that passed; returns at once. */
  readonly catalogs: { keep(seen: PassedCatalog): void };
  /** Names that may ask for other nodes' data (HOPPETDB_TRUSTED_CNS). */
  readonly trustedCns: readonly string[];
  /** Bytes: of a request's body, of a catalog that is stored, of all such catalogs under way. */
  readonly limits: { readonly body: number; readonly catalog: number; readonly catalogsTotal: number };
  /** Facts that people set for a node and that its catalog is compiled with, under the name of one fact. */
  readonly inject?: { readonly settings: Estate["nodeSettings"]; readonly fact: string };
  /** `/puppet-ca/v1` of our own (HOPPETDB_CA=own); without it the Puppetserver answers. */
  readonly ca?: PuppetCaDeps;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly ready: () => Promise<void>;
  readonly started: () => boolean;
};

type PuppetEnv = { Bindings: PortEnv["Bindings"]; Variables: PortEnv["Variables"] & { target: Target } };

/** A form with facts, which is held to be changed, never has as many bytes as a file may have. */
const largestFacts = 64 << 20;

const noPeer: Peer = { kind: "anonymous", reason: "no certificate" };

/**
 * Port 8001: everything of puppet-agent goes to the Puppetserver and back as it is, under the name that its certificate
 * proved; only facts that people set for a node are added. What is refused is refused here, before anything goes out;
 * all else has the Puppetserver's own rules.
 */
export const puppetApp = (deps: PuppetDeps) => {
  const { log } = deps;
  const watch = watchCatalogs({
    keep: deps.catalogs.keep,
    limit: deps.limits.catalog,
    total: deps.limits.catalogsTotal,
    now: deps.clock.now,
    log,
  });
  const limit = Math.min(deps.limits.body, largestFacts);
  const inject = deps.inject && injectFacts({ ...deps.inject, limit, log });

  const app = new Hono<PuppetEnv>()
    .onError(renderError(log))
    .use(requestId(deps))
    .use(accessLog(deps))
    .use(async (c, next) => {
      const url = new URL(c.req.url);
      const written = c.env?.target ?? url.pathname + url.search;
      // a request to our own OCSP is base64, which has slashes; it goes nowhere else
      const toOcsp = [written, c.req.path].every((each) => each.startsWith("/puppet-ca/v1/ocsp/"));
      if (!deps.ca || !toOcsp) c.set("target", parseTarget(written));
      await next();
    })
    .route("/", healthRoutes(deps));
  if (deps.ca) app.route("/puppet-ca/v1", puppetCaApi(deps.ca));

  return app.all("*", async (c) => {
    const { method, raw } = c.req;
    const target = c.get("target");
    const peer = c.env?.peer ?? noPeer;
    // nothing of the CA leaves, however it is spelled
    if (deps.ca && target.segments[0] === "puppet-ca") {
      throw new AppError("forbidden", `Forbidden request: ${target.path}`);
    }
    const open = isOpenCaPath(method, target.segments) || (method === "GET" && target.path === "/status/v1/simple");
    checkAccess({ method, target, peer, open }, deps.trustedCns);
    const methods = methodsOf(target);
    if (methods && !methods.includes(method)) {
      c.header("Allow", methods.join(", "));
      throw new AppError(
        "method_not_allowed",
        `Method not allowed: expected ${methods.join(" or ")} for ${target.path}`,
      );
    }
    const { upstream } = deps;
    if (!upstream) {
      throw new AppError("unavailable", "hoppetdb has no Puppetserver behind it; set HOPPETDB_PUPPETSERVER_URL");
    }
    const signal = c.env?.signal ?? raw.signal;
    const certname = catalogNode(target);
    const body = limitedBody(raw, deps.limits.body);
    // The place is given back once the head of the answer is there: then the catalog is compiled, and an agent that
    // reads it slowly holds up nobody.
    const leave = certname === undefined ? undefined : await deps.gate.enter(signal);
    try {
      const headers = requestHeaders(raw.headers, peer);
      // A body that is left out, as of a GET, must not be announced.
      if (!body) headers.delete("content-length");
      const request = { method, path: target.upstream, headers, body, signal };
      const answer = await upstream.fetch(inject ? await inject(target, request) : request);
      const response = new Response(answer.body, { status: answer.status, headers: responseHeaders(answer.headers) });
      return certname === undefined ? response : watch(certname, response);
    } finally {
      leave?.();
    }
  });
};
