/**
 * A CRL, DER, with many entries (hex serials) and CRL number 7, built by hand: its signature is none. `extension` is one
 * more extension of the list, DER.
 */
export const largeCrl = (serials: readonly string[], extension: readonly number[] = []): Uint8Array<ArrayBuffer> => {
  const time = element(0x17, [...new TextEncoder().encode("260101000000Z")]);
  const algorithm = element(0x30, element(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]));
  const name = element(
    0x30,
    element(
      0x31,
      element(0x30, [...element(6, [0x55, 4, 3]), ...element(0x0c, [...new TextEncoder().encode("Large")])]),
    ),
  );
  const entries = serials.flatMap((serial) => element(0x30, [...element(2, bytesOf(serial)), ...time]));
  const number = element(0x30, [...element(6, [0x55, 0x1d, 0x14]), ...element(4, element(2, [7]))]);
  const tbs = element(
    0x30,
    join([
      element(2, [1]),
      algorithm,
      name,
      time,
      time,
      element(0x30, entries),
      element(0xa0, element(0x30, [...number, ...extension])),
    ]),
  );
  return new Uint8Array(element(0x30, join([tbs, algorithm, element(3, [0, 1, 2, 3])])));
};

const join = (parts: readonly (readonly number[])[]): number[] => parts.flat();

const bytesOf = (hex: string): number[] => {
  const whole = hex.length % 2 === 0 ? hex : `0${hex}`;
  const bytes = whole.match(/../g)!.map((pair) => parseInt(pair, 16));
  return bytes[0]! > 0x7f ? [0, ...bytes] : bytes;
};

const element = (tag: number, content: readonly number[]): number[] => {
  const { length } = content;
  if (length < 0x80) return [tag, length].concat(content);
  const size = [length >> 24, length >> 16, length >> 8, length].map((byte) => byte & 0xff);
  while (size[0] === 0) size.shift();
  return [tag, 0x80 | size.length].concat(size, content);
};
