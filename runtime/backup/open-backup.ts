import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "../../handlers/errors.ts";

/** Opens a file to be read. Throws AppError `not_found` where there is none, or none that may be read. */
export const openBackup = async (file: string): Promise<FileHandle> => {
  let found: FileHandle;
  try {
    found = await open(file, "r");
  } catch (cause) {
    const missing = (cause as { code?: string }).code === "ENOENT";
    throw new AppError("not_found", missing ? `There is no file "${file}"` : `"${file}" cannot be read`, { cause });
  }
  if ((await found.stat()).isFile()) return found;
  await found.close();
  throw new AppError("invalid", `"${file}" is no ordinary file`);
};
