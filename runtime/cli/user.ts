import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import process from "node:process";
import { createAccess } from "../../handlers/core/access/access.ts";
import { createKeyRing } from "../../handlers/core/encryption/key-ring.ts";
import { type Config, ConfigError, readConfig } from "../config.ts";
import { openDataDir } from "../data-dir.ts";
import { createLog } from "../log.ts";
import { openStore } from "../open-store.ts";
import { createPasswords } from "../passwords.ts";
import { systemClock as clock, systemIds as ids } from "../system.ts";
import { recordFromCli } from "./audit.ts";
import { createHiddenInput } from "./hidden-input.ts";

const usage = [
  "usage: hoppetdb user create-admin NAME    make an administrator, or make NAME one",
  "       hoppetdb user reset-password NAME  give NAME another password, end his logins and his lockout",
  "",
  "The password is asked for at a terminal; --generate makes one and prints it. Both work while hoppetdb runs.",
];

/** `hoppetdb user …`: the way back in for whoever has the store and its key. */
export const userCommand = async (args: readonly string[]): Promise<number> => {
  const [what = "", ...rest] = args;
  const generate = rest.includes("--generate");
  const [name, ...others] = rest.filter((each) => each !== "--generate");
  const known = what === "create-admin" || what === "reset-password";
  if (!known || name === undefined || name.startsWith("-") || others.length > 0) {
    const asked = ["help", "--help", "-h"].includes(what);
    (asked ? process.stdout : process.stderr).write(`${usage.join("\n")}\n`);
    return asked ? 0 : 64;
  }
  const config = readConfig(process.env);
  return await withAccess(config, async ({ access, record }) => {
    const user = await access.userRecords.get(name);
    if (what === "reset-password" && !user) throw new Error(`There is no user "${name}"`);
    const password = generate ? randomBytes(15).toString("base64url") : await ask(config, name);
    const changed = user
      ? await access.userRecords.update(
        user.id,
        { password, ...(what === "create-admin" ? { admin: true } : {}) },
        user.version,
      )
      : await access.userRecords.create(name, { password, admin: true });
    await access.throttle.unlock(changed.id);
    await record(`user ${what}`, `users/${changed.id}`, { admin: changed.admin, password_changed: true });
    process.stdout.write(`${told(what, changed.id, user !== undefined)}\n`);
    if (generate) process.stdout.write(`password: ${password}\n`);
    return 0;
  });
};

const told = (what: string, name: string, existed: boolean): string => {
  if (what === "reset-password") return `"${name}" has another password; the logins that there were have ended`;
  return existed ? `"${name}" is an administrator and has another password` : `"${name}" is an administrator`;
};

type Opened = {
  readonly access: ReturnType<typeof createAccess>;
  readonly record: (action: string, target: string, after: unknown) => Promise<void>;
};

const withAccess = async (config: Config, work: (opened: Opened) => Promise<number>): Promise<number> => {
  const path = config.store.kind === "sqlite" ? config.store.path : undefined;
  if (path === ":memory:") {
    throw new Error("A store in memory is gone with its process: set HOPPETDB_STORE to the one that is served");
  }
  if (path !== undefined && !existsSync(path)) {
    throw new Error(
      `There is no store at "${path}": set HOPPETDB_DATA_DIR or HOPPETDB_STORE as for hoppetdb serve, or start that first`,
    );
  }
  const log = createLog("error", (line) => void process.stderr.write(line));
  const dataDir = openDataDir(config.DATA_DIR);
  const vault = await createKeyRing(dataDir.secretKeys(config.SECRET_KEY));
  const store = await openStore(config, vault, clock, log);
  try {
    const access = createAccess({
      ...store,
      passwords: createPasswords(),
      ids,
      clock,
      log,
      onFirstPasswordChange: () => dataDir.removeAdminPassword(),
    });
    return await work({
      access,
      record: (action, target, after) => recordFromCli({ ...store, vault, clock, ids, log }, { action, target, after }),
    });
  } finally {
    await store.close();
  }
};

const ask = async ({ ADMIN_PASSWORD }: Config, name: string): Promise<string> => {
  if (ADMIN_PASSWORD !== undefined) return ADMIN_PASSWORD;
  if (!process.stdin.isTTY) {
    throw new ConfigError(["HOPPETDB_ADMIN_PASSWORD: is needed where no terminal can be asked, or --generate"]);
  }
  const input = createHiddenInput(process.stdin, process.stderr);
  try {
    const given = await input.ask(`New password of "${name}": `);
    if (await input.ask("Once more: ") !== given) throw new Error("The two passwords differ");
    return given;
  } finally {
    input.close();
  }
};
