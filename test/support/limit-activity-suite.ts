import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  LIMIT_HOURS_KEPT_DAYS,
  type LimitedRequests,
  MAX_LIMITED_PER_HOUR,
} from '../../src/core/limit-activity.ts';
import { DAY_MS } from '../../src/lib/time/day.ts';
import type { Database } from '../../src/stores/sql/open-database.ts';
import type { StoreWorld } from './record-stores.ts';

const HOUR_MS = 3_600_000;
/** An hour of requests that were refused. */
export const limited = (change: Partial<LimitedRequests>): LimitedRequests => ({
  tier: 'free',
  kind: 'address',
  client: '192.0.2.7',
  limit: 'tier "free"',
  refused: 1,
  observed: 0,
  lastAtMs: 5,
  ...change,
});

/** THE SUITE of what limits did: the same for every database. */
export function describeLimitActivity({ open }: StoreWorld): void {
  describe('LimitActivityStore', () => {
    let database: Database;
    beforeEach(async () => {
      database = await open({ maxCount: 10, maxAgeMs: DAY_MS });
    });
    afterEach(() => database.close());

    test('adds up what belongs together, and keeps apart what does not', async () => {
      const { limitActivity } = database;
      const other = limited({ kind: 'key', client: `O'Brien"; drop table limit_hours; --`, observed: 3 });
      await limitActivity.addHours([
        { hourMs: 0, requests: 10, limited: [limited({}), limited({ refused: 4, lastAtMs: 9 }), other] },
        { hourMs: HOUR_MS, requests: 1, limited: [] },
      ]);
      await limitActivity.addHours([
        { hourMs: 0, requests: 5, limited: [limited({ observed: 2, lastAtMs: 7 })] },
      ]);
      const hours = await limitActivity.listHours(0, 2 * HOUR_MS);
      expect(hours.map(({ hourMs, requests }) => [hourMs, requests])).toEqual([
        [0, 15],
        [HOUR_MS, 1],
      ]);
      expect(hours[0]?.limited).toHaveLength(2);
      expect(hours[0]?.limited).toContainEqual(limited({ refused: 6, observed: 2, lastAtMs: 9 }));
      expect(hours[0]?.limited).toContainEqual(other);
      expect(await limitActivity.listHours(HOUR_MS, HOUR_MS)).toEqual([]);
      expect((await limitActivity.listHours(1, HOUR_MS + 1)).map(({ hourMs }) => hourMs)).toEqual([HOUR_MS]);
    });

    test('a flood of clients is bounded, and none of its requests is lost', async () => {
      const { limitActivity } = database;
      const many = Array.from({ length: MAX_LIMITED_PER_HOUR + 300 }, (_, at) =>
        limited({ client: `c${at}` }),
      );
      for (let from = 0; from < many.length; from += 500)
        await limitActivity.addHours([{ hourMs: 0, requests: 500, limited: many.slice(from, from + 500) }]);
      await limitActivity.addHours([{ hourMs: 0, requests: 1, limited: [limited({ client: 'c0' })] }]);
      const [hour] = await limitActivity.listHours(0, HOUR_MS);
      const found = hour?.limited ?? [];
      expect(found.length).toBeLessThanOrEqual(MAX_LIMITED_PER_HOUR + 1);
      expect(found.reduce((sum, { refused }) => sum + refused, 0)).toBe(many.length + 1);
      expect(found.find(({ client }) => client === 'c0')?.refused).toBe(2);
      expect(found.find(({ kind }) => kind === '')?.refused).toBe(300);
    });

    test('what is older than is kept is deleted', async () => {
      const { limitActivity } = database;
      await limitActivity.addHours([
        { hourMs: 0, requests: 1, limited: [limited({})] },
        { hourMs: DAY_MS, requests: 2, limited: [limited({})] },
      ]);
      await limitActivity.pruneHours(LIMIT_HOURS_KEPT_DAYS * DAY_MS + 1);
      expect((await limitActivity.listHours(0, 10 * DAY_MS)).map(({ hourMs }) => hourMs)).toEqual([DAY_MS]);
    });
  });
}
