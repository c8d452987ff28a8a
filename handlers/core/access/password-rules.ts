import { AppError } from "../../errors.ts";

const least = 12;
/** Longer ones are refused before anything is computed from them. */
export const longestPassword = 512;

/** What is tried first by those who guess, and long enough to pass the other rules. */
const known = ["123456789012", "1234567890ab", "password1234", "passwordpassword", "qwertyuiop12", "administrator"];

/** The form in which a password is hashed and compared: the same letters, whichever keyboard they came from. */
export const normalisePassword = (password: string): string => password.normalize("NFKC");

/** Throws AppError `invalid` (field `new`) saying what is wrong with a password that someone wants to have. */
export const checkPassword = (password: string, user: string): void => {
  const reason = weakness(normalisePassword(password), user);
  if (reason) throw new AppError("invalid", `The password ${reason}`, { field: "new" });
};

const weakness = (password: string, user: string): string | undefined => {
  const letters = [...password];
  if (letters.length < least) return `has ${letters.length} characters, expected at least ${least}`;
  if (password.length > longestPassword) return `is too long, expected at most ${longestPassword} characters`;
  if (new Set(letters).size < 5) return "repeats few characters, expected at least 5 different ones";
  const bare = password.toLowerCase();
  if (bare.includes(user) && bare.replaceAll(user, "").length < least - 4) return "is little more than the user name";
  if (known.includes(bare)) return "is one that everyone tries";
  return undefined;
};
