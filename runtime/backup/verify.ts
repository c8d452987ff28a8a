import { join } from "node:path";
import { openArchive } from "./archive.ts";
import { extractDatabase } from "./extract.ts";
import type { Manifest } from "./manifest.ts";
import { openBackup } from "./open-backup.ts";
import type { Progress } from "./progress.ts";
import type { TemporaryFiles } from "./temporary-files.ts";

export type Verify = {
  readonly file: string;
  readonly passphrase: () => Promise<string>;
  /** Where the database may lie in the clear while it is checked. */
  readonly folder: string;
  readonly progress: Progress;
  readonly temporary: TemporaryFiles;
};

export type Verified = {
  readonly manifest: Manifest;
  readonly bytes: number;
  /** What the secret key in it doesn't decrypt, a sentence each. */
  readonly problems: readonly string[];
};

/** Looks at a backup as a restore would, and changes nothing. Throws AppError that says what is wrong. */
export const verifyBackup = async (
  { file, passphrase, folder, progress, temporary }: Verify,
): Promise<Verified> => {
  const source = await openBackup(file);
  try {
    const archive = await openArchive(source, file, passphrase);
    const path = temporary.beside(join(folder, "verified.sqlite"));
    const { secretKeys, manifest } = archive;
    const problems = await extractDatabase({ name: file, archive, path, secretKeys, progress });
    return { manifest, bytes: (await source.stat()).size, problems };
  } finally {
    await source.close();
  }
};
