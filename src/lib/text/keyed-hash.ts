import { randomBytes } from 'node:crypto';

const seed = randomBytes(8);
const KEY_0 = seed.readInt32LE(0);
const KEY_1 = seed.readInt32LE(4);

/**
 * Hashes a range of bytes with a key that is drawn once per process (HalfSipHash-1-3).
 *
 * Shape: a signed 32-bit integer.
 * Safety: who sends the bytes cannot choose collisions, so a hash table over them stays linear. Not for authentication.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; constants of the authors' halfsiphash.c.
 */
export function keyedHash(bytes: Uint8Array, from: number, to: number): number {
  let v0 = KEY_0;
  let v1 = KEY_1;
  let v2 = 0x6c796765 ^ KEY_0;
  let v3 = 0x74656462 ^ KEY_1;
  const whole = from + ((to - from) & ~3);
  // After the last whole word: its remaining bytes with the length on top, then one more of nothing to finish.
  for (let i = from; i <= whole + 12; i += 4) {
    const word = i < whole ? wordAt(bytes, i) : i === whole ? lastWord(bytes, whole, to, from) : 0;
    if (i === whole + 4) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function lastWord(bytes: Uint8Array, at: number, to: number, from: number): number {
  let word = (to - from) << 24;
  for (let i = at; i < to; i++) word |= (bytes[i] as number) << (8 * (i - at));
  return word;
}
