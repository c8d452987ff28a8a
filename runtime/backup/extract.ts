import { open } from "node:fs/promises";
import { AppError } from "../../handlers/errors.ts";
import { migrations } from "../storage/sqlite/migrate.ts";
import type { Archive } from "./archive.ts";
import { checkSecretKey } from "./check-secret-key.ts";
import { checkSpace } from "./files.ts";
import type { Progress } from "./progress.ts";
import { runSqliteJob } from "./sqlite-job.ts";

/**
 * Writes the SQLite file of a backup to `path` (there already, empty) and looks at it as a whole: every chunk, the hash,
 * SQLite's integrity check, and whether `secretKeys` open it. Gives what the key doesn't decrypt, a sentence each. Throws
 * AppError that says what is wrong; what is at `path` then must not be used.
 */
export const extractDatabase = async (
  { name, archive, path, secretKeys, progress }: {
    readonly name: string;
    readonly archive: Archive;
    readonly path: string;
    readonly secretKeys: readonly string[];
    readonly progress: Progress;
  },
): Promise<string[]> => {
  const { store, version, contents: [, { bytes }] } = archive.manifest;
  if (store.schema > migrations.length) {
    throw new AppError(
      "invalid",
      `"${name}" was made by hoppetdb ${version}, whose store has version ${store.schema}; this program knows versions ` +
        `up to ${migrations.length}: use a newer hoppetdb`,
    );
  }
  await checkSpace(path, bytes);
  const file = await open(path, "r+");
  try {
    const write = async (part: Uint8Array) => {
      for (let at = 0; at < part.length;) at += (await file.write(part, at, part.length - at)).bytesWritten;
    };
    await archive.copyDatabase(write, progress.step("Decrypting", bytes));
    await file.sync();
  } finally {
    await file.close();
  }
  progress.step("Checking the database");
  const found = await runSqliteJob(
    { do: "inspect", path, thorough: true },
    `"${name}" holds no store that can be used`,
  );
  if (found.faults.length > 0) {
    throw new AppError("invalid", `"${name}" holds a damaged database: ${found.faults.join("; ")}`);
  }
  return await checkSecretKey(secretKeys, found, `The secret key does not open the store in "${name}"`);
};
