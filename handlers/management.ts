import { type Context, Hono } from "hono";
import { except } from "hono/combine";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Access } from "./core/access/access.ts";
import type { AuditLog } from "./core/audit/audit.ts";
import type { Ca } from "./core/ca/types.ts";
import type { Members } from "./core/members.ts";
import type { NodeGroups } from "./core/node-groups/node-groups.ts";
import type { NodeViews } from "./core/nodes/nodes.ts";
import { AppError } from "./errors.ts";
import { accessLog } from "./http/access-log.ts";
import { audited } from "./http/audited.ts";
import { bodyLimit } from "./http/body-limit.ts";
import { healthRoutes } from "./http/health.ts";
import { idempotent } from "./http/idempotent.ts";
import { createKeptAnswers } from "./http/kept-answers.ts";
import { onNotFound, onProblem, problemResponse } from "./http/problem.ts";
import { requestId } from "./http/request-id.ts";
import { sameOrigin } from "./http/same-origin.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { requireSession, type SessionEnv, wantsPage } from "./http/session.ts";
import { createSessionCookie } from "./http/session-cookie.ts";
import type { Changes } from "./interfaces/changes.ts";
import type { Clock } from "./interfaces/clock.ts";
import type { Documents } from "./interfaces/documents.ts";
import type { Estate } from "./interfaces/estate.ts";
import type { Ids } from "./interfaces/ids.ts";
import type { Log } from "./interfaces/log.ts";
import type { CommandQueue } from "./interfaces/queue.ts";
import type { Redactor } from "./interfaces/redactor.ts";
import type { Vault } from "./interfaces/vault.ts";
import { accessApi } from "./management/access.ts";
import { auditApi } from "./management/audit.ts";
import { authenticateApi } from "./management/authenticate.ts";
import { caApi } from "./management/ca.ts";
import { credentialsApi } from "./management/credentials.ts";
import { deadLettersApi } from "./management/dead-letters.ts";
import { docsPage } from "./management/docs.ts";
import { exportedResourcesApi } from "./management/exported-resources.ts";
import { factValuesApi } from "./management/fact-values.ts";
import { membersApi } from "./management/members.ts";
import { nodeCatalogApi, nodeCatalogsApi } from "./management/node-catalogs.ts";
import { nodeChangesApi, type NodeChangesDeps } from "./management/node-changes.ts";
import { catalogDiffApi, reportDiffApi } from "./management/node-diffs.ts";
import { nodeFactsApi } from "./management/node-facts.ts";
import { groupsOfNodeApi } from "./management/node-groups-of.ts";
import { nodeReportsApi } from "./management/node-reports.ts";
import { nodesApi } from "./management/nodes.ts";
import { nodesGroupsApi } from "./management/nodes-groups.ts";
import { type KnownSecrets, secretsRedactorApi } from "./management/nodes-secrets-redactor.ts";
import { type OpenApi, openApiOf } from "./management/openapi.ts";
import { permissionsApi } from "./management/permissions.ts";
import { type SecretRules, secretRulesApi } from "./management/secret-rules.ts";
import { teamsApi } from "./management/teams.ts";
import { tickRoute } from "./management/tick.ts";
import { userSessionsApi } from "./management/user-sessions.ts";
import { usersApi } from "./management/users.ts";

export type ManagementDeps = {
  readonly access: Access;
  readonly secrets: KnownSecrets & { redactor(): Redactor; readonly rules: SecretRules };
  readonly documents: Documents;
  readonly estate: Estate;
  readonly changes: Changes;
  readonly nodes: NodeViews;
  readonly queue: CommandQueue;
  readonly vault: Vault;
  readonly audit: AuditLog;
  readonly groups: NodeGroups;
  readonly members: Members;
  /** See `nodeChangesApi`. */
  readonly removeNode: NodeChangesDeps["removeNode"];
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
  const asOf = () => `${deps.changes.version("estate")} ${secrets.redactor().version}`;
  const answers = createKeptAnswers();
  const shared = { ...deps, ...access, cookie, answers, asOf, redactor: () => secrets.redactor() };

  const nodes = new Hono<SessionEnv>()
    .route("/_distinct_fact_values", factValuesApi(shared))
    .route("/_exported_resources", exportedResourcesApi(shared))
    .route("/", nodesApi(shared))
    .route("/", nodeChangesApi(shared))
    .route("/:node/facts", nodeFactsApi(shared))
    .route("/:node/groups", groupsOfNodeApi(shared))
    .route("/:node/catalog", nodeCatalogApi(shared))
    .route("/:node/catalogs", nodeCatalogsApi(shared))
    .route("/:node/catalogs", catalogDiffApi(shared))
    .route("/:node/reports", nodeReportsApi(shared))
    .route("/:node/reports", reportDiffApi(shared));
  const api = new Hono<SessionEnv>()
    .use(except("/api/v1/authenticate", requireSession({ ...access, cookie }), idempotent(deps)))
    .route("/authenticate", authenticateApi(shared))
    .route("/access", accessApi(shared))
    .route("/audit", auditApi(shared))
    .route("/users", userSessionsApi(shared))
    .route("/users", credentialsApi(shared))
    .route("/users", usersApi(shared))
    .route("/teams", teamsApi(shared))
    .route("/permissions", permissionsApi(shared))
    .route("/nodes", nodes)
    .route("/nodes_groups", nodesGroupsApi(shared))
    .route("/nodes_secrets_redactor", secretsRedactorApi(shared))
    .route("/nodes_secrets_rules", secretRulesApi(secrets))
    .route("/dead_letters", deadLettersApi(shared))
    .route("/pyppetdb_nodes", membersApi(deps))
    .route("/ca", caApi({ ...shared, ca: deps.ca }));

  const app = new Hono<SessionEnv>();
  let described: OpenApi | undefined;
  const openapi = () => described ??= openApiOf(app.routes, deps);
  const routes = app
    .use(requestId(deps), accessLog(deps), securityHeaders({ cookie }))
    .use(methodNotAllowed({ app, onMethodNotAllowed: wrongMethod }))
    .route("/", healthRoutes(deps))
    .use(sameOrigin({ publicUrl }), bodyLimit(deps.bodyLimit ?? 1 << 20))
    .use(audited(deps))
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
