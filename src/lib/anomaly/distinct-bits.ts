/**
 * Notes a value among `words` words of bits that begin at `at`: the number of bits that are set then tells how many
 * different values there were.
 *
 * Source: linear counting, Whang, Vander-Zanden, Taylor, "A Linear-Time Probabilistic Counting Algorithm", TODS 1990.
 */
export function noteDistinct(bits: Uint32Array, at: number, words: number, hash: number): void {
  const bit = hash % (words * 32);
  const word = at + (bit >>> 5);
  bits[word] = (bits[word] as number) | (1 << (bit & 31));
}

/** Estimates how many different values were noted; when every bit is set, as many as set all but half a bit. */
export function estimateDistinct(bits: Uint32Array, at: number, words: number): number {
  const size = words * 32;
  let ones = 0;
  for (let word = at; word < at + words; word++) ones += onesIn(bits[word] as number);
  return -size * Math.log(Math.max(0.5, size - ones) / size);
}

/** How many bits of 32 are set. */
export function onesIn(word: number): number {
  let rest = word - ((word >>> 1) & 0x5555_5555);
  rest = (rest & 0x3333_3333) + ((rest >>> 2) & 0x3333_3333);
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

const MOST_CHARS = 256;

/** A number of 32 bits for a text, by its first and last characters where it is long; `seed` keeps it from being foreseen. */
export function hashText(text: string, seed: number): number {
  let hash = seed ^ Math.imul(text.length, 0x9e37_79b1);
  const from = text.length > MOST_CHARS ? text.length - MOST_CHARS : 0;
  for (let i = from; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
