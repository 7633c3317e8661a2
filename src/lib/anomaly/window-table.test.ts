import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateDistinct, hashText, noteDistinct } from './distinct-bits.ts';
import { countriesOf, countryCode, countryNumber, windowOf } from './window-batch.ts';
import { type FinishedRequest, WindowTable } from './window-table.ts';

const request = (over: Partial<FinishedRequest> = {}): FinishedRequest => ({
  client: 'a',
  status: 200,
  durationMs: 10,
  userAgent: 'test',
  path: '/',
  country: 0,
  ...over,
});

describe('distinct values', () => {
  test.each([1, 5, 50, 400, 1500])('%i different texts are told within a sixth', (count) => {
    const bits = new Uint32Array(16);
    for (let i = 0; i < count * 3; i++) noteDistinct(bits, 0, 16, hashText(`/items/${i % count}`, 42));
    const estimate = estimateDistinct(bits, 0, 16);
    expect(Math.abs(estimate - count)).toBeLessThanOrEqual(Math.max(1, count / 6));
  });

  test('more than can be told apart is a large number, not infinity', () => {
    const bits = new Uint32Array(2).fill(0xffff_ffff);
    expect(estimateDistinct(bits, 0, 2)).toBeGreaterThan(200);
    expect(Number.isFinite(estimateDistinct(bits, 0, 2))).toBe(true);
  });

  test('texts that are alike for one seed are not for another: nobody can prepare paths that look like one', () => {
    const groups = new Map<number, string>();
    let pair: [string, string] | null = null;
    for (let i = 0; pair === null; i++) {
      const text = `/p${i}`;
      const bit = hashText(text, 1) % 512;
      const other = groups.get(bit);
      if (other === undefined) groups.set(bit, text);
      else if (hashText(text, 2) % 512 !== hashText(other, 2) % 512) pair = [text, other];
    }
    expect(pair).not.toBeNull();
  });
});

test.each(['DE', 'AA', 'ZZ'])('country %s keeps its letters', (code) => {
  expect(countryCode(countryNumber(code))).toBe(code);
});

test.each(['', 'de', 'D', 'DEU', 'D1'])('%j is no country', (code) => {
  expect(countryNumber(code)).toBe(0);
});

test('a window says what its client did', () => {
  const table = new WindowTable(4, 1);
  for (const status of [200, 200, 401, 403, 404, 429, 500, 503]) table.note(request({ status, country: 5 }));
  table.note(request({ path: '/other', userAgent: 'other', country: 7 }));
  const batch = table.take();
  expect(windowOf(batch, 0, 3)).toMatchObject({
    requests: 9,
    clientErrors: 1,
    serverErrors: 2,
    refusedCredentials: 2,
    totalMs: 90,
    countries: 2,
    fromNewCountries: 3,
  });
  expect(countriesOf(batch, 0)).toEqual([
    { country: 5, requests: 8 },
    { country: 7, requests: 1 },
  ]);
  expect(table.take().clients).toEqual([]);
});

test('what threads counted apart adds up to what one would have counted', () => {
  const requests = fc.array(
    fc.record({
      client: fc.constantFrom('a', 'b', 'c'),
      status: fc.constantFrom(200, 401, 404, 429, 502),
      durationMs: fc.integer({ min: 0, max: 1000 }),
      userAgent: fc.constantFrom('x', 'y', 'z'),
      path: fc.webPath(),
      country: fc.integer({ min: 0, max: 5 }),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(fc.array(requests, { minLength: 1, maxLength: 4 }), (threads) => {
      const one = new WindowTable(8, 7);
      const all = new WindowTable(8, 7);
      for (const thread of threads) {
        const part = new WindowTable(8, 7);
        for (const each of thread) {
          part.note(each);
          one.note(each);
        }
        all.absorb(part.take());
      }
      expect(all.take()).toEqual(one.take());
    }),
    { numRuns: 25 },
  );
});

describe('a full table', () => {
  test('keeps those who send much, whatever flood of others there is', () => {
    const table = new WindowTable(100, 1);
    for (let i = 0; i < 20_000; i++) {
      table.note(request({ client: `flood ${i}` }));
      if (i % 20 === 0) table.note(request({ client: 'abuser' }));
    }
    const batch = table.take();
    expect(batch.clients).toHaveLength(100);
    const row = batch.clients.indexOf('abuser');
    expect(row).toBeGreaterThanOrEqual(0);
    expect(windowOf(batch, row, 0).requests).toBeGreaterThan(800);
  });

  test('gives a new client nothing of what the one before did', () => {
    const table = new WindowTable(1, 1);
    table.note(request({ client: 'a', status: 500, country: 3, path: '/a' }));
    table.note(request({ client: 'b', country: 4 }));
    const batch = table.take();
    expect(batch.clients).toEqual(['b']);
    expect(windowOf(batch, 0, 0)).toMatchObject({ requests: 1, serverErrors: 0, countries: 1 });
    expect(windowOf(batch, 0, 0).paths).toBeCloseTo(1, 0);
  });
});
