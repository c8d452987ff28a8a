import { AppError } from "../../errors.ts";
import type { Changes } from "../../interfaces/changes.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Document, Documents, Stored } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import { createDigests, sha256 } from "./digest.ts";
import type { User, Users } from "./users.ts";

/** A login of one browser. Times are milliseconds since 1970. */
export type Session = {
  /** SHA-256 of the token: tells which session, and opens none. */
  readonly id: string;
  readonly user: string;
  readonly created_at: number;
  /** Up to a minute late. */
  readonly seen_at: number;
  /** When it ends unless it is used before. */
  readonly expires_at: number;
  /** From where the login came. */
  readonly address: string;
};

type SessionDocument = Document & Session & { readonly password_id: string };
type Found = { readonly session: Session; readonly user: User };
type Entry = { readonly stored: Stored<SessionDocument>; readonly user: User };

const idle = 60 * 60_000;
const longest = 12 * 60 * 60_000;
const seenEvery = 60_000;
const cacheSize = 10_000;

export type Sessions = ReturnType<typeof createSessions>;

/**
 * Logged-in browsers. The token is in the browser only, the store has its SHA-256. A session ends after an hour without
 * use, after 12 hours in any case, and with its user or the password that it was begun with. What another process ends
 * is ended here as soon as `changes` tells.
 */
export const createSessions = (deps: {
  readonly documents: Documents;
  readonly users: Pick<Users, "find">;
  readonly changes: Changes;
  readonly ids: Ids;
  readonly clock: Clock;
}) => {
  const { documents, users, changes, ids, clock } = deps;
  const digest = createDigests();
  const cache = new Map<string, Entry>();
  let cachedAt = "";

  const fresh = (): string => {
    const now = `${changes.version("sessions")} ${changes.version("users")}`;
    if (now !== cachedAt) cache.clear();
    return cachedAt = now;
  };
  const keep = (entry: Entry, asOf: string) => {
    if (asOf !== fresh()) return;
    if (cache.size >= cacheSize) cache.delete(cache.keys().next().value!);
    cache.set(entry.stored.id, entry);
  };
  const load = async (id: string): Promise<Entry | undefined> => {
    const asOf = fresh();
    const known = cache.get(id);
    if (known) return known;
    const stored = await documents.get<SessionDocument>("sessions", id);
    const user = stored && await users.find(stored.user);
    if (!user || user.password_id !== stored.password_id) return undefined;
    const entry = { stored, user };
    keep(entry, asOf);
    return entry;
  };
  /** Notes that it is in use. Undefined when it was ended meanwhile. A store that can't be written ends no session. */
  const touch = async (entry: Entry, now: number): Promise<Entry | undefined> => {
    const { version, ...session } = entry.stored;
    const seen = { ...session, seen_at: now, expires_at: Math.min(now + idle, session.created_at + longest) };
    try {
      const stored = await documents.replace<SessionDocument>("sessions", seen as SessionDocument, version);
      const next = { stored, user: entry.user };
      keep(next, fresh());
      return next;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === "not_found") return undefined;
      if (error.code !== "precondition_failed") return entry;
      cache.delete(session.id);
      return await load(session.id);
    }
  };

  return {
    /** Begins a session for someone whose password was verified just now. The token goes to the browser. */
    async start(user: User, address: string): Promise<{ readonly token: string; readonly session: Session }> {
      const token = ids.token();
      const now = clock.now();
      const stored = await documents.insert<SessionDocument>("sessions", {
        id: await sha256(token),
        user: user.id,
        password_id: user.password_id,
        created_at: now,
        seen_at: now,
        expires_at: now + idle,
        address,
      });
      return { token, session: show(stored) };
    },

    /** Whose session it is, while it lasts. */
    async find(token: string): Promise<Found | undefined> {
      if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return undefined;
      let entry = await load(await digest(token));
      const now = clock.now();
      if (!entry || entry.stored.expires_at <= now) return undefined;
      if (now - entry.stored.seen_at >= seenEvery) entry = await touch(entry, now);
      if (!entry) return undefined;
      return { session: show(entry.stored), user: entry.user };
    },

    /** The sessions of a user that have not ended, newest first. */
    async list(user: string, page: { limit: number; offset: number }): Promise<readonly Session[]> {
      const order = [{ field: "created_at", direction: "desc" }, { field: "id" }] as const;
      return (await documents.find<SessionDocument>("sessions", { where: living(user), order, ...page })).map(show);
    },
    count: (user: string): Promise<number> => documents.count("sessions", living(user)),

    /** Ends one session of a user. False: he has none of that id. */
    async end(user: string, id: string): Promise<boolean> {
      const stored = await documents.get<SessionDocument>("sessions", id);
      cache.delete(id);
      return stored?.user === user && await documents.remove("sessions", id);
    },

    /** Ends all sessions of a user; returns how many there were. */
    async endAll(user: string): Promise<number> {
      const ended = await documents.removeWhere("sessions", { op: "=", left: { field: "user" }, right: user });
      cache.clear();
      return ended;
    },
  };

  function living(user: string) {
    return {
      op: "and",
      of: [
        { op: "=", left: { field: "user" }, right: user },
        { op: ">", left: { field: "expires_at" }, right: clock.now() },
      ],
    } as const;
  }
};

const show = ({ id, user, created_at, seen_at, expires_at, address }: SessionDocument): Session => ({
  id,
  user,
  created_at,
  seen_at,
  expires_at,
  address,
});
