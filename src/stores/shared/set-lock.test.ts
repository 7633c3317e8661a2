import { expect, test } from 'vitest';
import { isLocked, lockAll, unlockAll } from './set-lock.ts';

const fresh = () => new Int32Array(new SharedArrayBuffer(64));
const at = Int32Array.of(2, 5, 9);

test('locks are held together and freed together', () => {
  const words = fresh();
  lockAll(words, at, 3, 7, 5);
  expect([words[2], words[5], words[9]]).toEqual([7, 7, 7]);
  expect(isLocked(words, at, 3, 7)).toBe(true);
  unlockAll(words, at, 3, 7);
  expect(words.every((word) => word === 0)).toBe(true);
});

test('a lock that nobody frees is broken after patience, those before it are not kept meanwhile', () => {
  const words = fresh();
  words[9] = 99;
  lockAll(words, at, 3, 7, 3);
  expect([words[2], words[5], words[9]]).toEqual([7, 7, 7]);
});

test('a holder that was taken for dead notices, and its release does not free the new holder', () => {
  const words = fresh();
  lockAll(words, at, 1, 7, 3);
  lockAll(words, at, 1, 8, 3);
  expect(isLocked(words, at, 1, 7)).toBe(false);
  unlockAll(words, at, 1, 7);
  expect(isLocked(words, at, 1, 8)).toBe(true);
});
