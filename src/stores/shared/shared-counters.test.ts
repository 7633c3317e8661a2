import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createCounterTable, openCounterTable } from './counter-table.ts';
import { openCounters } from './shared-counters.ts';
import { createSlotTable } from './slot-table.ts';
import { hit, NOW_MS, openTable } from './testdata/open-table.ts';

describe('a window', () => {
  test.each([
    ['perMinute', 'minute', 60_000],
    ['perHour', 'hour', 3_600_000],
    ['perDay', 'day', 86_400_000],
  ] as const)(
    '%s admits the limit, refuses the next and forgives a burst a window later',
    (key, window, lengthMs) => {
      const table = openTable();
      const mine = hit('c', { [key]: 3 });
      expect(table.takeMany(4, mine)).toBe(3);
      // The start lies on a whole quantum of each window, so nothing is rounded.
      expect(table.state).toMatchObject({
        admitted: false,
        hit: 0,
        window,
        limit: 3,
        remaining: 0,
        resetMs: NOW_MS + lengthMs,
      });
      table.nowMs += lengthMs - 1;
      expect(table.take(mine)).toBe(false);
      table.nowMs += 1;
      expect(table.takeMany(4, mine)).toBe(3);
    },
  );

  test('of limit 1 admits one', () => {
    const table = openTable();
    expect(table.takeMany(5, hit('c', { perMinute: 1 }))).toBe(1);
  });

  test('of 0 is not limited, and says so', () => {
    const table = openTable();
    expect(table.takeMany(50, hit('c', {}))).toBe(50);
    expect(table.state).toMatchObject({ admitted: true, limit: 0 });
    const words = new Int32Array(table.buffer);
    expect(words.subarray(openCounterTable(table.buffer).entriesAt).every((word) => word === 0)).toBe(true);
  });

  test('does not let through more by asking on either side of a minute', () => {
    const table = openTable();
    const mine = hit('c', { perMinute: 100 });
    table.nowMs = Math.ceil(NOW_MS / 60_000) * 60_000 - 1;
    expect(table.takeMany(100, mine)).toBe(100);
    table.nowMs += 2;
    expect(table.takeMany(100, mine)).toBe(0);
  });

  test('forgets everything after a long idle time', () => {
    const table = openTable();
    const mine = hit('c', { perMinute: 2, perHour: 2, perDay: 2 });
    expect(table.takeMany(3, mine)).toBe(2);
    table.nowMs += 3.2e12;
    expect(table.takeMany(3, mine)).toBe(2);
  });

  test('remembers what it counted across every 12-bit turn of its clock', () => {
    const table = openTable();
    const mine = hit('c', { perMinute: 1, perDay: 3 });
    expect(table.take(mine)).toBe(true);
    table.nowMs += 4096 * 15;
    expect(table.take(mine)).toBe(true);
    table.nowMs += 4096 * 900;
    expect(table.take(mine)).toBe(true);
    table.nowMs += 4096 * 900;
    expect(table.take(mine), 'the day is full').toBe(false);
  });
});

describe('limits', () => {
  test('above a million count as a million', { timeout: 30_000 }, () => {
    const table = openTable(8);
    const mine = hit('c', { perDay: 5_000_000 });
    expect(table.takeMany(1_000_010, mine)).toBe(1_000_000);
    expect(table.state.limit).toBe(1_000_000);
  });

  test('that change by a reload apply to the counts there are', () => {
    const table = openTable();
    expect(table.takeMany(10, hit('c', { perMinute: 10 }))).toBe(10);
    expect(table.take(hit('c', { perMinute: 5 }))).toBe(false);
    expect(table.takeMany(10, hit('c', { perMinute: 12 }))).toBe(2);
  });

  test('that were lowered say when there is room again: not before enough is forgotten', () => {
    const table = openTable();
    for (let i = 0; i < 6; i++, table.nowMs += 6000) table.takeMany(2, hit('c', { perMinute: 100 }));
    expect(table.take(hit('c', { perMinute: 3 }))).toBe(false);
    expect(table.state.resetMs).toBe(NOW_MS + 4 * 6000 + 60_000);
  });
});

