import type { Scalar } from "../core/query/plan.ts";
import { AppError } from "../errors.ts";

type Values = readonly (Scalar | null)[];

/** Where a list goes on, as an opaque text: the order it is in, and the values of the last row that was given. */
export const writeCursor = (order: string, last: Values): string => {
  const bytes = new TextEncoder().encode(JSON.stringify([order, ...last]));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

/** Throws AppError `bad_request` for a text that is none, or one of another order. */
export const readCursor = (text: string, order: string, length: number): Values => {
  const values = parse(text);
  if (values?.[0] === order && values.length === length + 1) return values.slice(1);
  throw new AppError("bad_request", 'The "cursor" is none of this list in this order; begin without one', {
    field: "cursor",
  });
};

const parse = (text: string): Values | undefined => {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const plain = (each: unknown) => each === null || ["string", "number", "boolean"].includes(typeof each);
    return Array.isArray(value) && value.every(plain) ? value : undefined;
  } catch {
    return undefined;
  }
};
