import { childrenOf, contentOf, DerError, elementAt, expectTag, tags } from "./der.ts";
import { ascii, element, sequence } from "./write-der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A subject alternative name as `DNS:web01.example.com` or `IP:192.0.2.1`; of other kinds only that they are there. */
export type AltName = { readonly kind: "DNS" | "IP" | "other"; readonly value: string };

export const showAltName = ({ kind, value }: AltName): string => `${kind}:${value}`;

/** Reads GeneralNames (RFC 5280, 4.2.1.6), DER. Throws DerError. */
export const readAltNames = (der: Uint8Array): AltName[] =>
  childrenOf(der, expectTag(elementAt(der, 0), tags.sequence, "list of names")).map((name): AltName => {
    const content = contentOf(der, name);
    if (name.tag === 0x82) {
      const value = String.fromCharCode(...content);
      if (!/^[!-~]+$/.test(value)) throw new DerError("Has a DNS name with characters that no name has");
      return { kind: "DNS", value };
    }
    if (name.tag === 0x87) return { kind: "IP", value: showAddress(content) };
    return { kind: "other", value: `[${name.tag & 0x1f}]` };
  });

/** Writes GeneralNames, DER, of DNS names and addresses. Throws DerError for an address that is none. */
export const writeAltNames = (names: readonly AltName[]): Bytes =>
  sequence(
    ...names.map(({ kind, value }) => kind === "IP" ? element(0x87, addressBytes(value)) : element(0x82, ascii(value))),
  );

/** `DNS:a`, `IP:192.0.2.1`; without a kind it is a DNS name, as for `puppetserver ca`. Undefined for what is neither. */
export const parseAltName = (text: string): AltName | undefined => {
  const [, kind = "DNS", value = ""] = /^(?:(DNS|IP):)?(\S+)$/.exec(text.trim()) ?? [];
  if (value === "") return undefined;
  // what has a colon is of another kind: `URI:…`, an address without its kind
  if (kind === "DNS") return value.includes(":") ? undefined : { kind, value };
  try {
    return { kind: "IP", value: showAddress(addressBytes(value)) };
  } catch {
    return undefined;
  }
};

const showAddress = (bytes: Uint8Array): string => {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) throw new DerError("Has an address of an unknown length");
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2]! << 8) | bytes[i * 2 + 1]!).toString(16));
  return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
};

const addressBytes = (text: string): Bytes => {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split(".").map(Number);
    if (parts.every((part) => part < 256)) return Uint8Array.from(parts);
  } else if (/^[0-9a-fA-F:]{2,39}$/.test(text) && text.includes(":")) {
    const [head = "", tail, ...more] = text.split("::");
    const groups = (part: string) => part === "" ? [] : part.split(":").map((group) => parseInt(group, 16));
    const [left, right] = [groups(head), groups(tail ?? "")];
    const missing = 8 - left.length - right.length;
    const all = tail === undefined ? left : [...left, ...Array<number>(Math.max(missing, 0)).fill(0), ...right];
    if (more.length === 0 && all.length === 8 && all.every((group) => group >= 0 && group <= 0xffff)) {
      return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
    }
  }
  throw new DerError(`"${text}" is no address`);
};
