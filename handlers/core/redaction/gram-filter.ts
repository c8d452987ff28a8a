/** Characters in a piece of a pattern that the filter knows. */
export const gramLength = 4;

/** A bit for each hash of a piece. */
export type GramFilter = { readonly bits: Int32Array; readonly shift: number };

/** The hash of the piece at a place of a text, before the shift. */
export const gramHash = (text: string, at: number): number =>
  Math.imul(
    text.charCodeAt(at) ^ (text.charCodeAt(at + 1) << 8) ^ (text.charCodeAt(at + 2) << 16) ^
      (text.charCodeAt(at + 3) << 24),
    0x9e3779b1,
  );

/**
 * A filter over the pieces of all patterns that a look at every (shortest - gramLength + 1)-th place of a text can meet:
 * whatever the place of an occurrence, one of those pieces falls on a place that is looked at. No false negatives; with 32 bits a
 * piece few false positives.
 */
export const createGramFilter = (patterns: readonly string[], shortest: number): GramFilter => {
  const stride = shortest - gramLength + 1;
  const size = Math.min(22, Math.max(10, Math.ceil(Math.log2(patterns.length * stride * 32))));
  const shift = 32 - size;
  const bits = new Int32Array(1 << (size - 5));
  for (const pattern of patterns) {
    for (let at = 0; at < stride; at++) {
      const hash = gramHash(pattern, at) >>> shift;
      bits[hash >>> 5]! |= 1 << (hash & 31);
    }
  }
  return { bits, shift };
};
