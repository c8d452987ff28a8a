import { z } from "zod";
import { AppError } from "../errors.ts";

export type Outcome = { readonly name: string; readonly done: boolean; readonly detail: string | null };

/** What a request about many answers. */
export const outcomesSchema = z.object({
  result: z.array(z.object({
    name: z.string(),
    done: z.boolean(),
    detail: z.string().nullable().meta({ description: "Why not" }),
  })),
});

/** Does the same to each of many, one after the other; what one of them fails at holds up no other. */
export const eachOf = async (
  names: readonly string[],
  work: (name: string) => Promise<unknown>,
): Promise<{ result: Outcome[] }> => {
  const result: Outcome[] = [];
  for (const name of new Set(names)) {
    try {
      await work(name);
      result.push({ name, done: true, detail: null });
    } catch (error) {
      if (!(error instanceof AppError) || error.code === "internal") throw error;
      result.push({ name, done: false, detail: error.message });
    }
  }
  return { result };
};
