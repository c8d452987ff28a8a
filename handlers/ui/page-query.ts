import { z } from "zod";

/** A text of a search form; one that was left empty is none. */
export const searchText = (longest = 200) =>
  z.string().max(longest, `expected at most ${longest} characters`).optional().transform((text) =>
    text?.trim() || undefined
  );

/** One of a closed list; an empty one is none. */
export const choice = <const T extends readonly [string, ...string[]]>(names: T) =>
  z.enum([...names, ""] as [...T, ""]).optional().transform((text) =>
    text === "" ? undefined : text as T[number] | undefined
  );

/** Counted from 1. */
export const pageNumber = () =>
  z.string().regex(/^\d{1,7}$/, "expected the number of a page").default("1").transform(Number).pipe(
    z.number().min(1, "expected the number of a page"),
  );
