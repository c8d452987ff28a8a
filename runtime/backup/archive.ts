import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { AppError } from "../../handlers/errors.ts";
import type { Bytes, Cost } from "./keys.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { sealedFile, sealInto } from "./sealed-stream.ts";

/*
 * Inside the encryption: 4 bytes length (big endian) and text of the manifest, then the contents that it lists, as long as
 * it says.
 */
const mostManifest = 1024 * 1024;
const utf8 = new TextEncoder();

/** Bytes that came through up to now. */
export type Told = (bytes: number) => void;

export type ArchiveSource = {
  readonly manifest: Manifest;
  readonly secretKey: Uint8Array;
  readonly database: AsyncIterable<Uint8Array>;
};

/** Writes a backup into a new, empty file. Throws where the contents are not those that the manifest tells of. */
export const writeArchive = async (
  file: FileHandle,
  passphrase: string,
  { manifest, secretKey, database }: ArchiveSource,
  told: Told,
  cost?: Cost,
): Promise<void> => {
  const sealer = await sealInto(file, passphrase, cost);
  const text = utf8.encode(JSON.stringify(manifest));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, text.length);
  await sealer.write(length);
  await sealer.write(text);
  await sealer.write(secretKey);
  let written = 0;
  for await (const part of database) {
    await sealer.write(part);
    told(written += part.length);
  }
  if (written !== manifest.contents[1].bytes) {
    throw new AppError("internal", `The snapshot changed while it was read: ${written} bytes came out of it`);
  }
  await sealer.end();
};

export type Archive = {
  readonly manifest: Manifest;
  /** Newest first. */
  readonly secretKeys: readonly string[];
  /**
   * Hands on the SQLite file, once. When it resolves, the backup was read to its end and every hash was right; until then
   * what came out must not be used.
   */
  copyDatabase(write: (part: Uint8Array) => Promise<void>, told: Told): Promise<void>;
};

/** Opens a backup; the passphrase is asked for once it is known to be one. Throws AppError `invalid`. */
export const openArchive = async (
  file: FileHandle,
  name: string,
  passphrase: () => Promise<string>,
): Promise<Archive> => {
  const sealed = await sealedFile(file, name);
  const plain = reader(await sealed.open(await passphrase()), name);
  const length = new DataView((await plain.take(4)).buffer).getUint32(0);
  if (length > mostManifest) throw new AppError("invalid", `"${name}" is damaged: its manifest has ${length} bytes`);
  const manifest = parseManifest(new TextDecoder().decode(await plain.take(length)), name);
  const [keyContent, database] = manifest.contents;
  const keyText = await plain.take(keyContent.bytes);
  if (sha256(keyText) !== keyContent.sha256) throw wrongHash(name, keyContent.name);
  return {
    manifest,
    secretKeys: new TextDecoder().decode(keyText).split(","),
    copyDatabase: async (write, told) => {
      const hash = createHash("sha256");
      let done = 0;
      for await (const part of plain.parts(database.bytes)) {
        hash.update(part);
        await write(part);
        told(done += part.length);
      }
      await plain.end();
      if (hash.digest("hex") !== database.sha256) throw wrongHash(name, database.name);
    },
  };
};

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const wrongHash = (name: string, content: string) =>
  new AppError("invalid", `"${name}" is damaged: its "${content}" does not have the hash that its manifest tells`);

/** Takes a stream of chunks apart by length. */
const reader = (chunks: AsyncGenerator<Bytes, void>, name: string) => {
  let rest: Bytes = new Uint8Array(0);
  const more = async (): Promise<boolean> => {
    const { value, done } = await chunks.next();
    if (done) return false;
    rest = value;
    return true;
  };
  async function* parts(length: number): AsyncGenerator<Bytes, void> {
    for (let left = length; left > 0;) {
      if (rest.length === 0 && !await more()) {
        throw new AppError("invalid", `"${name}" is damaged: ${left} bytes less than its manifest tells`);
      }
      const part = rest.subarray(0, left);
      rest = rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }
  return {
    parts,
    take: async (length: number): Promise<Bytes> => {
      const taken = new Uint8Array(length);
      let at = 0;
      for await (const part of parts(length)) {
        taken.set(part, at);
        at += part.length;
      }
      return taken;
    },
    end: async (): Promise<void> => {
      if (rest.length > 0 || await more()) {
        throw new AppError("invalid", `"${name}" is damaged: it goes on after what its manifest tells`);
      }
    },
  };
};
