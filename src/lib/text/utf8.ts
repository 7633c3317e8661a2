import { isUtf8 } from 'node:buffer';

/**
 * Finds where well-formed UTF-8 (RFC 3629) ends; -1 when all bytes are.
 *
 * Cost: native for good bytes; halving for others, still linear.
 */
export function firstNonUtf8(bytes: Uint8Array): number {
  if (isUtf8(bytes)) return -1;
  let good = 0;
  let bad = bytes.length;
  // Between `good`, the start of a character, and `bad`: the first fault.
  while (bad - good > 16) {
    const middle = characterStart(bytes, good, (good + bad) >> 1);
    if (isUtf8(bytes.subarray(good, middle))) good = middle;
    else bad = middle;
  }
  while (good < bad) {
    const length = characterLength(bytes, good, bad);
    if (length === 0) break;
    good += length;
  }
  return good;
}

/** The last place at or before `at` where a character may start; `at` where four bytes show none. */
function characterStart(bytes: Uint8Array, from: number, at: number): number {
  for (let i = at; i > at - 4 && i > from; i--) if (((bytes[i] as number) & 0xc0) !== 0x80) return i;
  return at;
}

function characterLength(bytes: Uint8Array, from: number, to: number): number {
  for (let length = 1; length <= 4 && from + length <= to; length++) {
    if (isUtf8(bytes.subarray(from, from + length))) return length;
  }
  return 0;
}
