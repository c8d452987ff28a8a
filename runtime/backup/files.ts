import { closeSync, fsyncSync, openSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../handlers/errors.ts";
import { diskSpace } from "../storage/sqlite/open.ts";

/** A file's bytes in parts of 256 kB, each valid until the next one is asked for. */
export async function* partsOf(file: FileHandle): AsyncGenerator<Uint8Array, void> {
  const buffer = new Uint8Array(256 * 1024);
  for (let at = 0;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Makes renamed and new names in the folder of a file durable. */
export const syncFolderOf = (path: string): void => {
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } catch (error) {
    // some network file systems have no such thing
    if ((error as { code?: string }).code !== "EINVAL") throw error;
  } finally {
    closeSync(folder);
  }
};

/** Refuses, with AppError `conflict`, before a disk is filled that others need too. */
export const checkSpace = async (path: string, bytes: number): Promise<void> => {
  const { free } = await diskSpace(path);
  if (free >= bytes) return;
  throw new AppError(
    "conflict",
    `"${dirname(path)}" has ${showSize(free)} left, and ${showSize(bytes)} are needed there for a while`,
  );
};

/** `12.3 MB`; thousands are 1000. */
export const showSize = (bytes: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const unit = Math.min(Math.max(Math.floor(Math.log10(bytes || 1) / 3), 0), units.length - 1);
  return `${(bytes / 1000 ** unit).toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
};
