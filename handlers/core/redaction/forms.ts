import { toBase64 } from "./base64.ts";
import { isOwnWord } from "./own-words.ts";

/** Shorter ones would be found by chance. */
export const shortestForm = 6;

/**
 * Every text that one secret may stand as: the value and, where it has several lines, each of them (trimmed, at least 6
 * characters); of each of these the raw, the JSON-escaped (up to three levels, with the escapes that different writers
 * choose), the URL-encoded and the base64 forms. None is shorter than 6 characters.
 */
export const formsOf = (secret: string): ReadonlySet<string> => formsOfParts(partsOf(secret));

/** The forms of texts whose lines are not looked at. */
export const formsOfParts = (parts: Iterable<string>): ReadonlySet<string> => {
  const forms = new Set<string>();
  for (const part of parts) {
    addJson(forms, part);
    addUrl(forms, part);
    addBase64(forms, part);
  }
  for (const form of forms) if (form.length < shortestForm) forms.delete(form);
  return forms;
};

/** The value, the value trimmed, and its lines: all but those that tell nothing (frames of PEM texts, words of our own). */
export const partsOf = (secret: string): ReadonlySet<string> => {
  const parts = new Set([secret, secret.trim()]);
  const lines = secret.split(/\r\n|\r|\n/);
  if (lines.length > 1) {
    for (const line of lines) {
      const trimmed = line.trim();
      if (!isPemFrame(trimmed) && !isOwnWord(trimmed)) parts.add(trimmed);
    }
  }
  for (const part of parts) if (part.length < shortestForm) parts.delete(part);
  return parts;
};

export const isPemFrame = (line: string): boolean => /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/.test(line);

type Writer = (text: string) => string;

const canonical: Writer = (text) => JSON.stringify(text).slice(1, -1);
const hex4 = (character: string): string => character.charCodeAt(0).toString(16).padStart(4, "0");

/** How writers of JSON differ: nothing but what must be; non-ASCII escaped, in either case; `\/`; Go's `\u003c`. */
const writers: readonly Writer[] = [
  canonical,
  (text) => canonical(text).replace(/[\x7f-\uffff]/g, (each) => `\\u${hex4(each)}`),
  (text) => canonical(text).replace(/[\x7f-\uffff]/g, (each) => `\\u${hex4(each).toUpperCase()}`),
  (text) => canonical(text).replaceAll("/", "\\/"),
  (text) => canonical(text).replace(/[<>&'\u2028\u2029]/g, (each) => `\\u${hex4(each)}`),
];
const escaped = /[^ !#-.0-;=?-[\]-~]|[<>&'/]/;

/** Three levels: JSON in JSON is promised, and a search over the text around it sees one level more. */
const addJson = (forms: Set<string>, part: string): void => {
  forms.add(part);
  if (!escaped.test(part)) return;
  for (const write of writers) {
    const once = write(part);
    const twice = new Set([write(once), canonical(once)]);
    forms.add(once);
    for (const each of twice) {
      forms.add(each);
      forms.add(canonical(each));
    }
  }
};

const utf8 = new TextEncoder();

/** What is encoded by: RFC 3986 strictly; encodeURIComponent; encodeURI; HTML forms. */
const encoded = [
  /[^A-Za-z0-9\-._~]/gu,
  /[^A-Za-z0-9\-._~!'()*]/gu,
  /[^A-Za-z0-9\-._~!'()*;/?:@&=+$,#]/gu,
  /[^A-Za-z0-9\-._*]/gu,
];

const addUrl = (forms: Set<string>, part: string): void => {
  if (/^[A-Za-z0-9\-._]*$/.test(part)) return;
  for (const characters of encoded) {
    const upper = part.replace(characters, percentEncode);
    const lower = upper.replace(/%[0-9A-F]{2}/g, (each) => each.toLowerCase());
    for (const form of [upper, lower]) {
      forms.add(form);
      forms.add(form.replaceAll("%20", "+"));
    }
  }
};

const percentEncode = (character: string): string => {
  let result = "";
  for (const byte of utf8.encode(character)) result += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return result;
};

/** Columns at which encoders break lines: PEM; Ruby and `Base64.encode64`; MIME. */
const columns = [64, 60, 76];

/**
 * What base64 makes of the secret wherever it begins in the encoded text: of the first and last characters those that
 * neighbouring bytes have a part in are left out. Also the lines of the secret encoded by itself and broken.
 */
const addBase64 = (forms: Set<string>, part: string): void => {
  const bytes = utf8.encode(part);
  for (const before of [0, 1, 2]) {
    const shifted = new Uint8Array(before + bytes.length);
    shifted.set(bytes, before);
    const whole = toBase64(shifted);
    const determined = whole.slice(Math.ceil(8 * before / 6), Math.floor(8 * shifted.length / 6));
    addBoth(forms, determined);
    if (before > 0) continue;
    for (const column of columns) {
      if (determined.length <= column) continue;
      for (let at = 0; at < determined.length; at += column) addBoth(forms, determined.slice(at, at + column));
    }
  }
};

const addBoth = (forms: Set<string>, base64: string): void => {
  forms.add(base64);
  if (/[+/]/.test(base64)) forms.add(base64.replaceAll("+", "-").replaceAll("/", "_"));
};
