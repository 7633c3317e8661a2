import { describe, expect, test } from 'vitest';
import { hit, NOW_MS, openTable } from './testdata/open-table.ts';

const costing = (cost: number, limits: Parameters<typeof hit>[1], client = 'c') => ({
  ...hit(client, limits),
  cost,
});

describe('a request that costs more than one', () => {
  test('takes its cost from every window, and says how many of cost 1 are left', () => {
    const table = openTable();
    expect(table.take(costing(4, { perMinute: 10, perDay: 100 }))).toBe(true);
    expect(table.state).toMatchObject({ window: 'minute', limit: 10, remaining: 6 });
    expect(table.take(costing(6, { perMinute: 10, perDay: 100 }))).toBe(true);
    expect(table.state.remaining).toBe(0);
    expect(table.take(costing(1, { perMinute: 100, perDay: 100 }))).toBe(true);
    expect(table.state).toMatchObject({ window: 'day', remaining: 89 });
  });

  test('is refused as a whole, and told what is left and when all of it has room', () => {
    const table = openTable();
    for (let i = 0; i < 4; i++, table.nowMs += 6000) table.take(costing(2, { perMinute: 10 }));
    expect(table.take(costing(5, { perMinute: 10 }))).toBe(false);
    // Two of the four must be forgotten: 8 counted, 5 asked for.
    expect(table.state).toMatchObject({ remaining: 2, resetMs: NOW_MS + 6000 + 60_000 });
    expect(table.take(costing(2, { perMinute: 10 }))).toBe(true);
    expect(table.take(costing(1, { perMinute: 10 }))).toBe(false);
  });

  test.each([11, 1_000_001, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER])(
    'of %d never passes a limit of 10, says so, and takes nothing',
    (cost) => {
      const table = openTable();
      table.takeMany(3, hit('c', { perMinute: 10 }));
      expect(table.take(costing(cost, { perMinute: 10 }))).toBe(false);
      expect(table.state).toMatchObject({ limit: 10, remaining: 7, degraded: '' });
      expect(table.state.problem).toMatch(/never passes/);
      expect(table.state.resetMs).toBeGreaterThanOrEqual(NOW_MS + 60_000);
      expect(table.takeMany(10, hit('c', { perMinute: 10 }))).toBe(7);
      expect(table.state.problem).toBe('');
    },
  );

  test('of the whole limit passes once', () => {
    const table = openTable();
    expect(table.takeMany(2, costing(1_000_000, { perMinute: 1_000_000, perDay: 1_000_000 }))).toBe(1);
    table.nowMs += 60_000;
    expect(table.take(costing(1, { perMinute: 1_000_000 }))).toBe(true);
    expect(table.take(costing(1, { perDay: 1_000_000 }))).toBe(false);
  });

  test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('cannot cost %d', (cost) => {
    const table = openTable();
    expect(() => table.take(costing(cost, { perMinute: 10 }))).toThrow(RangeError);
    expect(table.takeMany(11, hit('c', { perMinute: 10 }))).toBe(10);
  });

  test('twice on one counter costs both', () => {
    const table = openTable();
    const [three, four] = [costing(3, { perHour: 10 }), costing(4, { perHour: 10 })];
    expect(table.take(three, four)).toBe(true);
    expect(table.take(three, four)).toBe(false);
    expect(table.take(three)).toBe(true);
    expect(table.take(costing(6, { perHour: 10 }, 'd'), costing(6, { perHour: 10 }, 'd'))).toBe(false);
    expect(table.state.problem).toMatch(/never passes/);
  });
});
