import type { Context, MiddlewareHandler } from "hono";
import { sha256 } from "../core/access/digest.ts";
import { fromBase64, toBase64 } from "../core/redaction/base64.ts";
import { AppError } from "../errors.ts";
import type { Clock } from "../interfaces/clock.ts";
import type { Document, Documents } from "../interfaces/documents.ts";
import type { Vault } from "../interfaces/vault.ts";
import type { SessionEnv } from "./session.ts";

type Kept = Document & {
  /** SHA-256 of the body that was sent. */
  readonly sent: string;
  /** Null while the first one is being worked on. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The answer, encrypted, in base64: a credential's secret may stand in it. */
  readonly body: string;
  readonly expires_at: number;
};

const day = 86_400_000;
/** A process that dies while it works on a request leaves the key taken for so long. */
const longestWork = 60_000;
const shownHeaders = ["Content-Type", "ETag"];

/**
 * For creates that a client may have to send again, since the answer got lost: with the header `Idempotency-Key` the same
 * request of the same user is done once within a day, and answered alike each time. Throws AppError `invalid` for the same
 * key with another body, and `conflict` while the first one is still being worked on.
 */
export const idempotent = (deps: {
  readonly documents: Pick<Documents, "get" | "insert" | "replace" | "remove">;
  readonly vault: Pick<Vault, "encrypt" | "decrypt">;
  readonly clock: Clock;
}): MiddlewareHandler<SessionEnv> => {
  const { documents, vault, clock } = deps;

  const replay = async (known: Kept, sent: string): Promise<Response> => {
    if (known.sent !== sent) {
      throw new AppError("invalid", "This Idempotency-Key was used for another request", { field: "Idempotency-Key" });
    }
    if (known.status === null) {
      throw new AppError("conflict", "The first request with this Idempotency-Key is not done yet", {
        field: "Idempotency-Key",
        retryAfter: 1,
      });
    }
    const body = await vault.decrypt(`idempotency ${known.id}`, fromBase64(known.body));
    return new Response(body, { status: known.status, headers: { ...known.headers, "Idempotent-Replayed": "true" } });
  };

  return async (c, next) => {
    const key = c.req.header("Idempotency-Key");
    if (c.req.method !== "POST" || key === undefined) return await next();
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
      throw new AppError("bad_request", "An Idempotency-Key has 1 to 255 visible ASCII characters", {
        field: "Idempotency-Key",
      });
    }
    // who may do less by now, or with this login, gets no answer that was made for more
    const { user, admin, permissions } = c.var.viewer;
    const id = await sha256(JSON.stringify([user, admin, [...permissions].sort(), c.req.path, key]));
    const sent = await sha256(`${new URL(c.req.url).search}\n${await c.req.text()}`);
    const now = clock.now();
    const known = await documents.get<Kept>("idempotency", id);
    if (known) return await replay(known, sent);
    const mine: Kept = { id, sent, status: null, headers: {}, body: "", expires_at: now + longestWork };
    try {
      await documents.insert("idempotency", mine);
    } catch (error) {
      const quicker = error instanceof AppError && error.code === "conflict" &&
        await documents.get<Kept>("idempotency", id);
      if (quicker) return await replay(quicker, sent);
      throw error;
    }
    await next();
    if (!c.res.ok) return void await documents.remove("idempotency", id);
    await keep(c, mine, now);
  };

  async function keep(c: Context, mine: Kept, now: number): Promise<void> {
    const body = new Uint8Array(await c.res.clone().arrayBuffer());
    const headers = shownHeaders.map((name) => [name, c.res.headers.get(name)] as const).filter(([, value]) => value);
    await documents.replace<Kept>("idempotency", {
      ...mine,
      status: c.res.status,
      headers: Object.fromEntries(headers) as Record<string, string>,
      body: toBase64(await vault.encrypt(`idempotency ${mine.id}`, body)),
      expires_at: now + day,
    }, 1);
  }
};
