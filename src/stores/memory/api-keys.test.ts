import { expect, test } from 'vitest';
import type { ApiKeyRecord } from '../../core/ports.ts';
import { MemoryApiKeys } from './api-keys.ts';
import { RecordLease } from './record-lease.ts';

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

test('a record from before a revocation does not take it back', () => {
  const keys = new MemoryApiKeys();
  keys.put(record('a', 7));
  keys.put(record('a'));
  expect(keys.find('a')?.revokedAtMs).toBe(7);
  keys.delete('a');
  expect(keys.find('a')).toBeNull();
});

test('tells the problem of its lease, and none without one', () => {
  const world = { monotonic: 0, epoch: 0 };
  const lease = { untilMs: 100, untilEpochMs: 100, problem: 'The database is gone.' };
  const watched = new RecordLease({ nowMs: () => world.epoch }, () => world.monotonic, lease);
  const keys = new MemoryApiKeys(watched);
  expect([keys.problem(), new MemoryApiKeys().problem()]).toEqual(['', '']);
  world.monotonic = 100;
  expect(keys.problem()).toBe('The database is gone.');
});
