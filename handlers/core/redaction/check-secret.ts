import { AppError } from "../../errors.ts";
import { shortestForm } from "./forms.ts";
import { isOwnWord } from "./own-words.ts";

/** Bytes of UTF-8. */
export const longestSecret = 65_536;

/** Throws AppError `invalid` on field `value` with the reason why a value can't be a known secret; never with the value. */
export const checkSecret = (value: string): void => {
  const reason = reasonAgainst(value);
  if (reason !== undefined) throw new AppError("invalid", reason, { field: "value" });
};

const reasonAgainst = (value: string): string | undefined => {
  if (value.trim() === "") return "The value is only whitespace";
  if (value.length < shortestForm) {
    return `The value is shorter than ${shortestForm} characters: it would be found by chance`;
  }
  if (value.length > longestSecret || new TextEncoder().encode(value).length > longestSecret) {
    return `The value is longer than ${longestSecret} bytes`;
  }
  if (!value.isWellFormed()) return "The value is not valid Unicode";
  if (isOwnWord(value) || isOwnWord(value.trim())) {
    return "The value is one of the names or words that every answer is made of";
  }
  return undefined;
};