describe('several hits', () => {
  test('are all taken or none', () => {
    const table = openTable();
    const [wide, narrow] = [
      hit('c', { perMinute: 10, perDay: 10 }),
      hit('c', { perHour: 2 }, 'route:search'),
    ];
    expect(table.takeMany(5, wide, narrow)).toBe(2);
    expect(table.state).toMatchObject({ hit: 1, window: 'hour', limit: 2, remaining: 0 });
    expect(table.takeMany(20, wide), 'refusals took nothing from the wide limit').toBe(8);
  });

  test('report the one with the least left', () => {
    const table = openTable();
    table.take(hit('c', { perMinute: 10, perHour: 4 }), hit('c', { perMinute: 3, perDay: 90 }, 'route'));
    expect(table.state).toMatchObject({
      admitted: true,
      hit: 1,
      window: 'minute',
      limit: 3,
      remaining: 2,
      resetMs: NOW_MS + 60_000,
    });
  });

  test('report the longest refusal when several refuse', () => {
    const table = openTable();
    const hits = [hit('c', { perDay: 1 }), hit('c', { perMinute: 1, perHour: 1 }, 'route')];
    expect(table.takeMany(2, ...hits)).toBe(1);
    expect(table.state).toMatchObject({ hit: 0, window: 'day', resetMs: NOW_MS + 86_400_000 });
  });

  test('on one and the same counter count twice, within its limit', () => {
    const table = openTable();
    const mine = hit('c', { perMinute: 5 });
    expect(table.takeMany(5, mine, mine)).toBe(2);
    expect(table.takeMany(5, mine)).toBe(1);
    const once = hit('d', { perMinute: 1 });
    expect(table.takeMany(2, once, once)).toBe(0);
  });

  test('of two clients or two scopes have nothing in common', () => {
    const table = openTable();
    expect(table.take(hit('a', { perMinute: 1 }))).toBe(true);
    expect(table.take(hit('b', { perMinute: 1 }))).toBe(true);
    expect(table.take(hit('a', { perMinute: 1 }, 'other'))).toBe(true);
    expect(table.take(hit('a', { perMinute: 1 }))).toBe(false);
  });

  test('above eight are a mistake of the caller', () => {
    const table = openTable();
    expect(() => table.take(...Array.from({ length: 9 }, (_, i) => hit(`${i}`, {})))).toThrow(RangeError);
  });
});

describe('the clock', () => {
  test('that is set back does not give fresh counts, and stands still until it caught up', () => {
    const table = openTable();
    const mine = hit('c', { perMinute: 2 });
    expect(table.takeMany(3, mine)).toBe(2);
    table.nowMs -= 3_600_000;
    expect(table.take(mine)).toBe(false);
    expect(table.state.resetMs).toBe(NOW_MS + 60_000);
    table.nowMs = NOW_MS + 60_000;
    expect(table.take(mine)).toBe(true);
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])(
    'that says %d is refused and leaves no trace',
    (nowMs) => {
      const table = openTable();
      table.nowMs = nowMs;
      expect(() => table.take(hit('c', { perMinute: 2 }))).toThrow(RangeError);
      table.nowMs = NOW_MS;
      expect(table.takeMany(3, hit('c', { perMinute: 2 }))).toBe(2);
    },
  );
});

describe('memory', () => {
  test('holds a million clients, and the slots of four threads, in 200 MiB', () => {
    const { byteLength } = createCounterTable({ clients: 1_000_000 });
    const slots = createSlotTable({ places: 32_768, threads: 4 });
    expect(byteLength + slots.byteLength).toBeLessThanOrEqual(200 * 2 ** 20);
  });

  test('is provided by the system only as it is used', { skip: process.platform !== 'linux' }, () => {
    const resident = () => Number(readFileSync('/proc/self/statm', 'ascii').split(' ')[1]) * 4096;
    const before = resident();
    const table = openCounterTable(createCounterTable({ clients: 1_000_000 }));
    expect(table.words.length * 4).toBeGreaterThan(190 * 2 ** 20);
    expect(resident() - before).toBeLessThan(50 * 2 ** 20);
  });

  test.each([0, -1, 1.5, Number.NaN, 1e12])('for %d clients is refused', (clients) => {
    expect(() => createCounterTable({ clients })).toThrow(RangeError);
  });

  test('of another kind is refused', () => {
    expect(() => openCounters(new SharedArrayBuffer(4096))).toThrow(TypeError);
    expect(() => openCounters(new SharedArrayBuffer(0))).toThrow(TypeError);
  });

  test('is keyed anew for every table', () => {
    const keys = Array.from({ length: 4 }, () => openCounterTable(createCounterTable({ clients: 8 })).key0);
    expect(new Set(keys).size).toBe(4);
  });
});
