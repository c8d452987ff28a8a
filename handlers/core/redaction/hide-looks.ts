import { placeholder } from "../../interfaces/redactor.ts";

const pemBegin = "-----BEGIN ";
const jwtBegin = "eyJ";

/** Whether a text may hold something that is secret by its look; false is certain. */
export const mayLookSecret = (text: string): boolean => text.includes(pemBegin) || text.includes(jwtBegin);

/** A private key in PEM (RFC 7468), its line breaks escaped or not; one that is cut off goes to the end of the text. */
const privateKey =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g;

/** Three parts of base64url (RFC 7519), each looked at once: it begins where no such letter stands before. */
const token = /(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]{4,})\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*/g;

/** The text with private keys and JSON web tokens replaced, whether or not anybody said that they are secret. */
export const hideLooks = (text: string): string => {
  let shown = text;
  if (shown.includes(pemBegin)) shown = shown.replace(privateKey, placeholder);
  if (shown.includes(jwtBegin)) {
    shown = shown.replace(token, (whole, head: string) => isTokenHead(head) ? placeholder : whole);
  }
  return shown;
};

/** Whether it is JSON with the name of an algorithm in base64url. */
const isTokenHead = (part: string): boolean => {
  try {
    const head: unknown = JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof head === "object" && head !== null && Object.hasOwn(head, "alg");
  } catch {
    return false;
  }
};
