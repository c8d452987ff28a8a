import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The folder with keys, own certificates and the SQLite file. */
export type DataDir = {
  readonly path: string;
  /** The key that was given, or the one generated here at the first start. */
  secretKeys(given: readonly string[] | undefined): readonly string[];
  /** Keeps a generated password for the admin to find; gives the file's path. */
  keepAdminPassword(password: string): string;
  removeAdminPassword(): void;
};

/** Opens the folder, made with mode 0700 where it is missing. */
export const openDataDir = (dir: string): DataDir => {
  const path = resolve(dir);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const keyFile = join(path, "secret-key");
  const passwordFile = join(path, "admin-password");
  return {
    path,
    secretKeys: (given) => given ?? [readOrCreate(keyFile)],
    keepAdminPassword: (password) => {
      writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
      chmodSync(passwordFile, 0o600);
      return passwordFile;
    },
    removeAdminPassword: () => rmSync(passwordFile, { force: true }),
  };
};

/** Two processes that start at once agree on one key: it is written whole under another name, and only one can link it. */
const readOrCreate = (file: string): string => {
  if (!existsSync(file)) {
    const draft = `${file}.${randomBytes(6).toString("hex")}`;
    writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx", flush: true });
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    } finally {
      rmSync(draft);
    }
  }
  const key = readFileSync(file, "utf8").trim();
  if (key.length < 32) throw new Error(`"${file}" holds no key: expected at least 32 characters`);
  return key;
};
