import { type Context, Hono } from "hono";
import { except } from "hono/combine";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Access } from "./core/access/access.ts";
import type { Ca } from "./core/ca/types.ts";
import { AppError } from "./errors.ts";
import { accessLog } from "./http/access-log.ts";
import { bodyLimit } from "./http/body-limit.ts";
import { healthRoutes } from "./http/health.ts";
import { onNotFound, onProblem, problemResponse } from "./http/problem.ts";
import { requestId } from "./http/request-id.ts";
import { sameOrigin } from "./http/same-origin.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { requireSession, type SessionEnv, wantsPage } from "./http/session.ts";
import { createSessionCookie } from "./http/session-cookie.ts";
import type { Clock } from "./interfaces/clock.ts";
import type { Documents } from "./interfaces/documents.ts";
import type { Ids } from "./interfaces/ids.ts";
import type { Log } from "./interfaces/log.ts";
import type { Redactor } from "./interfaces/redactor.ts";
import { authenticateApi } from "./management/authenticate.ts";
import { caApi } from "./management/ca.ts";
import { deadLettersApi } from "./management/dead-letters.ts";
import { docsPage } from "./management/docs.ts";
import { nodesApi } from "./management/nodes.ts";
import { type KnownSecrets, secretsRedactorApi } from "./management/nodes-secrets-redactor.ts";
import { type OpenApi, openApiOf } from "./management/openapi.ts";
import { ownAccountApi } from "./management/sessions.ts";
import { tickRoute } from "./management/tick.ts";

export type ManagementDeps = {
  readonly access: Pick<Access, "sessions" | "login">;
  readonly secrets: KnownSecrets & { redactor(): Redactor };
  readonly documents: Documents;
  readonly estate: Parameters<typeof nodesApi>[0]["estate"];
  readonly queue: Parameters<typeof deadLettersApi>[0]["queue"];
  /** See `deadLettersApi`. */
  readonly replay: (id: string) => Promise<boolean>;
  /** Undefined where the Puppetserver is the CA. */
  readonly ca?: Ca;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** HOPPETDB_PUBLIC_URL. */
  readonly publicUrl: string;
  readonly version: string;
  readonly ready: () => Promise<void>;
  readonly started: () => boolean;
  /** Bytes of a request's body. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** Periodic work on request, where no process stays alive. */
  readonly tick?: Parameters<typeof tickRoute>[0];
  /** The pages, mounted at `/`. */
  readonly ui?: Hono<SessionEnv>;
  /** An error as a page, for a browser outside of /api; nothing: problem details. */
  readonly errorPage?: (c: Context, error: AppError) => Response | Promise<Response> | undefined;
};

/** Port 8000: the management API, its description, and the pages. */
export const managementApp = (deps: ManagementDeps) => {
  const { access, secrets, publicUrl } = deps;
  const cookie = createSessionCookie({ publicUrl });
  const shared = { ...access, documents: deps.documents, cookie, redactor: () => secrets.redactor() };
  const loggedIn = requireSession({ sessions: access.sessions, cookie });

  const api = new Hono<SessionEnv>()
    .use(except("/api/v1/authenticate", loggedIn))
    .route("/authenticate", authenticateApi(shared))
    .route("/users/_self", ownAccountApi(shared))
    .route("/nodes", nodesApi({ ...shared, estate: deps.estate, clock: deps.clock }))
    .route("/nodes_secrets_redactor", secretsRedactorApi({ ...shared, secrets }))
    .route("/dead_letters", deadLettersApi({ ...shared, queue: deps.queue, replay: deps.replay }))
    .route("/ca", caApi({ ...shared, ca: deps.ca, clock: deps.clock }));

  const app = new Hono<SessionEnv>();
  let described: OpenApi | undefined;
  const openapi = () => described ??= openApiOf(app.routes, deps);
  const routes = app
    .use(requestId(deps), accessLog(deps), securityHeaders({ cookie }))
    .use(methodNotAllowed({ app, onMethodNotAllowed: wrongMethod }))
    .route("/", healthRoutes(deps))
    .use(sameOrigin({ publicUrl }), bodyLimit(deps.bodyLimit ?? 1 << 20))
    .get("/openapi.json", (c) => c.json(openapi()))
    .route("/", docsPage({ openapi }))
    .route("/api/v1", api);
  if (deps.tick) app.route("/", tickRoute(deps.tick));
  if (deps.ui) app.route("/", deps.ui);
  const fail = onProblem({
    log: deps.log,
    render: (c, error) => wantsPage(c) && !c.req.path.startsWith("/api/") ? deps.errorPage?.(c, error) : undefined,
  });
  app.onError(fail).notFound(onNotFound(fail));
  return routes;
};

/** The app with the types of all its routes: what the client is made from. */
export type ManagementApp = ReturnType<typeof managementApp>;

const wrongMethod = (c: Context, methods: readonly string[]): Response => {
  const allow = methods.join(", ");
  const response = problemResponse(
    c,
    new AppError("method_not_allowed", `"${c.req.method.slice(0, 20)}" does not work here, expected ${allow}`),
  );
  response.headers.set("Allow", allow);
  return response;
};
