import { AppError } from "../../errors.ts";
import { timestamp } from "../../interfaces/clock.ts";
import type { Marks, WholeCatalog } from "../../interfaces/command.ts";
import { type JsonText, seal } from "../../interfaces/sealed.ts";
import { collect } from "../bytes/collect.ts";
import { parseExact, stringify } from "../json/exact-json.ts";
import { extractMarks } from "../redaction/marks.ts";
import { sha256 } from "./hashing.ts";

/** A catalog as it went to an agent: the very bytes, secrets included. */
export type PassedCatalog = {
  readonly certname: string;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Milliseconds since 1970 UTC. */
  readonly receivedAt: number;
};

/** What was read of it, not sealed yet: a worker thread can hand this over. */
export type CatalogContent = Omit<WholeCatalog, "content" | "marks"> & {
  readonly content: JsonText;
  readonly marks: Marks;
};

export const sealCatalog = ({ content, marks, ...rest }: CatalogContent): WholeCatalog => ({
  ...rest,
  content: seal(content),
  marks: seal(marks),
});

/** More than any catalog has: what decompresses to more is no catalog. */
const largest = 256 * 1024 * 1024;

/**
 * Reads a whole catalog from the bytes that the agent got: JSON or Puppet's rich data as JSON, compressed or not. What
 * differs at each compilation is taken out of the content, so that an unchanged catalog has the same hash. Throws AppError
 * `bad_request` for what is no catalog (PSON, another encoding, broken JSON).
 */
export const readCatalogContent = async (seen: PassedCatalog): Promise<CatalogContent> => {
  const type = seen.contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!["application/json", "application/vnd.puppet.rich+json", "text/json"].includes(type)) {
    throw new AppError("bad_request", `A catalog of type "${type}" cannot be read`);
  }
  const catalog = parseExact(await textOf(seen));
  if (typeof catalog !== "object" || catalog === null || !("resources" in catalog) || !("name" in catalog)) {
    throw new AppError("bad_request", "The answer is no catalog");
  }
  if (catalog.name !== seen.certname) {
    throw new AppError("bad_request", `The catalog is another node's, not that of "${seen.certname}"`);
  }
  const { catalog_uuid, version, code_id, ...rest } = catalog as Record<string, unknown>;
  const content = stringify(rest);
  return {
    certname: seen.certname,
    catalog_uuid: String(catalog_uuid ?? ""),
    environment: typeof rest.environment === "string" ? rest.environment : null,
    version: String(version ?? ""),
    code_id: typeof code_id === "string" ? code_id : null,
    received_at: timestamp(seen.receivedAt),
    hash: await sha256(content),
    content,
    marks: extractMarks(catalog),
  };
};

const textOf = async (seen: PassedCatalog): Promise<string> => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await decompress(seen));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("bad_request", "The catalog is damaged: its compression or its UTF-8", { cause });
  }
};

const decompress = async ({ bytes, contentEncoding }: PassedCatalog): Promise<Uint8Array> => {
  const encoding = contentEncoding?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") return bytes;
  if (encoding !== "gzip" && encoding !== "deflate") {
    throw new AppError("bad_request", `A catalog with Content-Encoding "${encoding}" cannot be read`);
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(encoding));
  return await collect(stream, largest, () => new AppError("bad_request", "The catalog is too large"));
};
