import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The folder with keys, own certificates and the SQLite file. */
export type DataDir = {
  readonly path: string;
  /** The key that was given, or the one generated here at the first start. */
  secretKeys(given: readonly string[] | undefined): readonly string[];
  /** The key that is here, newest first where there are several; undefined where there is none. */
  keptSecretKeys(): readonly string[] | undefined;
  /** Puts keys here, newest first; throws where there is one already. `remove` takes them away again. */
  keepSecretKeys(keys: readonly string[]): { readonly file: string; remove(): void };
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
    secretKeys: (given) => given ?? readOrCreate(keyFile),
    keptSecretKeys: () => existsSync(keyFile) ? readKeys(keyFile) : undefined,
    keepSecretKeys: (keys) => {
      create(keyFile, keys.join(","));
      return { file: keyFile, remove: () => rmSync(keyFile, { force: true }) };
    },
    keepAdminPassword: (password) => {
      writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
      chmodSync(passwordFile, 0o600);
      return passwordFile;
    },
    removeAdminPassword: () => rmSync(passwordFile, { force: true }),
  };
};

const readOrCreate = (file: string): readonly string[] => {
  if (!existsSync(file)) {
    try {
      create(file, randomBytes(32).toString("base64url"));
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
  }
  return readKeys(file);
};

/** Two processes that start at once agree on one key: it is written whole under another name, and only one can link it. */
const create = (file: string, text: string): void => {
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, `${text}\n`, { mode: 0o600, flag: "wx", flush: true });
  try {
    linkSync(draft, file);
  } finally {
    rmSync(draft);
  }
};

/** Several, newest first, are separated by commas, as in HOPPETDB_SECRET_KEY. */
const readKeys = (file: string): readonly string[] => {
  const keys = readFileSync(file, "utf8").split(",").map((key) => key.trim());
  if (keys.some((key) => key.length < 32)) throw new Error(`"${file}" holds no key: expected at least 32 characters`);
  return keys;
};
