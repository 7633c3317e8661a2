import { expect, test } from 'vitest';
import type { ApiKeyRecord } from '../../core/ports.ts';
import { MemoryApiKeys } from './api-keys.ts';

const record = (id: string, revokedAtMs = 0) => ({ id, revokedAtMs }) as ApiKeyRecord;

test('finds what it was given', () => {
  const keys = new MemoryApiKeys();
  expect(keys.find('a')).toBeNull();
  keys.replaceAll([record('a'), record('b')]);
  keys.put(record('c'));
  expect([keys.find('a')?.id, keys.find('c')?.id, keys.size]).toEqual(['a', 'c', 3]);
});

test('put replaces, so a revocation is seen by the next request', () => {
  const keys = new MemoryApiKeys();
  keys.put(record('a'));
  keys.put(record('a', 7));
  expect(keys.find('a')?.revokedAtMs).toBe(7);
});

test('replaceAll forgets the rest', () => {
  const keys = new MemoryApiKeys();
  keys.put(record('a'));
  keys.replaceAll([record('b')]);
  expect([keys.find('a'), keys.find('b')?.id]).toEqual([null, 'b']);
});
