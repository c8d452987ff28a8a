import { AppError } from "../errors.ts";
import type { Clock } from "../interfaces/clock.ts";
import type { Document, Documents, Stored } from "../interfaces/documents.ts";
import type { Condition, Order } from "./query/plan.ts";

/** A process that runs on this store. Times are milliseconds since 1970. */
export type Member = {
  /** Random, another one after each start. */
  readonly id: string;
  readonly host: string;
  readonly release: string;
  readonly parts: readonly string[];
  readonly online_since: number;
  readonly heartbeat: number;
};
type MemberDocument = Document & Member & { readonly expires_at: number };

/** How often a process says that it lives, and how long it is believed (ms). */
export const heartbeatEvery = 10_000;
const believed = 70_000;

export type Members = ReturnType<typeof createMembers>;

/** The processes on one store, each of which says now and then that it lives. */
export const createMembers = (deps: { readonly documents: Documents; readonly clock: Clock }) => {
  const { documents, clock } = deps;
  return {
    list: (find: {
      readonly where?: Condition;
      readonly order?: readonly Order[];
      readonly limit: number;
      readonly offset?: number;
    }): Promise<readonly Stored<MemberDocument>[]> => documents.find<MemberDocument>("members", find),
    count: (where?: Condition): Promise<number> => documents.count("members", where),
    get: (id: string): Promise<Stored<MemberDocument> | undefined> => documents.get<MemberDocument>("members", id),
    remove: (id: string): Promise<boolean> => documents.remove("members", id),

    /** Says that this process lives. */
    async beat(me: Omit<Member, "heartbeat">): Promise<void> {
      const now = clock.now();
      const next: MemberDocument = { ...me, heartbeat: now, expires_at: now + believed };
      const known = await documents.get<MemberDocument>("members", me.id);
      try {
        if (known) await documents.replace("members", next, known.version);
        else await documents.insert("members", next);
      } catch (error) {
        // somebody forgot it just now: the next beat says so again
        if (!(error instanceof AppError && ["not_found", "conflict", "precondition_failed"].includes(error.code))) {
          throw error;
        }
      }
    },
  };
};
