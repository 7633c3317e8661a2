import { expect, test } from 'vitest';
import { LATENCY_BUCKETS, latencyBucket, latencyQuantile } from './latency-histogram.ts';

test.each([
  [0, 0],
  [1, 0],
  [1.001, 1],
  [2, 1],
  [99, 6],
  [10_000, 12],
  [10_001, 13],
  [Number.POSITIVE_INFINITY, 13],
])('%d ms is in bucket %d', (ms, bucket) => {
  expect(latencyBucket(ms)).toBe(bucket);
});

const counts = (filled: Record<number, number>) =>
  Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => filled[bucket] ?? 0);

test.each<[Record<number, number>, number, number | null]>([
  [{}, 0.5, null],
  [{ 0: 1 }, 0.5, 1],
  [{ 0: 1 }, 0.99, 1],
  [{ 0: 50, 3: 50 }, 0.5, 1],
  [{ 0: 49, 3: 51 }, 0.5, 10],
  [{ 0: 99, 5: 1 }, 0.99, 1],
  [{ 0: 98, 5: 2 }, 0.99, 50],
  [{ 13: 1 }, 0.5, null],
])('%j: %d of them take at most %j ms', (filled, share, ms) => {
  expect(latencyQuantile(counts(filled), share)).toBe(ms);
});
