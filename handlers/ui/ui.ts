import { Hono, type MiddlewareHandler } from "hono";
import type { Access } from "../core/access/access.ts";
import type { LettersDeps } from "../core/nodes/dead-letters.ts";
import type { NodeViews } from "../core/nodes/nodes.ts";
import { type LoginDeps, requireSession, type SessionEnv } from "../http/session.ts";
import { createSessionCookie } from "../http/session-cookie.ts";
import type { Clock } from "../interfaces/clock.ts";
import type { Documents } from "../interfaces/documents.ts";
import type { CommandQueue } from "../interfaces/queue.ts";
import { accountPage } from "./account-page.ts";
import { assets, stylesheetLink } from "./assets.ts";
import { catalogPages } from "./catalog-page.ts";
import { deadLettersPage } from "./dead-letters-page.ts";
import { factsPage } from "./facts-page.ts";
import { createFrame } from "./frame.ts";
import { loginPages } from "./login-page.ts";
import { nodePage } from "./node-page.ts";
import { nodesPage } from "./nodes-page.ts";
import { reportPage } from "./report-page.ts";
import { reportsPage } from "./reports-page.ts";
import { type SecretsDeps, secretsPage } from "./secrets-page.ts";

export type UiDeps = {
  readonly nodes: NodeViews;
  readonly removeNode: Parameters<typeof nodePage>[0]["remove"];
  readonly access: Omit<LoginDeps, "cookie" | "sessions"> & {
    readonly sessions: Pick<Access["sessions"], "find" | "list" | "end">;
    readonly login: Access["login"];
    readonly users: Pick<Access["users"], "find">;
  };
  readonly queue: LettersDeps["queue"] & Pick<CommandQueue, "dropDeadLetter">;
  /** Tries a dead letter again; the same as `managementApp` has. */
  readonly replay: (id: string) => Promise<boolean>;
  readonly secrets: SecretsDeps["secrets"];
  readonly documents: Pick<Documents, "find" | "count">;
  readonly clock: Clock;
  /** HOPPETDB_PUBLIC_URL. */
  readonly publicUrl: string;
};

/**
 * The pages for people, made on the server, without scripts. They are mounted at `/` of port 8000, whose middleware
 * guards form posts against other sites and sets the security headers. Whoever isn't logged in is sent to `/login`.
 */
export const ui = (deps: UiDeps): Hono<SessionEnv> => {
  const { nodes, access, queue, replay, secrets, documents, clock } = deps;
  const cookie = createSessionCookie({ publicUrl: deps.publicUrl });
  const frame = createFrame({ stylesheet: stylesheetLink(), icon: "/assets/icon.svg" });
  const page = { nodes, clock, frame };
  const loggedIn: MiddlewareHandler<SessionEnv> = requireSession({ ...access, cookie, redirectTo: "/login" });
  const app = new Hono<SessionEnv>().route("/", assets()).route("/", loginPages({ ...access, cookie, frame }));
  // Only what exists: an address without a page stays a 404 for everyone.
  for (const path of ["/", "/nodes/*", "/dead-letters/*", "/secrets/*", "/account/*"]) app.use(path, loggedIn);
  return app
    .route("/", nodesPage({ ...page, queue }))
    .route("/", nodePage({ ...page, remove: deps.removeNode }))
    .route("/", factsPage(page))
    .route("/", catalogPages(page))
    .route("/", reportsPage(page))
    .route("/", reportPage(page))
    .route("/", deadLettersPage({ queue, replay, nodes, clock, frame }))
    .route("/", secretsPage({ secrets, documents, clock, frame }))
    .route("/", accountPage({ ...access, cookie, clock, frame }));
};
