import process from "node:process";
import { type Config, ConfigError } from "../config.ts";
import { createHiddenInput } from "./hidden-input.ts";

const least = 12;

/**
 * Where the passphrase of a backup comes from: HOPPETDB_BACKUP_PASSPHRASE, or whoever sits at the terminal. `twice`: for a
 * new one. Throws ConfigError where there is neither.
 */
export const passphraseOf = ({ BACKUP_PASSPHRASE }: Config, twice: boolean) => async (): Promise<string> => {
  if (BACKUP_PASSPHRASE !== undefined) return BACKUP_PASSPHRASE;
  if (!process.stdin.isTTY) {
    throw new ConfigError([
      "HOPPETDB_BACKUP_PASSPHRASE: is needed where no terminal can be asked, or HOPPETDB_BACKUP_PASSPHRASE_FILE",
    ]);
  }
  const input = createHiddenInput(process.stdin, process.stderr);
  try {
    const given = await input.ask("Passphrase of the backup: ");
    if (!twice) return given;
    if (given.length < least) throw new Error(`The passphrase is too short: expected at least ${least} characters`);
    if (await input.ask("Once more: ") !== given) throw new Error("The two passphrases differ");
    return given;
  } finally {
    input.close();
  }
};
