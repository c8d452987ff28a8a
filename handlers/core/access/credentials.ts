import { AppError } from "../../errors.ts";
import type { Changes } from "../../interfaces/changes.ts";
import { type Clock, timestamp } from "../../interfaces/clock.ts";
import type { Document, Documents, Stored } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Log } from "../../interfaces/log.ts";
import type { Condition } from "../query/plan.ts";
import { canonicalPermission, isStaticPermission, objectOf } from "./permissions.ts";
import { createDigests, sha256 } from "./digest.ts";
import type { User, Users } from "./users.ts";

/** A key for programs. Times are ISO, UTC. */
export type Credential = {
  readonly id: string;
  readonly user: string;
  readonly description: string;
  /** What it is limited to; null: all that the user may do. */
  readonly permissions: readonly string[] | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly version: number;
};
export type CredentialChange = {
  readonly description?: string | undefined;
  readonly permissions?: readonly string[] | null | undefined;
  readonly expires_at?: string | null | undefined;
};
/** When and from where it was used last, up to a minute late. */
export type LastUse = { readonly at: string; readonly address: string };

type CredentialDocument = Document & Omit<Credential, "version"> & { readonly secret_hash: string };
type UseDocument = Document & LastUse;
type Found = { readonly credential: Credential; readonly user: User };

const usedEvery = 60_000;
const cacheSize = 10_000;
const most = 100;

export type Credentials = ReturnType<typeof createCredentials>;

/**
 * API credentials: 256 random bits, shown once, stored as a SHA-256 (nothing that can be guessed needs a slow hash, so a
 * request costs no more than a session's). Kept in memory until the collection or the users change.
 */
