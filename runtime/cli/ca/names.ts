import { checkCertname } from "../../../handlers/core/ca/check-request.ts";
import { AppError } from "../../../handlers/errors.ts";
import { duration } from "../../config/values.ts";

/**
 * What is wrong with names of certificates that exist: an imported CA may have names that none gets today, but none of
 * them is a flag or a path.
 */
export const checkKnownNames = (certnames: readonly string[]): string[] =>
  certnames.flatMap((certname) => {
    if (certname.startsWith("-")) {
      return [
        `Cannot manage cert named \`${certname}\` from the CLI: a certname begins with a letter, a digit or _`,
      ];
    }
    if (certname.length <= 255 && /^[ -.0-~]+$/.test(certname)) return [];
    return [`Certname ${shown(certname)} must not contain unprintable or non-ASCII characters, or /`];
  });

/** What is wrong with names that are to get a certificate. */
export const checkNewNames = (certnames: readonly string[]): string[] =>
  certnames.flatMap((certname) => {
    const known = checkKnownNames([certname]);
    if (known.length > 0) return known;
    try {
      checkCertname(certname, { enforce_rfc1123: false });
      return [];
    } catch (error) {
      if (error instanceof AppError) return [`"${shown(certname)}": ${error.message.replace(/\.$/, "")}`];
      throw error;
    }
  });

const shown = (text: string): string => text.length > 100 ? `${text.slice(0, 100)}…` : text;

/** Seconds of a time to live: the configuration's durations, years (of 365 days), or, as for Puppet, plain seconds. */
export const readTtl = (text: string): number | undefined => {
  const plain = text.replace(/^(\d{1,9})$/, "$1s").replace(/^(\d{1,3})y$/, (_, years) => `${Number(years) * 365}d`);
  const read = duration.safeParse(plain);
  return read.success && read.data >= 1000 ? Math.floor(read.data / 1000) : undefined;
};

export const checkTtl = (text: string | undefined): string[] =>
  text === undefined || readTtl(text) !== undefined
    ? []
    : [`'${text}' is an invalid ttl value, expected a number of seconds, or a duration such as 5y, 90d, 12h or 30m`];
