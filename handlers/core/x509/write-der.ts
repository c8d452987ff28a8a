import { tags } from "./der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes one after the other. */
export const concat = (parts: readonly Uint8Array[]): Bytes => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** One element: tag, the shortest form of the length, content. */
export const element = (tag: number, ...parts: readonly Uint8Array[]): Bytes => {
  const [only] = parts;
  if (parts.length === 1 && only && only.length < 0x80) {
    const whole = new Uint8Array(only.length + 2);
    whole[0] = tag;
    whole[1] = only.length;
    whole.set(only, 2);
    return whole;
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size: number[] = [];
  if (length < 0x80) size.push(length);
  else {
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest % 256);
    size.unshift(0x80 | size.length);
  }
  return concat([Uint8Array.of(tag, ...size), ...parts]);
};

export const sequence = (...parts: readonly Uint8Array[]): Bytes => element(tags.sequence, ...parts);
export const octets = (content: Uint8Array): Bytes => element(tags.octetString, content);
/** A bit string of whole bytes, such as a signature. */
export const bits = (content: Uint8Array): Bytes => element(tags.bitString, Uint8Array.of(0), content);
/** `[n]`, constructed. */
export const tagged = (number: number, ...parts: readonly Uint8Array[]): Bytes => element(0xa0 | number, ...parts);
export const boolean = (value: boolean): Bytes => element(tags.boolean, Uint8Array.of(value ? 0xff : 0));
export const nothing: () => Bytes = () => Uint8Array.of(5, 0);
export const enumerated = (value: number): Bytes => element(0x0a, Uint8Array.of(value));

export const unhex = (text: string): Bytes => {
  const even = text.length % 2 ? `0${text}` : text;
  const bytes = new Uint8Array(even.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = (nibble(even.charCodeAt(at * 2)) << 4) | nibble(even.charCodeAt(at * 2 + 1));
  }
  return bytes;
};

/** Of a hex digit's character code. */
const nibble = (code: number): number => (code & 15) + (code >> 6) * 9;

/** A positive integer from hex. DER's integers have a sign: one that begins with a 1 bit gets a zero before it. */
export const integer = (hex: string): Bytes => {
  const digits = hex.replace(/^0+(?=.)/, "");
  return element(tags.integer, unhex(digits.length % 2 === 0 && digits >= "8" ? `00${digits}` : digits));
};

/** An object identifier from dotted text, as `oidText` gives it. */
export const oid = (text: string): Bytes => {
  const [first = "0", second = "0", ...rest] = text.split(".");
  const head = BigInt(first) * 40n + BigInt(second);
  const bytes = [String(head), ...rest].flatMap((arc) => {
    const number = Number(arc);
    return Number.isSafeInteger(number) ? base128(number) : base128Large(BigInt(arc));
  });
  return element(tags.oid, Uint8Array.from(bytes));
};

const base128 = (number: number): number[] => {
  const digits = [number % 128];
  for (let more = Math.floor(number / 128); more > 0; more = Math.floor(more / 128)) digits.unshift(0x80 | more % 128);
  return digits;
};
const base128Large = (number: bigint): number[] => {
  const digits = [Number(number % 128n)];
  for (let more = number / 128n; more > 0n; more /= 128n) digits.unshift(0x80 | Number(more % 128n));
  return digits;
};

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5); whole seconds. */
export const time = (ms: number): Bytes => {
  const text = generalizedText(ms);
  const short = Number(text.slice(0, 4)) < 2050;
  return element(short ? tags.utcTime : tags.generalizedTime, ascii(short ? text.slice(2) : text));
};
export const generalizedTime = (ms: number): Bytes => element(tags.generalizedTime, ascii(generalizedText(ms)));

const generalizedText = (ms: number): string => {
  const text = new Date(ms).toISOString();
  return text.slice(0, 4) + text.slice(5, 7) + text.slice(8, 10) + text.slice(11, 13) + text.slice(14, 16) +
    `${text.slice(17, 19)}Z`;
};

export const ascii = (text: string): Bytes => {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
};

/** An extension (RFC 5280, 4.1); `value` is the DER inside. */
export const extension = (id: string, value: Uint8Array, critical = false): Bytes =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
