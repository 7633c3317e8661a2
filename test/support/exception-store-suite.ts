import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '../../src/lib/time/day.ts';
import type { Database } from '../../src/stores/sql/open-database.ts';
import { exceptionWith } from './limit-exceptions.ts';
import type { StoreWorld } from './record-stores.ts';

const BOUNDS = { maxCount: 1_000, maxAgeMs: DAY_MS };

/** THE SUITE of the exceptions from limits: the same for every database that they are kept in. */
export function describeExceptionStore({ open, reopen }: StoreWorld): void {
  let database: Database;
  beforeEach(async () => {
    database = await open(BOUNDS);
  });
  afterEach(() => database.close());

  const whole = exceptionWith({
    id: 'whole',
    subject: 'tenant',
    issuer: 'https://auth.test/"; drop table limit_exceptions; --',
    value: `O'Brien \u{1f511}`,
    change: { kind: 'numbers', numbers: { perMinute: 1, perHour: 0, perDay: 1_000_000, concurrent: 7 } },
    api: 'orders',
    endpoint: 'search',
    limit: 'accounts',
    reason: '{"a":"\\"}',
    approvedBy: 'chief',
    createdBy: 'root',
    createdAtMs: 8_640_000_000_000,
    expiresAtMs: 8_640_000_000_000_000,
  });

  describe('LimitExceptionStore', () => {
    test.each([
      whole,
      exceptionWith({ id: 'b', change: { kind: 'tier', tier: "pro'" } }),
      exceptionWith({ id: 'c', change: { kind: 'factor', factor: 0.01 } }),
    ])('gives back exactly what was stored: $change', async (one) => {
      await database.limitExceptions.add(one, 0);
      expect(await database.limitExceptions.find(one.id)).toEqual(one);
      expect(await database.limitExceptions.find("b' or 1=1 --")).toBeNull();
    });

    test('lists the newest first, and keeps what is over until it is forgotten', async () => {
      const { limitExceptions } = database;
      await limitExceptions.add(exceptionWith({ id: 'a', createdAtMs: 1, expiresAtMs: 10 }), 0);
      await limitExceptions.add(exceptionWith({ id: 'b', createdAtMs: 2, expiresAtMs: 20 }), 10);
      expect((await limitExceptions.list()).map(({ id }) => id)).toEqual(['b', 'a']);
      await limitExceptions.add(exceptionWith({ id: 'c', createdAtMs: 3 }), 11);
      expect((await limitExceptions.list()).map(({ id }) => id)).toEqual(['c', 'b']);
    });

    test('never has two of one id', async () => {
      await database.limitExceptions.add(exceptionWith(), 0);
      await expect(database.limitExceptions.add(exceptionWith({ owner: 'x' }), 0)).rejects.toThrow(/unique/i);
      expect((await database.limitExceptions.find('ex1'))?.owner).toBe('sales');
    });

    test('removes one once, and tells what it was', async () => {
      await database.limitExceptions.add(whole, 0);
      const removed = await Promise.all([1, 2, 3].map(() => database.limitExceptions.remove('whole')));
      expect(removed.filter((one) => one !== null)).toEqual([whole]);
      expect(await database.limitExceptions.list()).toEqual([]);
    });

    test('survives', async () => {
      await database.limitExceptions.add(whole, 0);
      await database.close();
      database = await reopen(BOUNDS);
      expect(await database.limitExceptions.list()).toEqual([whole]);
    });

    test('in a database that gateways share, tells the others of each change', async () => {
      const { shared, limitExceptions } = database;
      if (shared === null) return;
      const before = await shared.position();
      await limitExceptions.add(exceptionWith(), 0);
      await limitExceptions.remove('ex1');
      const { ids, position } = await shared.changesAfter(before);
      expect([position - before, [...(ids.get('limit-exception') ?? [])]]).toEqual([2, ['ex1']]);
    });
  });
}
