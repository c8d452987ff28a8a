import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { AppError } from "../../handlers/errors.ts";
import { keyIdOf } from "../../handlers/core/encryption/key-ring.ts";
import { version } from "../version.ts";
import { sha256, writeArchive } from "./archive.ts";
import { checkSecretKey } from "./check-secret-key.ts";
import { checkSpace, partsOf } from "./files.ts";
import type { Cost } from "./keys.ts";
import { makeManifest, type Manifest } from "./manifest.ts";
import { checkNewFile, writeWhole } from "./new-file.ts";
import type { Progress } from "./progress.ts";
import { runSqliteJob } from "./sqlite-job.ts";
import type { TemporaryFiles } from "./temporary-files.ts";

export type BackUp = {
  /** The SQLite file; others may write to it meanwhile. */
  readonly store: string;
  /** Newest first; undefined where there is none. */
  readonly secretKeys: readonly string[] | undefined;
  readonly file: string;
  /** Whether the file may be there already. */
  readonly force: boolean;
  readonly passphrase: () => Promise<string>;
  readonly progress: Progress;
  readonly temporary: TemporaryFiles;
  /** A lower one is for tests. */
  readonly cost?: Cost;
};

export type BackedUp = {
  readonly manifest: Manifest;
  readonly bytes: number;
  /** What the secret key doesn't decrypt, a sentence each. */
  readonly problems: readonly string[];
};

/**
 * Makes a backup: a snapshot of the store beside it, and of that one encrypted file, which has its name only once it is
 * whole and on the disk. Throws AppError: no store, no key or another one's, the file is there, no room.
 */
export const backUp = async (
  { store, secretKeys, file, force, passphrase, progress, temporary, cost }: BackUp,
): Promise<BackedUp> => {
  if (!existsSync(store)) throw new AppError("not_found", `There is no store at "${store}"`);
  if (!secretKeys) throw new AppError("not_found", `There is no secret key for the store "${store}"`);
  checkNewFile(file, force);
  const given = await passphrase();
  const estimate = sizeOfStore(store);
  await checkSpace(store, estimate);
  const createdAt = new Date();

  const copy = temporary.beside(store);
  await takeSnapshot(store, copy, progress.step("Copying the store", estimate));
  progress.step("Looking at what is in the copy");
  const found = await runSqliteJob({ do: "inspect", path: copy, thorough: false }, `"${store}" cannot be backed up`);
  const problems = await checkSecretKey(secretKeys, found, `The secret key does not open the store "${store}"`);

  const database = await open(copy, "r");
  try {
    // from here on the content has no name any more, so that not even a crash leaves it behind
    temporary.remove(copy);
    const { size } = await database.stat();
    await checkSpace(file, size);
    const secretKey = new TextEncoder().encode(secretKeys.join(","));
    const manifest = makeManifest({
      version,
      created_at: createdAt.toISOString(),
      store: { kind: "sqlite", schema: found.schema, key_id: found.keyId! },
      counts: { ...found.counts },
      key_ids: await Promise.all(secretKeys.map(keyIdOf)),
      contents: [
        { name: "secret-key", bytes: secretKey.length, sha256: sha256(secretKey) },
        {
          name: "sqlite-database",
          bytes: size,
          sha256: await hashOf(database, progress.step("Hashing the copy", size)),
        },
      ],
    });
    const told = progress.step("Encrypting", size);
    const write = (target: FileHandle) =>
      writeArchive(target, given, { manifest, secretKey, database: partsOf(database) }, told, cost);
    return { manifest, bytes: await writeWhole(file, force, temporary, write), problems };
  } finally {
    await database.close();
  }
};

/** What a snapshot of it takes at most. */
const sizeOfStore = (path: string): number => {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const size = db.prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size").get();
    return Number(size?.bytes);
  } catch (cause) {
    throw new AppError("internal", `"${path}" cannot be read as a store: ${(cause as Error).message}`, { cause });
  } finally {
    db.close();
  }
};

const takeSnapshot = async (store: string, copy: string, told: (bytes: number) => void): Promise<void> => {
  const watching = setInterval(() => told(statSync(copy, { throwIfNoEntry: false })?.size ?? 0), 200);
  try {
    await runSqliteJob({ do: "snapshot", from: store, to: copy }, `"${store}" cannot be copied`);
  } finally {
    clearInterval(watching);
  }
};

const hashOf = async (file: FileHandle, told: (bytes: number) => void): Promise<string> => {
  const hash = createHash("sha256");
  let done = 0;
  for await (const part of partsOf(file)) {
    hash.update(part);
    told(done += part.length);
  }
  return hash.digest("hex");
};
