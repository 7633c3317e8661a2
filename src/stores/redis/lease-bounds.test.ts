import { expect, test } from 'vitest';
import { type Limits, NO_LIMITS } from '../../core/limits.ts';
import { leadOf, leaseBounds, lookEveryMs } from './lease-bounds.ts';

const SETTINGS = { share: 0.1, forMs: 1000 };
const bucket = (capacity: number, isEnforced: boolean) => ({
  capacity,
  intervalMs: 300,
  isEnforced,
  reviewAbove: 3,
});

test.each<[string, Partial<Limits>, number, number]>([
  ['nothing', {}, 0, 0],
  ['one request', { perMinute: 1 }, 0, 0],
  ['fewer than a lease needs', { perMinute: 10 }, 0, 0],
  ['the tightest window', { perMinute: 500, perHour: 300 }, 29, 0],
  ['a bucket that is watched', { perMinute: 500, burst: bucket(41, false) }, 4, 0],
  ['a bucket that refuses', { perMinute: 500, burst: bucket(41, true) }, 4, 4],
])('a thread holds a part of %s', (_what, limits, held, burst) => {
  expect(leaseBounds({ ...NO_LIMITS, ...limits }, SETTINGS)).toEqual({
    held,
    burst,
    heldMs: 1250,
    leadMs: 1010,
  });
});

test('a lease is counted from no earlier than its end', () => {
  for (const forMs of [50, 99, 1000, 5000]) {
    expect(leadOf({ share: 0.1, forMs })).toBeGreaterThan(forMs);
    expect(lookEveryMs({ share: 0.1, forMs })).toBeGreaterThanOrEqual(10);
  }
});
