import { isExactNumber, stringify } from "../json/exact-json.ts";

/** JSON with the keys of every object in order: equal values have equal texts, whatever order they came in. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null || isExactNumber(value)) return stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  entries.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
};

const digest = async (algorithm: "SHA-1" | "SHA-256", text: string): Promise<string> => {
  const bytes = new Uint8Array(await crypto.subtle.digest(algorithm, new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** 40 hex digits: the form of PuppetDB's own hashes, which identify and do not protect. */
export const sha1 = (text: string): Promise<string> => digest("SHA-1", text);
/** 64 hex digits. */
export const sha256 = (text: string): Promise<string> => digest("SHA-256", text);
