import type { Context, TypedResponse } from "hono";
import { createLru } from "../core/redaction/lru.ts";

/** What an answer was made from: as long as it is the same, so is the answer. */
export type AsOf = string;

export type KeptAnswers = {
  /**
   * The JSON that `make` gives, or what it gave before for the same key as of the same state; who asks while it is being
   * made waits for the same. `key` stands for all that the answer depends on besides, the reader's sight included.
   */
  json<T>(
    c: Context,
    key: string,
    asOf: AsOf,
    make: () => Promise<string>,
  ): Promise<Response & TypedResponse<T, 200, "json">>;
};

/** Bytes that are kept, and the largest answer that is. */
const kept = { entries: 2_000, weight: 64 * 1024 * 1024 };

/** Answers that many ask for again and again: lists on dashboards, the catalog of a node that someone works on. */
export const createKeptAnswers = (): KeptAnswers => {
  const answers = createLru<Uint8Array<ArrayBuffer>>(kept);
  const making = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  const encoder = new TextEncoder();

  const bytesOf = async (key: string, asOf: AsOf, make: () => Promise<string>): Promise<Uint8Array<ArrayBuffer>> => {
    const whole = `${asOf}\n${key}`;
    const known = answers.get(whole) ?? making.get(whole);
    if (known) return await known;
    const made = make().then((text) => encoder.encode(text));
    making.set(whole, made);
    try {
      const bytes = await made;
      answers.set(whole, bytes, bytes.length + whole.length);
      return bytes;
    } finally {
      making.delete(whole);
    }
  };

  return {
    json: async <T>(c: Context, key: string, asOf: AsOf, make: () => Promise<string>) => {
      const bytes = await bytesOf(key, asOf, make);
      return c.body(bytes, 200, { "Content-Type": "application/json" }) as unknown as
        & Response
        & TypedResponse<T, 200, "json">;
    },
  };
};
