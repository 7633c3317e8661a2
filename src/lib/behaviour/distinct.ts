/** Spreads hashes that are alike; the finish of MurmurHash3. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Marks a hash in a bitmap of `words` words, a power of two; false where its bit was there already. */
export function markHash(memory: Int32Array, at: number, words: number, hash: number): boolean {
  const bit = mix(hash) % (words * 32);
  const word = at + (bit >>> 5);
  const before = memory[word] as number;
  const after = before | (1 << (bit & 31));
  memory[word] = after;
  return after !== before;
}

function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * How many different hashes were marked in two bitmaps together.
 *
 * Shape: linear counting; exact to a few per cent up to thrice as many as there are bits, and told as those where it is full.
 * Source: Whang, Vander-Zanden, Taylor, A linear-time probabilistic counting algorithm, 1990.
 */
export function countDistinct(memory: Int32Array, at: number, other: number, words: number): number {
  let set = 0;
  for (let word = 0; word < words; word++)
    set += countBits((memory[at + word] as number) | (memory[other + word] as number));
  const size = words * 32;
  const free = size - set;
  return Math.round(free === 0 ? size * Math.log(size) : size * Math.log(size / free));
}
