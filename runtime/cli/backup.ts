import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import process from "node:process";
import { backUp } from "../backup/back-up.ts";
import { showSize } from "../backup/files.ts";
import { describeCounts } from "../backup/manifest.ts";
import { createProgress } from "../backup/progress.ts";
import { withTemporaryFiles } from "../backup/temporary-files.ts";
import { verifyBackup } from "../backup/verify.ts";
import { type Config, readConfig } from "../config.ts";
import { openDataDir } from "../data-dir.ts";
import { fileArguments } from "./file-arguments.ts";
import { passphraseOf } from "./passphrase.ts";
import { sqlitePath } from "./sqlite-path.ts";

/** `hoppetdb backup FILE` and `hoppetdb backup verify FILE`. */
export const backupCommand = async (args: readonly string[]): Promise<number> =>
  args[0] === "verify" ? await verify(args.slice(1)) : await make(args);

const make = async (args: readonly string[]): Promise<number> => {
  const given = fileArguments(args, "hoppetdb backup FILE [--force]\n       hoppetdb backup verify FILE", {
    force: true,
  });
  if (!given) return 64;
  const config = readConfig(process.env);
  const file = resolve(given.file);
  const began = performance.now();
  const progress = createProgress(process.stderr);
  try {
    const { manifest, bytes, problems } = await withTemporaryFiles((temporary) =>
      backUp({
        store: sqlitePath(config),
        secretKeys: config.SECRET_KEY ?? keptSecretKeys(config),
        file,
        force: given.force,
        passphrase: passphraseOf(config, true),
        progress,
        temporary,
      })
    );
    progress.end();
    for (const each of problems) process.stderr.write(`warning: ${each}\n`);
    const took = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(`${file}: ${showSize(bytes)}, ${describeCounts(manifest.counts)}; took ${took} s\n`);
    return 0;
  } catch (error) {
    progress.end();
    throw error;
  }
};

const keptSecretKeys = (config: Config) =>
  existsSync(config.DATA_DIR) ? openDataDir(config.DATA_DIR).keptSecretKeys() : undefined;

const verify = async (args: readonly string[]): Promise<number> => {
  const given = fileArguments(args, "hoppetdb backup verify FILE", { force: false });
  if (!given) return 64;
  const config = readConfig(process.env);
  const file = resolve(given.file);
  const progress = createProgress(process.stderr);
  try {
    const { manifest, bytes, problems } = await withTemporaryFiles((temporary) =>
      verifyBackup({
        file,
        passphrase: passphraseOf(config, false),
        folder: existsSync(config.DATA_DIR) ? config.DATA_DIR : tmpdir(),
        progress,
        temporary,
      })
    );
    progress.end();
    const { store, counts, key_ids } = manifest;
    const rows = Object.entries(counts).filter(([, n]) => n > 0);
    process.stdout.write([
      `file        ${file}, ${showSize(bytes)}`,
      `made        ${manifest.created_at} by hoppetdb ${manifest.version}`,
      `store       ${store.kind}, version ${store.schema}, encrypted under key ${store.key_id}`,
      `secret key  included (${key_ids.join(", ")}), opens the store`,
      `holds       ${describeCounts(counts)}`,
      ...rows.map(([name, n]) => `            ${name} ${n}`),
      ...problems.map((each) => `ERROR       ${each}`),
      problems.length === 0 ? "The backup is whole" : "The backup is whole, but not all of it can be decrypted",
      "",
    ].join("\n"));
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    progress.end();
    throw error;
  }
};
