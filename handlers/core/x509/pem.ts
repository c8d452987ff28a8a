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

/** One PEM block, lines of 64 characters. */
export const pemOf = (der: Uint8Array, label: string): string => {
  let binary = "";
  for (let at = 0; at < der.length; at += 0x8000) binary += String.fromCharCode(...der.subarray(at, at + 0x8000));
  const lines = btoa(binary).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
};
