import { resolve } from "node:path";
import process from "node:process";
import { describeCounts } from "../backup/manifest.ts";
import { createProgress } from "../backup/progress.ts";
import { restoreBackup, type Restored } from "../backup/restore.ts";
import { withTemporaryFiles } from "../backup/temporary-files.ts";
import { readConfig } from "../config.ts";
import { openDataDir } from "../data-dir.ts";
import { fileArguments } from "./file-arguments.ts";
import { passphraseOf } from "./passphrase.ts";
import { sqlitePath } from "./sqlite-path.ts";

/** `hoppetdb restore FILE`: into HOPPETDB_STORE, and the secret key into HOPPETDB_DATA_DIR. */
export const restoreCommand = async (args: readonly string[]): Promise<number> => {
  const given = fileArguments(args, "hoppetdb restore FILE [--force]", { force: true });
  if (!given) return 64;
  const config = readConfig(process.env);
  const store = sqlitePath(config);
  const began = performance.now();
  const progress = createProgress(process.stderr);
  try {
    const restored = await withTemporaryFiles((temporary) =>
      restoreBackup({
        file: resolve(given.file),
        passphrase: passphraseOf(config, false),
        store,
        dataDir: openDataDir(config.DATA_DIR),
        secretKeys: config.SECRET_KEY,
        force: given.force,
        progress,
        temporary,
      })
    );
    progress.end();
    const took = ((performance.now() - began) / 1000).toFixed(1);
    const { counts, created_at } = restored.manifest;
    process.stdout.write(`${store}: ${describeCounts(counts)}, as of ${created_at}; took ${took} s\n`);
    for (const line of remarks(restored)) process.stdout.write(`${line}\n`);
    for (const each of restored.problems) process.stderr.write(`warning: ${each}\n`);
    return 0;
  } catch (error) {
    progress.end();
    throw error;
  }
};

const remarks = ({ manifest, kept, keyFile }: Restored): string[] => [
  ...(kept ? [`The old store is kept as ${kept}`] : []),
  ...(keyFile ? [`The secret key was written to ${keyFile}`] : []),
  "Everybody has to log in again",
  ...((manifest.counts.ca_certificates ?? 0) > 0
    ? [`Certificates that were revoked after ${manifest.created_at} are valid again: revoke them once more`]
    : []),
];
