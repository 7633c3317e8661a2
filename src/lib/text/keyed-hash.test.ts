import { expect, test } from 'vitest';
import { keyedHash } from './keyed-hash.ts';

test('depends on the bytes of the range and on nothing around it', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => (i * 7) & 255);
  for (let length = 0; length <= 16; length++) {
    const copy = bytes.slice(5, 5 + length);
    expect(keyedHash(bytes, 5, 5 + length)).toBe(keyedHash(copy, 0, length));
  }
});

test('spreads similar texts over all bits', () => {
  const hashes = new Set<number>();
  const ones = new Array<number>(32).fill(0);
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    const hash = keyedHash(Buffer.from(`key${i}`), 0, `key${i}`.length);
    hashes.add(hash);
    for (let bit = 0; bit < 32; bit++) ones[bit] = (ones[bit] as number) + ((hash >>> bit) & 1);
  }
  expect(hashes.size).toBeGreaterThan(count - 5);
  for (const n of ones) expect(Math.abs(n - count / 2)).toBeLessThan(count / 20);
});

test('zeros of every length differ', () => {
  const zeros = new Uint8Array(256);
  const hashes = new Set(Array.from({ length: 256 }, (_, length) => keyedHash(zeros, 0, length)));
  expect(hashes.size).toBe(256);
});
