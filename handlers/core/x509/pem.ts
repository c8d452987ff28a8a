import { DerError } from "./der.ts";

/** The blocks of a PEM text with one of these labels, as DER, in their order. Throws DerError for a block that is no base64. */
export const pemBlocks = (text: string, ...labels: readonly string[]): Uint8Array<ArrayBuffer>[] => {
  const found: Uint8Array<ArrayBuffer>[] = [];
  for (const [, label = "", body = ""] of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)) {
    if (!labels.includes(label)) continue;
    const base64 = body.replace(/\s+/g, "");
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new DerError(`Has a ${label} block that is not base64`);
    try {
      found.push(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
    } catch {
      throw new DerError(`Has a ${label} block that is not base64`);
    }
  }
  return found;
};

const alphabet = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const newline = 10;
const padding = 61;

/** One PEM block, lines of 64 characters. A CRL may have megabytes: they are written straight into their lines. */
export const pemOf = (der: Uint8Array, label: string): string => {
  const lines = Math.ceil(der.length / 48);
  const text = new Uint8Array(Math.ceil(der.length / 3) * 4 + Math.max(lines, 0));
  let to = 0;
  for (let from = 0; from < der.length; from += 3) {
    const bits = (der[from]! << 16) | ((der[from + 1] ?? 0) << 8) | (der[from + 2] ?? 0);
    text[to++] = alphabet[bits >> 18]!;
    text[to++] = alphabet[(bits >> 12) & 63]!;
    text[to++] = from + 1 < der.length ? alphabet[(bits >> 6) & 63]! : padding;
    text[to++] = from + 2 < der.length ? alphabet[bits & 63]! : padding;
    if (from % 48 === 45 || from + 3 >= der.length) text[to++] = newline;
  }
  return `-----BEGIN ${label}-----\n${new TextDecoder().decode(text)}-----END ${label}-----\n`;
};
