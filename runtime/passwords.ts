import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { AppError } from "../handlers/errors.ts";
import type { Passwords } from "../handlers/interfaces/passwords.ts";

type Cost = { readonly ln: number; readonly r: number; readonly p: number };

/** What OWASP asks of scrypt: N=2^17, r=8, p=1; 128 MiB and about half a second each. */
const strong: Cost = { ln: 17, r: 8, p: 1 };
const keyLength = 32;

/**
 * scrypt through node:crypto, which computes it in a thread of its own on Node and on Deno. At most `atOnce` run at a time
 * (each takes 128 MiB) and `waiting` more wait; beyond that AppError `unavailable`. The text is
 * `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`, base64 without padding, as of the PHC string format. A lower cost is for tests.
 */
export const createPasswords = (
  options: { readonly cost?: Cost; readonly atOnce?: number; readonly waiting?: number } = {},
): Passwords => {
  const cost = options.cost ?? strong;
  const take = createGate(options.atOnce ?? 2, options.waiting ?? 50);
  return {
    async hash(password) {
      const salt = randomBytes(16);
      const key = await take(() => derive(password, salt, cost));
      return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${encode(salt)}$${encode(key)}`;
    },
    async verify(password, hash) {
      const known = parse(hash);
      if (!known) return false;
      const key = await take(() => derive(password, known.salt, known.cost));
      return timingSafeEqual(key, known.key);
    },
  };
};

const derive = (password: string, salt: Uint8Array, { ln, r, p }: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const N = 2 ** ln;
    scrypt(password, salt, keyLength, { N, r, p, maxmem: 128 * N * r + 128 * r * p + (1 << 20) }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });

/** Refuses what a store that was tampered with could ask for: costs beyond reason, other lengths. */
const parse = (text: string): { cost: Cost; salt: Buffer; key: Buffer } | undefined => {
  const parts = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(text);
  if (!parts) return undefined;
  const cost = { ln: Number(parts[1]), r: Number(parts[2]), p: Number(parts[3]) };
  const salt = Buffer.from(parts[4]!, "base64");
  const key = Buffer.from(parts[5]!, "base64");
  const sane = cost.ln >= 1 && cost.ln <= 20 && cost.r >= 1 && cost.r <= 16 && cost.p >= 1;
  return sane && key.length === keyLength ? { cost, salt, key } : undefined;
};

const encode = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");

type Gate = <T>(work: () => Promise<T>) => Promise<T>;

const createGate = (atOnce: number, waiting: number): Gate => {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnce) {
      if (queue.length >= waiting) {
        throw new AppError("unavailable", "Too many logins at once; try again soon", { retryAfter: 5 });
      }
      await new Promise<void>((resolve) => queue.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  };
};
