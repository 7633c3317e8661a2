import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findParameter, withoutParameter } from './query.ts';

test.each([
  ['key=1', 'key', ''],
  ['a=1&key=2&b=3', 'key', 'a=1&b=3'],
  ['a=1&%6Bey=2', 'key', 'a=1'],
  ['key=1&key=2', 'key', ''],
  ['key', 'key', ''],
  ['keys=1&a=key', 'key', 'keys=1&a=key'],
  ['', 'key', ''],
])('%s without %s is %s', (query, name, rest) => {
  expect(withoutParameter(query, name)).toBe(rest);
});

test('what is left holds no parameter of the name', () => {
  const pair = fc.tuple(fc.constantFrom('key', 'k%65y', 'other', '%', ''), fc.string());
  fc.assert(
    fc.property(fc.array(pair), (pairs) => {
      const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
      expect(findParameter(withoutParameter(query, 'key'), 'key').count).toBe(0);
    }),
  );
});

test('a query of a million separators is searched in one pass', () => {
  const startMs = performance.now();
  expect(findParameter(`${'&'.repeat(1_000_000)}key`, 'key')).toEqual({ count: 1, value: '' });
  expect(performance.now() - startMs).toBeLessThan(2000);
});
