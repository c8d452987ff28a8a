import { z } from "zod";

/** Any time that Puppet writes, as UTC with milliseconds: the form that PuppetDB stores and prints. */
export const time = z.string().transform((text, ctx): string => {
  const date = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(text)
    ? new Date(text)
    : undefined;
  if (date && !Number.isNaN(date.getTime())) return date.toISOString();
  ctx.addIssue({ code: "custom", message: "expected a timestamp such as 2026-11-22T22:43:03.075Z" });
  return z.NEVER;
});

/** A key that older versions lack: missing is null. */
export const absent = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value === undefined ? null : value);

export const text = z.string();
export const textOrNull = absent(z.string());
export const flag = absent(z.boolean());
/** Certnames, titles and the like must say something. */
export const name = z.string().min(1, "expected a non-empty string");

/** `resources[3].events[0].status` */
export const placeOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (place, key) =>
      typeof key === "number" ? `${place}[${key}]` : place === "" ? String(key) : `${place}.${String(key)}`,
    "",
  ) || "the payload";
