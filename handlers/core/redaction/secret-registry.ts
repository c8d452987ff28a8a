import { AppError } from "../../errors.ts";
import type { Changes } from "../../interfaces/changes.ts";
import { type Clock, timestamp } from "../../interfaces/clock.ts";
import type { Document, Documents } from "../../interfaces/documents.ts";
import type { HiddenThings } from "../../interfaces/estate.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Log } from "../../interfaces/log.ts";
import type { Redactor } from "../../interfaces/redactor.ts";
import { seal, type Sealed } from "../../interfaces/sealed.ts";
import type { Vault } from "../../interfaces/vault.ts";
import { checkSecret, longestSecret } from "./check-secret.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { formsOf } from "./forms.ts";
import { createMarksCache, createRedactor } from "./redactor.ts";
import { createSecretRules, placesOf, rulesCollection, type SecretRule } from "./secret-rules.ts";

/** The known secrets, and the redactor that hides them. */
export type SecretRegistry = {
  /**
   * The newest one known. Throws AppError `unavailable` as long as the secrets were never loaded: without them nothing
   * may be shown.
   */
  redactor(): Redactor;
  /**
   * Hides a value from now on, also in what is stored already. Throws AppError `invalid` with the reason why it can't be
   * hidden, `conflict` when it is known; the value is in neither. `created_at` is ISO, UTC.
   */
  add(value: string, by: string): Promise<{ readonly id: string; readonly created_at: string }>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
  /** What is hidden by its place. */
  readonly rules: ReturnType<typeof createSecretRules>;
  /** Loads what was changed. Doesn't throw: a failure is logged, and what was known goes on being hidden. */
  refresh(): Promise<void>;
  /** Follows changes no longer. */
  close(): void;
};

export type SecretRegistryDeps = {
  readonly documents: Documents;
  readonly vault: Vault;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Whether a value is a certname or an environment. */
  readonly isName: (value: string) => Promise<boolean>;
  /** Has the store hide the same from questions; the redactor changes once it does. */
  readonly apply?: (hidden: Sealed<HiddenThings>) => Promise<void>;
};

const collection = "redactor_secrets";
/** After a failed load the next one is tried no sooner (ms). */
const pause = 1_000;
/** Characters of all secrets together. */
const mostCharacters = 128 * longestSecret;

type StoredSecret = Document & {
  /** Keyed, so that an equal value is found again and no other can be guessed. */
  readonly fingerprint: string;
  /** Base64 of what the vault made of the UTF-8. */
  readonly value: string;
  readonly created_at: string;
  readonly created_by: string;
};
type Known = { readonly value: string; readonly forms: ReadonlySet<string> };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const recordId = (id: string): string => `${collection}/${id}`;

/** Over the collection `redactor_secrets`. `await refresh()` once before the first request. */
export const createSecretRegistry = (deps: SecretRegistryDeps): SecretRegistry => {
  const { documents, vault, changes, clock, ids, log, isName } = deps;
  const marksCache = createMarksCache();
  let known: ReadonlyMap<string, Known> = new Map();
  let current: Redactor | undefined;
  let hidden = "";
  let seen = "";
  let failedAt = -Infinity;
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;

  const versions = () => `${changes.version(collection)} ${changes.version(rulesCollection)}`;

  const load = async (): Promise<void> => {
    // Read first: what is changed while loading is loaded again.
    const asOf = versions();
    const version = changes.version(collection) + changes.version(rulesCollection);
    const stored = await documents.find<StoredSecret>(collection, { order: [{ field: "id" }] });
    const loaded = new Map(await Promise.all(stored.map(async (each) => [each.id, await open(each)] as const)));
    const ruled = await documents.find<Document & SecretRule>(rulesCollection, { order: [{ field: "id" }] });
    const contents = JSON.stringify([[...loaded.keys()], ruled.map((each) => each.id)]);
    if (!current || hidden !== contents) {
      const places = placesOf(ruled);
      const patterns = [...loaded.values()].flatMap(({ forms }) => [...forms]);
      await deps.apply?.(seal({ patterns, ...places }));
      known = loaded;
      hidden = contents;
      current = createRedactor({
        patterns,
        places,
        version: current ? Math.max(version, current.version + 1) : version,
        marksCache,
      });
    }
    seen = asOf;
  };
  const open = async ({ id, value }: StoredSecret): Promise<Known> => {
    const opened = known.get(id);
    if (opened) return opened;
    const text = utf8.decode(await vault.decrypt(recordId(id), fromBase64(value)));
    return { value: text, forms: formsOf(text) };
  };

  const run = async (): Promise<void> => {
    try {
      await load();
      failedAt = -Infinity;
    } catch (error) {
      failedAt = clock.now();
      log.error("Cannot load the known secrets", { error, hidden: known.size });
    }
  };
  /** One at a time; whoever asks while one runs gets the next, since that one may have read already. */
  const refresh = (): Promise<void> => {
    if (!running) return running = Promise.resolve().then(run).finally(() => void (running = undefined));
    return queued ??= running.then(() => {
      queued = undefined;
      return refresh();
    });
  };
  const follow = () => {
    if (running || versions() === seen || clock.now() - failedAt < pause) return;
    void refresh();
  };
  const unsubscribe = [collection, rulesCollection].map((topic) => changes.subscribe(topic, follow));

  return {
    redactor() {
      follow();
      if (!current) throw new AppError("unavailable", "The known secrets are not loaded yet", { retryAfter: 1 });
      return current;
    },

    async add(value, by) {
      checkSecret(value);
      if (await isName(value) || await isName(value.trim())) {
        throw new AppError("invalid", "The value is the name of a node or of an environment", { field: "value" });
      }
      await refresh();
      const values = [...known.values()].map((each) => each.value);
      if (values.includes(value)) throw alreadyKnown();
      if (values.reduce((sum, each) => sum + each.length, value.length) > mostCharacters) {
        throw new AppError("invalid", `All secrets together are longer than ${mostCharacters} characters`, {
          field: "value",
        });
      }
      const [id, created_at] = [ids.uuid(), timestamp(clock.now())];
      const document: StoredSecret = {
        id,
        fingerprint: await vault.fingerprint(value),
        value: toBase64(await vault.encrypt(recordId(id), new TextEncoder().encode(value))),
        created_at,
        created_by: by,
      };
      await documents.insert(collection, document).catch((error: unknown) => {
        throw error instanceof AppError && error.code === "conflict" ? alreadyKnown() : error;
      });
      log.info("Known secret added", { id, by });
      await refresh();
      return { id, created_at };
    },

    async remove(id) {
      const removed = await documents.remove(collection, id);
      if (removed) {
        log.info("Known secret removed", { id });
        await refresh();
      }
      return removed;
    },

    rules: createSecretRules({ documents, clock, ids, refresh }),
    refresh,
    close: () => unsubscribe.forEach((each) => each()),
  };
};

const alreadyKnown = (): AppError =>
  new AppError("conflict", "This value is a known secret already", { field: "value" });
