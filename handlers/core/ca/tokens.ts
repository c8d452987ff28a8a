import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import { tokenId } from "./autosign.ts";
import type { EnrolmentTokenDocument } from "./records.ts";
import type { Tokens } from "./types.ts";

/** A year; a token that lasts longer is a password. */
const longest = 365 * 86_400;

/** One-time enrolment tokens: who sends one as challengePassword gets his request signed. The store has its hash only. */
export const createTokens = (
  { documents, clock, ids }: { readonly documents: Documents; readonly clock: Clock; readonly ids: Pick<Ids, "token"> },
): Tokens => ({
  create: async ({ certname, ttl, by }) => {
    if (!/^(\*|(\*\.)?[a-z0-9_.-]{1,253})$/.test(certname)) {
      throw new AppError(
        "invalid",
        `"${certname}" is no certname or glob, expected web01.example.com or *.example.com`,
        {
          field: "certname",
        },
      );
    }
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > longest) {
      throw new AppError("invalid", "The time to live must be from a second to a year", { field: "ttl" });
    }
    const token = ids.token();
    const now = clock.now();
    const record = await documents.insert<EnrolmentTokenDocument>("ca_tokens", {
      id: await tokenId(token),
      certname,
      created_at: now,
      created_by: by.name,
      expires_at: now + ttl * 1000,
      used_at: null,
      used_by: null,
    });
    return { token, record };
  },
  list: (page) =>
    documents.find<EnrolmentTokenDocument>("ca_tokens", {
      order: [{ field: "created_at", direction: "desc" }],
      ...page,
    }),
  count: () => documents.count("ca_tokens"),
  remove: (id) => documents.remove("ca_tokens", id),
});
