import { chownSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { keyIdOf } from "../../handlers/core/encryption/key-ring.ts";
import { AppError } from "../../handlers/errors.ts";
import type { DataDir } from "../data-dir.ts";
import { openArchive } from "./archive.ts";
import { extractDatabase } from "./extract.ts";
import type { Manifest } from "./manifest.ts";
import { openBackup } from "./open-backup.ts";
import type { Progress } from "./progress.ts";
import { runSqliteJob } from "./sqlite-job.ts";
import { takeStorePlace } from "./store-place.ts";
import type { TemporaryFiles } from "./temporary-files.ts";

export type Restore = {
  readonly file: string;
  readonly passphrase: () => Promise<string>;
  /** Where the SQLite file is to be. */
  readonly store: string;
  readonly dataDir: Pick<DataDir, "keptSecretKeys" | "keepSecretKeys">;
  /** HOPPETDB_SECRET_KEY, newest first. */
  readonly secretKeys: readonly string[] | undefined;
  /** Whether there may be a store already. */
  readonly force: boolean;
  readonly progress: Progress;
  readonly temporary: TemporaryFiles;
};

export type Restored = {
  readonly manifest: Manifest;
  /** The old store's new name. */
  readonly kept: string | undefined;
  /** The file that the secret key was written to; undefined where one was there that opens the store. */
  readonly keyFile: string | undefined;
  /** What the secret key in force doesn't decrypt, a sentence each. */
  readonly problems: readonly string[];
};

/**
 * Puts a backup's store in its place, whole or not at all, once it was checked; and its secret key, where none is
 * configured. Throws AppError that says what is in the way or wrong with the backup.
 */
export const restoreBackup = async (
  { file, passphrase, store, dataDir, secretKeys, force, progress, temporary }: Restore,
): Promise<Restored> => {
  const source = await openBackup(file);
  try {
    mkdirSync(dirname(store), { recursive: true, mode: 0o700 });
    const place = takeStorePlace(store, force, new Date().toISOString());
    try {
      const archive = await openArchive(source, file, passphrase);
      const configured = secretKeys ?? dataDir.keptSecretKeys();
      const origin = secretKeys ? "HOPPETDB_SECRET_KEY" : "the data dir's secret-key";
      if (configured) await checkConfigured(configured, origin, archive.manifest, file);
      const path = temporary.beside(store);
      const inForce = configured ?? archive.secretKeys;
      const problems = await extractDatabase({ name: file, archive, path, secretKeys: inForce, progress });
      await runSqliteJob({ do: "end sessions", path }, `"${file}" cannot be restored`);
      giveToFoldersOwner(path);
      const key = configured ? undefined : dataDir.keepSecretKeys(archive.secretKeys);
      try {
        if (key) giveToFoldersOwner(key.file);
        return { manifest: archive.manifest, kept: place.put(path), keyFile: key?.file, problems };
      } catch (error) {
        key?.remove();
        throw error;
      }
    } finally {
      place.release();
    }
  } finally {
    await source.close();
  }
};

/** Who restores may be root, but the folder a service's that is to read the file. */
const giveToFoldersOwner = (path: string): void => {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  chownSync(path, uid, gid);
};

const checkConfigured = async (
  configured: readonly string[],
  origin: string,
  { store, key_ids }: Manifest,
  file: string,
): Promise<void> => {
  const ids = await Promise.all(configured.map(keyIdOf));
  if (ids.includes(store.key_id)) return;
  const show = (each: readonly string[]) => each.map((id) => `"${id}"`).join(", ");
  throw new AppError(
    "conflict",
    `"${file}" needs the secret key "${store.key_id}", but ${origin} has ${
      show(ids)
    }. Take it away (unset the variable, ` +
      `or move the file to a safe place) and the backup's own ${show(key_ids)} will be used`,
  );
};
