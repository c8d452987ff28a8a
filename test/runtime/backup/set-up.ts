import { join } from "node:path";
import { backUp } from "../../../runtime/backup/back-up.ts";
import type { Cost } from "../../../runtime/backup/keys.ts";
import { createProgress } from "../../../runtime/backup/progress.ts";
import { type Restore, restoreBackup } from "../../../runtime/backup/restore.ts";
import { withTemporaryFiles } from "../../../runtime/backup/temporary-files.ts";
import { verifyBackup } from "../../../runtime/backup/verify.ts";
import { openDataDir } from "../../../runtime/data-dir.ts";
import { createCommandStore } from "../../support/ca-command.ts";

export const passphrase = "correct horse battery";
/** scrypt with next to nothing of work. */
const cheap: Cost = { ln: 4, r: 8, p: 1 };
const progress = createProgress({ isTTY: false, write: () => true } as never);

/** A store with a CA in it, and the three commands over it. */
export const createBackupStore = async () => {
  const made = createCommandStore();
  await made.prepare({ "web01.example.test": {} });
  const { path } = made;
  const store = join(made.env.HOPPETDB_DATA_DIR, "hoppetdb.sqlite");
  const secretKeys = () => openDataDir(made.env.HOPPETDB_DATA_DIR).keptSecretKeys();
  return {
    ...made,
    store,
    secretKeys,
    backUp: (file: string, more: Partial<Parameters<typeof backUp>[0]> = {}) =>
      withTemporaryFiles((temporary) =>
        backUp({
          store,
          secretKeys: secretKeys(),
          file,
          force: false,
          passphrase: () => Promise.resolve(passphrase),
          progress,
          temporary,
          cost: cheap,
          ...more,
        })
      ),
    verify: (file: string, given = passphrase) =>
      withTemporaryFiles((temporary) =>
        verifyBackup({ file, passphrase: () => Promise.resolve(given), folder: path(), progress, temporary })
      ),
    restore: (file: string, dataDir: string, more: Partial<Restore> = {}) =>
      withTemporaryFiles((temporary) =>
        restoreBackup({
          file,
          passphrase: () => Promise.resolve(passphrase),
          store: join(dataDir, "hoppetdb.sqlite"),
          dataDir: openDataDir(dataDir),
          secretKeys: undefined,
          force: false,
          progress,
          temporary,
          ...more,
        })
      ),
  };
};
