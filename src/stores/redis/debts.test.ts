import { describe, expect, test } from 'vitest';
import type { Hit } from '../../core/limits.ts';
import { Debts, debtsOf } from './debts.ts';
import { hitOf, NOW_MS } from './testdata/guarded-world.ts';

const hit = hitOf({ perMinute: 10 });

/** What a client owes after one request at each of these times. */
function owed(times: readonly number[]) {
  const debts = new Debts();
  for (const time of times) debts.add(hit, NOW_MS + time);
  const account = debts.settle(hit);
  return account === null ? [] : debtsOf(account).map(({ amount, takenMs }) => [amount, takenMs - NOW_MS]);
}

describe('the debt of a client', () => {
  test('is one part for requests of one second, as of the last of them', () => {
    expect(owed([0, 10, 999])).toEqual([[3, 999]]);
  });

  test('is several parts for requests that lie apart', () => {
    expect(owed([0, 10, 1000, 5000])).toEqual([
      [2, 10],
      [1, 1000],
      [1, 5000],
    ]);
  });

  test('counts nothing when the clock is set back: it joins what is there', () => {
    expect(owed([5000, 100])).toEqual([[2, 5000]]);
  });

  test('of a day stays small, loses nothing, and is the coarser the older it is', () => {
    const day = Array.from({ length: 8640 }, (_, at) => at * 10_000);
    const parts = owed(day);
    expect(parts.length).toBeLessThanOrEqual(24);
    expect(parts.reduce((sum, [amount = 0]) => sum + amount, 0)).toBe(8640);
    const endMs = day.at(-1) as number;
    let fromMs = 0;
    for (const [, lastMs = 0] of parts.slice(0, -1)) {
      expect(lastMs - fromMs).toBeLessThanOrEqual(Math.max(20_000, 0.75 * (endMs - fromMs)));
      fromMs = lastMs;
    }
  });
});

describe('a book of debts', () => {
  test('is bounded', () => {
    const debts = new Debts();
    for (let i = 0; i < 50_100; i++) debts.add(hitOf({}, `client ${i}`), NOW_MS);
    expect(debts.size).toBe(50_000);
  });

  test('takes back what was added, and no more', () => {
    const debts = new Debts();
    debts.add(hit, NOW_MS);
    const took = (one: Hit) => debts.reduce(one, NOW_MS);
    expect([took(hit), took(hit), took(hitOf({}, 'other'))]).toEqual([true, false, false]);
  });

  test.each([
    [-60_000, false],
    [-20, true],
    [0, true],
    [1, false],
  ])('takes back of what was added then, or soon after: %i ms from it %s', (fromMs, isFound) => {
    const debts = new Debts();
    debts.add(hit, NOW_MS);
    expect(debts.reduce(hit, NOW_MS + fromMs)).toBe(isFound);
  });

  test('gives out the oldest accounts first, each once', () => {
    const debts = new Debts();
    for (const client of ['a', 'b', 'c']) debts.add(hitOf({}, client), NOW_MS);
    const clients = [debts.settleSome(2), debts.settleSome(2)].map((some) =>
      some.map((one) => one.hit.client),
    );
    expect(clients).toEqual([['a', 'b'], ['c']]);
    expect(debts.settle(hitOf({}, 'a'))).toBeNull();
  });

  test('joins an account that comes back with what was added meanwhile', () => {
    const debts = new Debts();
    debts.add(hit, NOW_MS);
    const [account] = debts.settleSome(1);
    debts.add(hit, NOW_MS + 5000);
    debts.restore(account as never);
    const whole = debts.settle(hit);
    expect(whole && debtsOf(whole).map(({ amount }) => amount)).toEqual([1, 1]);
    expect(debts.size).toBe(0);
  });
});
