import type { FileHandle } from "node:fs/promises";
import { AppError } from "../../handlers/errors.ts";
import { headerLength, makeHeader, readHeader } from "./header.ts";
import { type Bytes, type Cost, usualCost } from "./keys.ts";

/*
 * Header, chunks, end marker. A chunk is 64 KiB under AES-256-GCM, the last one may be shorter; its nonce is its number
 * and whether it is the last one (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015), so that a chunk
 * that was changed, moved, left out or made the last one does not open. The marker proves nothing: it only tells a file
 * that was cut off from one that was changed.
 */
export const chunkLength = 64 * 1024;
const tagLength = 16;
const marker = new TextEncoder().encode("\nend of backup\n");

export type Sealer = {
  write(bytes: Uint8Array): Promise<void>;
  /** Writes what is left and the end. */
  end(): Promise<void>;
};

/** Encrypts what is written to it into a new, empty file. */
export const sealInto = async (file: FileHandle, passphrase: string, cost: Cost = usualCost): Promise<Sealer> => {
  const { bytes: header, content } = await makeHeader(passphrase, cost);
  await writeAll(file, header);
  const buffer = new Uint8Array(chunkLength);
  let filled = 0;
  let number = 0;
  const flush = async (last: boolean) => {
    const algorithm = { name: "AES-GCM", iv: nonceOf(number++, last) };
    await writeAll(file, new Uint8Array(await crypto.subtle.encrypt(algorithm, content, buffer.subarray(0, filled))));
    filled = 0;
  };
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length;) {
        // a full one is kept until it is known not to be the last
        if (filled === chunkLength) await flush(false);
        const part = bytes.subarray(at, at + chunkLength - filled);
        buffer.set(part, filled);
        filled += part.length;
        at += part.length;
      }
    },
    end: async () => {
      await flush(true);
      await writeAll(file, marker);
    },
  };
};

export type SealedFile = {
  /** Decrypts to the end, chunk by chunk. Throws AppError `invalid`: wrong passphrase, or a place that was changed. */
  open(passphrase: string): Promise<AsyncGenerator<Bytes, void>>;
};

/** Looks at a file's both ends. Throws AppError `invalid`: no backup, truncated, damaged, made by a newer version. */
export const sealedFile = async (file: FileHandle, name: string): Promise<SealedFile> => {
  const { size } = await file.stat();
  const header = readHeader(await readAt(file, 0, Math.min(size, headerLength)), name);
  const end = size - marker.length;
  const found = await readAt(file, Math.max(end, 0), Math.min(size, marker.length));
  if (end < headerLength + tagLength || found.some((byte, i) => byte !== marker[i])) {
    throw new AppError("invalid", `"${name}" is truncated: its last ${marker.length} bytes are not a backup's end`);
  }
  return { open: async (passphrase) => chunksOf(file, name, end, await header.unlock(passphrase)) };
};

async function* chunksOf(file: FileHandle, name: string, end: number, key: CryptoKey): AsyncGenerator<Bytes, void> {
  let at = headerLength;
  for (let number = 0; at < end; number++) {
    const length = Math.min(chunkLength + tagLength, end - at);
    const sealed = await readAt(file, at, length);
    const algorithm = { name: "AES-GCM", iv: nonceOf(number, at + length === end) };
    let plain: ArrayBuffer;
    try {
      plain = await crypto.subtle.decrypt(algorithm, key, sealed);
    } catch (cause) {
      throw new AppError(
        "invalid",
        `"${name}" is damaged: something between its bytes ${at} and ${at + length} was changed or left out`,
        { cause },
      );
    }
    at += length;
    yield new Uint8Array(plain);
  }
}

/** 3 bytes of nothing, 8 of the chunk's number, 1 that is 1 for the last one. */
const nonceOf = (number: number, last: boolean): Bytes => {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(3, BigInt(number));
  nonce[11] = last ? 1 : 0;
  return nonce;
};

const readAt = async (file: FileHandle, from: number, length: number): Promise<Bytes> => {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, from + filled);
    // shorter than it was a moment ago: what is missing does not open
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
};

const writeAll = async (file: FileHandle, bytes: Uint8Array): Promise<void> => {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
};
