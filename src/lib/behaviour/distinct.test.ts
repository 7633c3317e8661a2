import { expect, test } from 'vitest';
import { countDistinct, markHash } from './distinct.ts';

test.each([1, 10, 100, 1000, 5000])('%d different hashes are counted to within a tenth', (count) => {
  const memory = new Int32Array(128);
  for (let round = 0; round < 3; round++)
    for (let at = 0; at < count; at++) markHash(memory, (at & 1) * 64, 64, Math.imul(at + 1, 0x01000193));
  const counted = countDistinct(memory, 0, 64, 64);
  expect(Math.abs(counted - count)).toBeLessThanOrEqual(Math.max(1, count / 10));
});

test('a full bitmap tells the most that it can', () => {
  const memory = new Int32Array(2).fill(-1);
  expect(countDistinct(memory, 0, 1, 1)).toBe(Math.round(32 * Math.log(32)));
});

test('a hash is new once', () => {
  const memory = new Int32Array(64);
  expect(markHash(memory, 0, 64, 7)).toBe(true);
  expect(markHash(memory, 0, 64, 7)).toBe(false);
});
