import { describe, expect, test } from 'vitest';
import { hit, openTable } from './testdata/open-table.ts';

/** Sixteenths of a second turn over here, in the year 2029. */
const TURN_MS = 7 * 2 ** 32 * 62.5;
const watched = (reviewAbove = 3) =>
  hit('c', { burst: { capacity: 1, intervalMs: 1000, isEnforced: false, reviewAbove } });

/** Exceeds one burst of a client, and says whether the operator is told. */
function exceed(table: ReturnType<typeof openTable>, mine = watched()): boolean {
  table.take(mine);
  table.take(mine);
  expect(table.state.burstExceeded).toBe(true);
  return table.state.burstToReview >= 0;
}

describe.each([
  ['now', Date.UTC(2026, 0, 20, 12)],
  ['at the turn of its clock', TURN_MS],
  ['just before it', TURN_MS - 1],
  ['half an hour before it', TURN_MS - 1_800_000],
  ['long before the epoch of anybody', 0],
  ['late', 2 ** 41],
])('the history of bursts %s', (_when, startMs) => {
  test('tells of the fourth in an hour', () => {
    const table = openTable();
    table.nowMs = startMs;
    const told = Array.from({ length: 6 }, () => {
      const isTold = exceed(table);
      table.nowMs += 600_000;
      return isTold;
    });
    expect(told).toEqual([false, false, false, true, false, false]);
  });

  test('does not tell of four in more than an hour and four seconds', () => {
    const table = openTable();
    table.nowMs = startMs;
    for (let i = 0; i < 12; i++) {
      expect(exceed(table)).toBe(false);
      table.nowMs += 1_205_000;
    }
  });

  test('counts a burst that goes on every ten seconds', () => {
    const table = openTable();
    table.nowMs = startMs;
    const told: number[] = [];
    for (let second = 0; second <= 40; second += 0.5, table.nowMs += 500) {
      table.take(watched());
      table.take(watched());
      if (table.state.burstToReview >= 0) told.push(second);
    }
    expect(told).toHaveLength(1);
    expect(told[0]).toBeGreaterThanOrEqual(3);
    expect(told[0]).toBeLessThanOrEqual(31);
  });
});

test('a refused burst is counted as one that is let pass', () => {
  const table = openTable();
  const enforced = hit('c', { burst: { capacity: 1, intervalMs: 60_000, isEnforced: true, reviewAbove: 2 } });
  const told: number[] = [];
  for (let second = 0; second < 40; second++, table.nowMs += 1000) {
    table.take(enforced);
    if (table.state.burstToReview >= 0) told.push(second);
  }
  expect(told).toEqual([21]);
});

test('the hit that is told of is the one whose burst it was', () => {
  const table = openTable();
  const hits = [hit('c', { perDay: 100 }, 'other'), watched(1)];
  for (let i = 0; i < 2; i++, table.nowMs += 10_000) {
    table.take(...hits);
    table.take(...hits);
  }
  expect(table.state.burstToReview).toBe(1);
});
