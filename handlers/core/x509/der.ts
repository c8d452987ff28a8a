/** One element of DER: its tag byte, where it starts, where its content starts, and where it ends (exclusive). */
export type Element = {
  readonly tag: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
};

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** What is wrong with the bytes; a caller turns it into its own error. */
export class DerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DerError";
  }
}

/** The element at `at`, which must end by `limit`. Lengths as X.690 writes them in DER; tags of one byte. */
export const elementAt = (bytes: Uint8Array, at: number, limit = bytes.length): Element => {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || at + 2 > limit) throw new DerError("Ends within an element");
  if ((tag & 0x1f) === 0x1f) throw new DerError("Has a tag of several bytes");
  let length = first;
  let content = at + 2;
  if (first > 0x7f) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError("Has a length that is not DER's");
    length = 0;
    for (const end = content + count; content < end; content++) length = length * 256 + (bytes[content] ?? 0);
  }
  const end = content + length;
  if (end > limit) throw new DerError("Ends within an element");
  return { tag, start: at, content, end };
};

/** The elements inside of one. */
export const childrenOf = (bytes: Uint8Array, parent: Element): Element[] => {
  const found: Element[] = [];
  for (let at = parent.content; at < parent.end;) {
    const child = elementAt(bytes, at, parent.end);
    found.push(child);
    at = child.end;
  }
  return found;
};

/** The same element, if its tag is the expected one; throws DerError otherwise. */
export const expectTag = (element: Element | undefined, tag: number, what: string): Element => {
  if (element?.tag !== tag) throw new DerError(`Has no ${what} where one is expected`);
  return element;
};

export const contentOf = (bytes: Uint8Array, element: Element): Uint8Array =>
  bytes.subarray(element.content, element.end);

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex of bytes. */
export const hexOf = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += digits[byte];
  return text;
};

/** An integer as lower-case hex without leading zeros, as serial numbers are written. */
export const integerHex = (bytes: Uint8Array, element: Element): string =>
  hexOf(contentOf(bytes, element)).replace(/^0+(?=.)/, "");

/** No identifier that means something is longer; RFC 5280 promises nothing beyond some 100 octets. */
const longestOid = 128;

/**
 * An object identifier as dotted text. Throws DerError for one in another form than DER's only one: two that are written
 * differently are never the same text.
 */
export const oidText = (bytes: Uint8Array, element: Element): string => {
  const content = contentOf(bytes, element);
  if (content.length === 0 || content.length > longestOid || content[content.length - 1]! > 0x7f) {
    throw new DerError("Has an object identifier that cannot be read");
  }
  const arcs: (number | bigint)[] = [];
  let arc: number | bigint = 0;
  let begins = true;
  for (const byte of content) {
    if (begins && byte === 0x80) throw new DerError("Has an object identifier with a number that begins with zeros");
    begins = byte < 0x80;
    // numbers such as those made from UUIDs are larger than what a number holds exactly
    arc = typeof arc === "number" && arc < 2 ** 45
      ? arc * 128 + (byte & 0x7f)
      : BigInt(arc) * 128n + BigInt(byte & 0x7f);
    if (!begins) continue;
    if (arcs.length > 0) arcs.push(arc);
    else if (arc < 80) arcs.push(Math.floor(Number(arc) / 40), Number(arc) % 40);
    else arcs.push(2, typeof arc === "number" ? arc - 80 : arc - 80n);
    arc = 0;
  }
  return arcs.join(".");
};

/** UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5) as milliseconds since 1970 UTC. */
export const timeOf = (bytes: Uint8Array, element: Element): number => {
  const text = String.fromCharCode(...contentOf(bytes, element));
  const utc = element.tag === tags.utcTime;
  const match = (utc ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(
    text,
  );
  if (!match || (!utc && element.tag !== tags.generalizedTime)) throw new DerError("Has a time that cannot be read");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(utc ? year + (year < 50 ? 2000 : 1900) : year, month - 1, day, hour, minute, second);
};
