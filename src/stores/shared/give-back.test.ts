import { expect, test } from 'vitest';
import { hit, NOW_MS, openTable } from './testdata/open-table.ts';

test('what is given back is missing in none of the windows, once', () => {
  const table = openTable();
  const mine = { ...hit('c', { perMinute: 10, perHour: 10, perDay: 10 }), cost: 4 };
  table.takeMany(2, mine);
  table.counters.giveBack(mine, NOW_MS, NOW_MS);
  expect(table.take(hit('c', { perMinute: 10, perHour: 10, perDay: 10 }))).toBe(true);
  expect(table.state.remaining).toBe(5);
});

test('nothing is given back to a counter that was given to somebody else and back meanwhile', () => {
  const table = openTable(8);
  const mine = hit('c', { perDay: 10 });
  table.take(mine);
  table.nowMs += 1000;
  for (let i = 0; i < 8; i++) {
    table.takeMany(5, hit(`other-${i}`, { perDay: 10 }));
  }
  table.nowMs += 1000;
  table.takeMany(3, mine);
  table.counters.giveBack(mine, NOW_MS, table.nowMs);
  table.take(mine);
  expect(table.state.remaining, 'the three and this one').toBe(6);
  table.counters.giveBack(mine, table.nowMs, table.nowMs);
  table.take(mine);
  expect(table.state.remaining, 'nor where it could be told: it is the strict side').toBe(5);
  table.nowMs += 2000;
  table.take(mine);
  table.counters.giveBack(mine, table.nowMs, table.nowMs);
  table.take(mine);
  expect(table.state.remaining).toBe(4);
});

test.each([
  [1, 1, true],
  [2, 1, false],
  [2, 2, true],
])(
  'of clients at a limit with %i requests, %i given back: another finds a place %s',
  (taken, given, isFound) => {
    const table = openTable(8);
    for (let i = 0; i < 8; i++) {
      const mine = hit(`c-${i}`, { perDay: taken });
      expect(table.takeMany(taken, mine)).toBe(taken);
      table.nowMs += 1000;
      for (let n = 0; n < given; n++) table.counters.giveBack(mine, table.nowMs - 1000, table.nowMs);
    }
    expect(table.take(hit('another', { perDay: 1 }))).toBe(isFound);
  },
);

test('a request that was counted later than its clock said is remembered too long, not too short', () => {
  const table = openTable();
  const mine = hit('c', { perMinute: 2 });
  table.take(mine);
  table.nowMs += 20_000;
  table.take(mine);
  // The clock was set back: this one would count at the time of the one before it.
  const takenMs = NOW_MS;
  table.counters.giveBack(mine, takenMs, table.nowMs);
  expect(table.takeMany(2, mine)).toBe(1);
  table.nowMs = NOW_MS + 60_000;
  expect(table.take(mine)).toBe(false);
});

test('windows that the hit does not limit stay as they are', () => {
  const table = openTable();
  table.take(hit('c', { perMinute: 10, perDay: 10 }));
  table.counters.giveBack(hit('c', { perMinute: 10 }), NOW_MS, NOW_MS);
  table.take(hit('c', { perDay: 10 }));
  expect(table.state.remaining).toBe(8);
});

test('more is never given back than is counted', () => {
  const table = openTable();
  const mine = {
    ...hit('c', {
      perMinute: 10,
      burst: { capacity: 8, intervalMs: 1000, isEnforced: true, reviewAbove: 3 },
    }),
  };
  table.take(mine);
  for (let i = 0; i < 3; i++) table.counters.giveBack({ ...mine, cost: 1_000_000 }, NOW_MS, NOW_MS);
  expect(table.takeMany(20, hit('c', { perMinute: 10 }))).toBe(10);
  expect(table.takeMany(20, hit('c', { burst: mine.limits.burst }))).toBe(8);
});