export const createCredentials = (deps: {
  readonly documents: Documents;
  readonly users: Pick<Users, "find">;
  readonly changes: Changes;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
}) => {
  const { documents, users, changes, ids, clock, log } = deps;
  const cache = new Map<string, { readonly document: Stored<CredentialDocument>; readonly user: User }>();
  const digest = createDigests();
  const used = new Map<string, number>();
  let cachedAt = "";

  const fresh = (): string => {
    const now = `${changes.version("credentials")} ${changes.version("users")}`;
    if (now !== cachedAt) cache.clear();
    return cachedAt = now;
  };
  const load = async (hash: string) => {
    const asOf = fresh();
    const known = cache.get(hash);
    if (known) return known;
    const [document] = await documents.find<CredentialDocument>("credentials", {
      where: { op: "=", left: { field: "secret_hash" }, right: hash },
      limit: 1,
    });
    const user = document && await users.find(document.user);
    if (!document || !user) return undefined;
    const entry = { document, user };
    if (asOf === fresh()) {
      if (cache.size >= cacheSize) cache.delete(cache.keys().next().value!);
      cache.set(hash, entry);
    }
    return entry;
  };
  /** In a collection of its own, so that a use changes no ETag and empties no cache. */
  const note = (id: string, address: string): void => {
    const now = clock.now();
    if (now - (used.get(id) ?? -Infinity) < usedEvery) return;
    if (used.size >= cacheSize) used.clear();
    used.set(id, now);
    const write = async () => {
      const known = await documents.get<UseDocument>("credential_uses", id);
      const next: UseDocument = { id, at: timestamp(now), address };
      if (known) await documents.replace("credential_uses", next, known.version);
      else await documents.insert("credential_uses", next);
    };
    void write().catch((error) => {
      const raced = ["conflict", "precondition_failed"];
      if (!(error instanceof AppError && raced.includes(error.code))) {
        log.warn("Last use of a credential is not stored", { credential: id, error });
      }
    });
  };
  const checkScope = (scope: readonly string[] | null | undefined) => {
    if (scope === null || scope === undefined) return scope;
    const all = [...new Set(scope.map(canonicalPermission))].sort();
    for (const each of all) {
      const object = isStaticPermission(each) ? "static" : objectOf(each);
      if (!object) {
        throw new AppError("invalid", `There is no permission "${each.slice(0, 100)}"`, { field: "permissions" });
      }
    }
    return all;
  };
  const checkExpiry = (text: string | null | undefined): string | null => {
    if (text === null || text === undefined) return null;
    const at = new Date(text).getTime();
    if (!(at > clock.now())) {
      throw new AppError("invalid", "A credential must expire in the future", { field: "expires_at" });
    }
    return timestamp(at);
  };

  return {
    /**
     * Whose credential it is, while it lasts. `id`, where given, must be the secret's own. The lookup is by a hash of the
     * secret, so that its time tells nothing about it.
     */
    async find(secret: string, id: string | undefined, address: string): Promise<Found | undefined> {
      if (!/^[A-Za-z0-9_-]{43}$/.test(secret)) return undefined;
      const entry = await load(await digest(secret));
      if (!entry || (id !== undefined && id !== entry.document.id)) return undefined;
      const { expires_at } = entry.document;
      if (expires_at !== null && new Date(expires_at).getTime() <= clock.now()) return undefined;
      note(entry.document.id, address);
      return { credential: show(entry.document), user: entry.user };
    },

    /** The secret is in the answer, and nowhere else ever again. */
    async create(user: string, given: CredentialChange): Promise<{ credential: Credential; secret: string }> {
      if (await documents.count("credentials", ofUser(user)) >= most) {
        throw new AppError("conflict", `"${user}" has ${most} credentials already; remove one first`);
      }
      const secret = ids.token();
      const stored = await documents.insert<CredentialDocument>("credentials", {
        id: ids.uuid(),
        user,
        description: given.description ?? "",
        permissions: checkScope(given.permissions) ?? null,
        created_at: timestamp(clock.now()),
        expires_at: checkExpiry(given.expires_at),
        secret_hash: await sha256(secret),
      });
      return { credential: show(stored), secret };
    },

    async get(user: string, id: string): Promise<Credential | undefined> {
      const found = await documents.get<CredentialDocument>("credentials", id);
      return found?.user === user ? show(found) : undefined;
    },
    async list(
      user: string,
      page: {
        readonly order?: readonly { field: string; direction?: "asc" | "desc" }[];
        limit: number;
        offset?: number;
      },
    ): Promise<readonly Credential[]> {
      const found = await documents.find<CredentialDocument>("credentials", { where: ofUser(user), ...page });
      return found.map(show);
    },
    count: (user: string): Promise<number> => documents.count("credentials", ofUser(user)),

    /** When each was used last; those that never were are not in it. */
    async lastUses(some: readonly string[]): Promise<ReadonlyMap<string, LastUse>> {
      if (some.length === 0) return new Map();
      const found = await documents.find<UseDocument>("credential_uses", {
        where: { op: "in", left: [{ field: "id" }], values: some.map((id) => [id]) },
      });
      return new Map(found.map(({ id, at, address }) => [id, { at, address }]));
    },

    /** `credential` as it was read: throws AppError `precondition_failed` when it was changed since. */
    async update(credential: Credential, given: CredentialChange): Promise<Credential> {
      const known = await documents.get<CredentialDocument>("credentials", credential.id);
      if (!known) throw new AppError("not_found", `There is no credential "${credential.id}"`);
      const { version: _, ...before } = known;
      const scope = checkScope(given.permissions);
      const next: CredentialDocument = {
        ...before,
        ...(given.description === undefined ? {} : { description: given.description }),
        ...(scope === undefined ? {} : { permissions: scope }),
        ...(given.expires_at === undefined ? {} : { expires_at: checkExpiry(given.expires_at) }),
      };
      return show(await documents.replace<CredentialDocument>("credentials", next, credential.version));
    },

    async remove(credential: Credential): Promise<boolean> {
      const removed = await documents.remove("credentials", credential.id);
      await documents.remove("credential_uses", credential.id);
      return removed;
    },
  };
};

const ofUser = (user: string): Condition => ({ op: "=", left: { field: "user" }, right: user });

const show = ({ secret_hash: _, ...credential }: Stored<CredentialDocument>): Credential => credential;
