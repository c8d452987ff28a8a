/** Keeps what was used last, up to a number of entries and a total weight. */
export type Lru<V> = {
  get(key: string): V | undefined;
  /** What is heavier than all that may be kept isn't kept. */
  set(key: string, value: V, weight: number): void;
};

export const createLru = <V>(limits: { readonly entries: number; readonly weight: number }): Lru<V> => {
  // A Map goes over its keys in the order in which they were set.
  const kept = new Map<string, { readonly value: V; readonly weight: number }>();
  let total = 0;
  const drop = (key: string) => {
    total -= kept.get(key)?.weight ?? 0;
    kept.delete(key);
  };
  return {
    get(key) {
      const found = kept.get(key);
      if (!found) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.value;
    },
    set(key, value, weight) {
      drop(key);
      if (weight > limits.weight) return;
      kept.set(key, { value, weight });
      total += weight;
      for (const oldest of kept.keys()) {
        if (kept.size <= limits.entries && total <= limits.weight) break;
        drop(oldest);
      }
    },
  };
};
