import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { AppError } from "../errors.ts";
import type { Audit, AuditEvent } from "../interfaces/audit.ts";
import type { Log } from "../interfaces/log.ts";
import type { PortEnv } from "./env.ts";

type Change = {
  readonly target?: string | undefined;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly actor?: string | undefined;
};
type Look = { readonly target: string; readonly after?: unknown };

/** What handlers said about one request. */
type Notes = { change?: Change; readonly looks: Look[] };

const key = "auditNotes";
const safe: readonly string[] = ["GET", "HEAD", "OPTIONS"];
const mostLooks = 100;

/** Stands in the place of a name that is nobody's: people type passwords there. */
const unknownUser = "unknown user";

/**
 * For the audit log: what a request changes, best said before it can fail. `target` where the path doesn't tell it; `before`
 * and `after` as what the API shows of the thing; `actor` where nobody is logged in yet: the user that a login is for,
 * undefined where the name is nobody's. A second call adds to the first one.
 */
export const noteChange = (c: Context, what: Change): void => {
  const notes = notesOf(c);
  notes.change = { ...notes.change, ...what };
};

/** For the audit log: that something sensitive is being looked at. It is recorded before the answer goes out. */
export const noteLook = (c: Context, what: Look): void => {
  const { looks } = notesOf(c);
  if (looks.length < mostLooks) looks.push(what);
};

const notesOf = (c: Context): Notes => {
  const known = c.get(key) as Notes | undefined;
  if (known) return known;
  const notes: Notes = { looks: [] };
  c.set(key, notes);
  return notes;
};

/**
 * Records every request that changes something, whatever came of it, and every noted look, before the answer goes out. It
 * stands in front of what it records. Without a login only what a handler noted is recorded (a login is): else a stranger
 * could fill the disk. Throws AppError `unavailable` when it can't be recorded; nothing of the answer goes out then.
 */
export const audited = (deps: { readonly audit: Audit; readonly log: Log }): MiddlewareHandler<PortEnv> => {
  return async (c, next) => {
    await next();
    const events = eventsOf(c);
    if (events.length === 0) return;
    try {
      await Promise.all(events.map((each) => deps.audit.record(each)));
    } catch (cause) {
      deps.log.error("A request could not be recorded in the audit log", { request_id: c.var.requestId, error: cause });
      await withhold(c);
      throw new AppError(
        "unavailable",
        safe.includes(c.req.method)
          ? "This can't be shown: that you look at it can't be recorded in the audit log"
          : "This could not be recorded in the audit log; what you asked for may have been done all the same",
        { cause, retryAfter: 5 },
      );
    }
  };
};

const eventsOf = (c: Context<PortEnv>): readonly AuditEvent[] => {
  const pattern = patternOf(c);
  if (pattern === undefined) return [];
  const notes = c.get(key as never) as Notes | undefined;
  const { viewer, via } = c.var as { viewer?: { readonly user: string }; via?: "session" | "credential" };
  const { status } = c.res;
  const common = {
    via: via ?? "none",
    address: c.env?.remoteAddress ?? null,
    outcome: status < 400 ? "done" : status < 500 ? "refused" : "failed",
    status,
    request_id: c.var.requestId ?? null,
  } as const;
  const looks = (notes?.looks ?? []).map((each): AuditEvent => ({
    ...common,
    actor: viewer?.user ?? null,
    action: `look ${pattern}`,
    ...each,
  }));
  const change = notes?.change;
  // each login that the throttle holds back would be a record, too, and costs whoever tries nothing
  const known = viewer !== undefined || (change !== undefined && status !== 429);
  if (safe.includes(c.req.method) || !known) return looks;
  const { actor: noted, ...more } = change ?? (replayed(c) ? { after: { replayed: true } } : {});
  const actor = viewer?.user ?? noted ?? (change && Object.hasOwn(change, "actor") ? unknownUser : null);
  return [...looks, {
    ...common,
    actor,
    action: `${c.req.method} ${pattern}`,
    ...more,
    target: more.target ?? placeOf(c),
  }];
};

/** An answer that was given before, to the same Idempotency-Key: nothing was done this time. */
const replayed = (c: Context): boolean => c.res.headers.get("Idempotent-Replayed") === "true";

/**
 * The path as it was registered, `/api/v1/teams/{team}`, of the route that answered, or that would have, had nothing before
 * it refused; undefined where nothing is at this address.
 */
const patternOf = (c: Context): string | undefined => {
  const method = c.req.method === "HEAD" ? "GET" : c.req.method;
  const route = matchedRoutes(c).find((each, at) => each.method === method && at >= c.req.routeIndex);
  return route?.path.replace(/:([A-Za-z_]+)(\{[^/]*\})?/g, "{$1}");
};

/** The path as it was asked for, below `/api/v1`, without a query, each part as handlers name things. */
const placeOf = (c: Context): string =>
  new URL(c.req.url).pathname.replace(/^\/(api\/v1\/)?/, "").split("/").map((part) => {
    try {
      return encodeURIComponent(decodeURIComponent(part)).replaceAll("%40", "@").replaceAll("%2B", "+");
    } catch {
      return encodeURIComponent(part);
    }
  }).join("/");

/** Takes back an answer: its body, a session's cookie, everything. */
const withhold = async (c: Context): Promise<void> => {
  await c.res.body?.cancel().catch(() => {});
  c.res = undefined;
  c.res = new Response(null, { status: 503 });
};
