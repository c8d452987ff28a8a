/** A trie with the links of Aho and Corasick. State 0 is the root; where a state stands, 0 means none. */
export type Trie = {
  readonly size: number;
  readonly depths: Int32Array;
  /** The state of the longest proper suffix that is in the trie. */
  readonly fails: Int32Array;
  /** The state itself or the nearest of its suffixes at which a pattern ends or has its tail. */
  readonly outs: Int32Array;
  /** As `outs`, the state itself left out. */
  readonly links: Int32Array;
  /** 1: a pattern ends here. */
  readonly ends: Uint8Array;
  /** At which state a pattern goes on outside of the trie: 1 + the index of its rest in `rests`. */
  readonly tails: Int32Array;
  readonly rests: readonly string[];
  readonly children: Children;
};

/** Edges in one open hash table: a slot holds the child, which knows its parent and its character. */
export type Children = {
  readonly slots: Int32Array;
  readonly mask: number;
  readonly parents: Int32Array;
  readonly codes: Uint16Array;
};

/** Where the search for an edge begins in the hash table (before the mask). */
export const edgeHash = (state: number, code: number): number =>
  Math.imul(state ^ (code << 15) ^ (code >>> 3), 0x9e3779b1) >>> 7;

/** As deep as patterns go into the trie, unless others share that much with them. */
const headLength = 16;

/** Builds it from different patterns, none empty. */
export const createTrie = (patterns: readonly string[]): Trie => {
  let parents = new Int32Array(1024);
  let codes = new Uint16Array(1024);
  let depths = new Int32Array(1024);
  let slots = new Int32Array(2048);
  let mask = slots.length - 1;
  let size = 1;
  let tails = new Int32Array(1024);
  const rests: string[] = [];
  const ended: number[] = [];

  /** The slot of that edge, or the free one where it belongs. */
  const slotOf = (state: number, code: number): number => {
    let slot = edgeHash(state, code) & mask;
    for (let child = slots[slot]!; child !== 0; child = slots[slot]!) {
      if (parents[child] === state && codes[child] === code) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  };

  const grow = () => {
    const copy = <A extends Int32Array | Uint16Array>(to: A, from: A): A => (to.set(from), to);
    parents = copy(new Int32Array(2 * size), parents);
    codes = copy(new Uint16Array(2 * size), codes);
    depths = copy(new Int32Array(2 * size), depths);
    tails = copy(new Int32Array(2 * size), tails);
    slots = new Int32Array(4 * size);
    mask = slots.length - 1;
    for (let state = 1; state < size; state++) slots[slotOf(parents[state]!, codes[state]!)] = state;
  };

  const child = (state: number, code: number): number => {
    const slot = slotOf(state, code);
    if (slots[slot] !== 0) return slots[slot]!;
    const made = size++;
    parents[made] = state;
    codes[made] = code;
    depths[made] = depths[state]! + 1;
    slots[slot] = made;
    if (size === parents.length) grow();
    return made;
  };

  for (const pattern of patterns) {
    let state = 0;
    let depth = 0;
    while (depth < pattern.length && (depth < headLength || tails[state] !== 0)) {
      state = child(state, pattern.charCodeAt(depth++));
    }
    if (depth === pattern.length) ended.push(state);
    else tails[state] = rests.push(pattern.slice(depth));
  }

  const ends = new Uint8Array(size);
  for (const state of ended) ends[state] = 1;
  const fails = new Int32Array(size);
  const outs = new Int32Array(size);
  const links = new Int32Array(size);
  for (const state of byDepth(depths.subarray(0, size))) {
    const parent = parents[state]!;
    if (parent !== 0) {
      const code = codes[state]!;
      let suffix = fails[parent]!;
      let found = slots[slotOf(suffix, code)]!;
      while (found === 0 && suffix !== 0) {
        suffix = fails[suffix]!;
        found = slots[slotOf(suffix, code)]!;
      }
      fails[state] = found;
    }
    links[state] = outs[fails[state]!]!;
    outs[state] = ends[state] === 1 || tails[state] !== 0 ? state : links[state]!;
  }
  return {
    size,
    depths: depths.slice(0, size),
    fails,
    outs,
    links,
    ends,
    tails: tails.slice(0, size),
    rests,
    children: { slots, mask, parents: parents.slice(0, size), codes: codes.slice(0, size) },
  };
};

/** All states but the root, the shallow ones first. */
const byDepth = (depths: Int32Array): Int32Array => {
  const starts = new Int32Array(depths.reduce((most, each) => Math.max(most, each), 0) + 2);
  for (const depth of depths) starts[depth + 1]!++;
  for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
  const order = new Int32Array(depths.length);
  depths.forEach((depth, state) => void (order[starts[depth]!++] = state));
  return order.subarray(1);
};
