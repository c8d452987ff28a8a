import { existsSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../handlers/errors.ts";
import { syncFolderOf } from "./files.ts";
import type { TemporaryFiles } from "./temporary-files.ts";

/** Whoever writes one writes all the time: after that long it was left behind. */
const abandonedMs = 60_000;

/** Refuses, with AppError `conflict` or `not_found`, a place where no file could be made or where one is already. */
export const checkNewFile = (file: string, force: boolean): void => {
  if (!statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory()) {
    throw new AppError("not_found", `There is no folder "${dirname(file)}"`);
  }
  const found = statSync(file, { throwIfNoEntry: false });
  if (found && !found.isFile()) throw new AppError("conflict", `"${file}" is no ordinary file`);
  if (found && !force) throw thereAlready(file);
  const left = statSync(partialOf(file), { throwIfNoEntry: false });
  if (left && !force && Date.now() - left.mtimeMs < abandonedMs) {
    throw new AppError(
      "conflict",
      `"${
        partialOf(file)
      }" was written to a moment ago: another backup is at it, or was killed; --force takes its place`,
    );
  }
};

const partialOf = (file: string): string => `${file}.partial`;

const thereAlready = (file: string) => new AppError("conflict", `"${file}" is there already; --force replaces it`);

/**
 * Writes a file of mode 0600 that has its name only once it is whole and on the disk; until then it is `FILE.partial`,
 * which goes where the writing fails or is called off. Gives its size.
 */
export const writeWhole = async (
  file: string,
  force: boolean,
  temporary: TemporaryFiles,
  write: (target: FileHandle) => Promise<void>,
): Promise<number> => {
  checkNewFile(file, force);
  const partial = partialOf(file);
  rmSync(partial, { force: true });
  const target = await open(partial, "wx", 0o600);
  const { ino } = await target.stat();
  temporary.also(partial, ino);
  try {
    await write(target);
    await target.sync();
    const { size } = await target.stat();
    if (statSync(partial, { throwIfNoEntry: false })?.ino !== ino) {
      throw new AppError("conflict", `"${partial}" was replaced by another process while it was written`);
    }
    if (!force) putNew(partial, file);
    else renameSync(partial, file);
    syncFolderOf(file);
    return size;
  } finally {
    await target.close();
  }
};

/** A link, unlike a rename, never takes the place of a file that came meanwhile; not every file system knows links. */
const putNew = (partial: string, file: string): void => {
  try {
    linkSync(partial, file);
  } catch {
    if (existsSync(file)) throw thereAlready(file);
    return renameSync(partial, file);
  }
  rmSync(partial);
};
