import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Document, Documents, Stored } from "../../interfaces/documents.ts";
import { sha256 } from "./digest.ts";
import { addressGroup } from "./address-group.ts";

type Failures = Document & { readonly count: number; readonly blocked_until: number; readonly expires_at: number };

export type Attempt = {
  /** The password was right: forgets the user's failures, and takes this one off the address. */
  succeeded(): Promise<void>;
};

/** Wrong passwords that cost nothing. */
const free = 5;
/** The longest wait, ms. A user's is short: whoever else knows the name could lock the user out with it. */
const longest = { user: 60_000, address: 15 * 60_000 } as const;
const forgottenAfter = 60 * 60_000;
const tries = 5;

export type LoginThrottle = ReturnType<typeof createLoginThrottle>;

/**
 * Slows down guessing: after five wrong passwords each further one makes the next wait 1, 2, 4 … seconds, counted for the
 * user name and for the address (IPv6: its /64), in the store, so that it holds for all processes. An attempt counts as
 * failed from its beginning, so that many at once gain nothing. Names are stored as hashes: people type passwords there.
 */
export const createLoginThrottle = (deps: { readonly documents: Documents; readonly clock: Clock }) => {
  const { documents, clock } = deps;

  /** Counts one more failure and returns the wait, ms, that forbids the attempt, or 0. */
  const reserve = async (id: string, cap: number): Promise<number> => {
    for (let i = 0; i < tries; i++) {
      const now = clock.now();
      const known = await documents.get<Failures>("login_failures", id);
      const count = known && known.expires_at > now ? known.count : 0;
      if (known && known.blocked_until > now) return known.blocked_until - now;
      if (await write(known, failures(id, count + 1, cap, now))) return 0;
    }
    return 1000;
  };

  const giveBack = async (id: string, cap: number, all: boolean): Promise<void> => {
    for (let i = 0; i < tries; i++) {
      const known = await documents.get<Failures>("login_failures", id);
      if (!known) return;
      if (all || known.count <= 1) {
        await documents.remove("login_failures", id);
        return;
      }
      if (await write(known, failures(id, known.count - 1, cap, clock.now()))) return;
    }
  };

  /** False when another process was quicker. */
  const write = async (known: Stored<Failures> | undefined, next: Failures): Promise<boolean> => {
    try {
      if (known) await documents.replace("login_failures", next, known.version);
      else await documents.insert("login_failures", next);
      return true;
    } catch (error) {
      const raced = ["conflict", "precondition_failed", "not_found"];
      if (error instanceof AppError && raced.includes(error.code)) return false;
      throw error;
    }
  };

  return {
    /**
     * To be called before a password is verified. Throws AppError `too_many_requests` with the seconds to wait; it says
     * the same whether or not there is such a user.
     */
    async begin(user: string, address: string): Promise<Attempt> {
      const userKey = await sha256(`user ${user}`);
      const group = addressGroup(address);
      const addressKey = group === undefined ? undefined : await sha256(`address ${group}`);
      let wait = addressKey === undefined ? 0 : await reserve(addressKey, longest.address);
      if (wait === 0) {
        wait = await reserve(userKey, longest.user);
        if (wait > 0 && addressKey !== undefined) await giveBack(addressKey, longest.address, false);
      }
      if (wait > 0) throw tooMany("passwords", wait);
      return {
        async succeeded() {
          await giveBack(userKey, longest.user, true);
          if (addressKey !== undefined) await giveBack(addressKey, longest.address, false);
        },
      };
    },

    /**
     * Counts a wrong API credential for its address. Throws AppError `too_many_requests` once there were too many. Right
     * ones are never held up: 256 random bits can't be guessed, and others may share the address.
     */
    async wrongCredential(address: string): Promise<void> {
      const group = addressGroup(address);
      if (group === undefined) return;
      const wait = await reserve(await sha256(`credential ${group}`), longest.address);
      if (wait > 0) throw tooMany("API credentials", wait);
    },

    /** Until when (ms) a user can't log in after too many wrong passwords; undefined where he can. */
    async lockedUntil(user: string): Promise<number | undefined> {
      const known = await documents.get<Failures>("login_failures", await sha256(`user ${user}`));
      return known && known.blocked_until > clock.now() ? known.blocked_until : undefined;
    },

    /** Forgets a user's wrong passwords. False: there were none. */
    async unlock(user: string): Promise<boolean> {
      return await documents.remove("login_failures", await sha256(`user ${user}`));
    },
  };
};

const tooMany = (what: string, wait: number): AppError => {
  const seconds = Math.ceil(wait / 1000);
  const text = `Too many wrong ${what}; try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}`;
  return new AppError("too_many_requests", text, { retryAfter: seconds });
};

const failures = (id: string, count: number, cap: number, now: number): Failures => {
  const wait = count < free ? 0 : Math.min(1000 * 2 ** Math.min(count - free, 30), cap);
  return { id, count, blocked_until: now + wait, expires_at: now + wait + forgottenAfter };
};
