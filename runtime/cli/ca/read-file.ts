import { readFileSync } from "node:fs";

/** A file that an argument names. Throws an Error that names it, and says why it can't be read. */
export const readText = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`Could not read file '${path}' (${errorCode(error)})`);
  }
};

export const errorCode = (error: unknown): string => (error as { code?: string }).code ?? "unknown error";
