import { z } from "zod";
import { AppError } from "../../handlers/errors.ts";

/** The version of what stands inside the encryption: manifest and contents. */
const format = 1;
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const schema = z.object({
  format: z.literal(format),
  product: z.literal("hoppetdb"),
  /** The program that made it. */
  version: z.string(),
  created_at: z.iso.datetime(),
  /** The store that was backed up: later versions may have other kinds. */
  store: z.object({
    kind: z.enum(["sqlite"]),
    /** The number of its last migration. */
    schema: z.int().positive(),
    /** The id of the secret key that it is tied to. */
    key_id: z.string(),
  }),
  /** Rows by entity and by collection. */
  counts: z.record(z.string(), z.int().nonnegative()),
  /** The ids of the secret keys in it, newest first; they are among the contents. */
  key_ids: z.array(z.string()).min(1),
  /** What follows, in this order. */
  contents: z.tuple([
    z.object({ name: z.literal("secret-key"), bytes: z.int().positive().max(65_536), sha256 }),
    z.object({ name: z.literal("sqlite-database"), bytes: z.int().positive(), sha256 }),
  ]),
});

export type Manifest = z.output<typeof schema>;

export const makeManifest = (given: Omit<Manifest, "format" | "product">): Manifest => ({
  format,
  product: "hoppetdb",
  ...given,
});

/** Reads the manifest of the backup `name`. Throws AppError `invalid` where this program is too old for it. */
export const parseManifest = (text: string, name: string): Manifest => {
  const value = JSON.parse(text) as { format?: unknown; version?: unknown; store?: { kind?: unknown } };
  const newer = typeof value.format === "number" && value.format > format;
  const read = newer ? undefined : schema.safeParse(value);
  if (read?.success) return read.data;
  throw new AppError(
    "invalid",
    `"${name}" was made by hoppetdb ${value.version} (format ${value.format}, store "${value.store?.kind}"), ` +
      "which this program can't read: use that version or a newer one",
    { cause: read?.error },
  );
};

/** What a person asks for first; the others are named where there are any. */
const first: readonly string[] = ["nodes", "reports", "ca_certificates"];
const units: Readonly<Record<string, readonly [one: string, many: string]>> = {
  nodes: ["node", "nodes"],
  catalogs: ["catalog", "catalogs"],
  reports: ["report", "reports"],
  ca_authorities: ["authority", "authorities"],
  ca_certificates: ["certificate", "certificates"],
  redactor_secrets: ["known secret", "known secrets"],
  users: ["user", "users"],
};

/** What a backup holds, in words: `3 nodes, 1 certificate, 12 reports`. */
export const describeCounts = (counts: Manifest["counts"]): string =>
  Object.entries(units).flatMap(([name, [one, many]]) => {
    const n = counts[name];
    return n === undefined || (n === 0 && !first.includes(name))
      ? []
      : [`${n.toLocaleString("en-US")} ${n === 1 ? one : many}`];
  }).join(", ");
