/** Chance that is the same in every run (Lehmer's generator), for property tests. */
export const createRandom = (seed: number) => {
  let state = seed * 7919 + 1;
  const next = () => (state = (state * 48271) % 2147483647);
  const int = (below: number): number => next() % below;
  const pick = <T>(from: ArrayLike<T>): T => from[int(from.length)]!;
  const text = (letters: string, length: number): string => Array.from({ length }, () => pick(letters)).join("");
  return { int, pick, text, chance: (percent: number): boolean => int(100) < percent };
};
