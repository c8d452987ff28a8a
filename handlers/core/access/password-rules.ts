import { AppError } from "../../errors.ts";

const least = 12;
/** Beyond that a hash costs more than it is worth. */
export const longestPassword = 512;

/** Throws AppError `invalid` (field `new`) saying what is wrong with a password that someone wants to have. */
export const checkPassword = (password: string, user: string): void => {
  const reason = weakness(password.normalize("NFC"), user);
  if (reason) throw new AppError("invalid", `The password ${reason}`, { field: "new" });
};

const weakness = (password: string, user: string): string | undefined => {
  const letters = [...password];
  if (letters.length < least) return `has ${letters.length} characters, expected at least ${least}`;
  if (password.length > longestPassword) return `is too long, expected at most ${longestPassword} characters`;
  if (new Set(letters).size < 5) return "repeats few characters, expected at least 5 different ones";
  const bare = password.toLowerCase();
  if (bare.replaceAll(user, "").length < least - 4 && bare.includes(user)) return "is little more than the user name";
  if (/^(.*?)(password|passwort|hoppetdb)/.test(bare) && letters.length < 16) return "holds a word that everyone tries";
  return undefined;
};
