import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { VerificationKey } from '../../core/ports.ts';
import type { Principal } from '../../core/principal.ts';
import { TokenCache, type VerifiedToken } from './token-cache.ts';

const verified = (rulesId: string): VerifiedToken => ({
  principal: null as unknown as Principal,
  audience: [],
  rulesId,
  notBeforeMs: 0,
  expiresMs: 1,
  issuedAtMs: 0,
  replayId: '',
  hasJti: false,
  confirmation: null,
  key: null as unknown as VerificationKey,
  keysVersion: 1,
  revocationsVersion: 1,
});

describe('TokenCache', () => {
  test('finds what was put, and the latest of one token', () => {
    const cache = new TokenCache();
    cache.put('a', verified('1'));
    cache.put('a', verified('2'));
    expect(cache.find('a')?.rulesId).toBe('2');
    expect(cache.size).toBe(1);
    cache.delete('a');
    expect(cache.find('a')).toBeNull();
    expect(cache.bytes).toBe(0);
  });

  test('gives entries that were used a second chance', () => {
    const cache = new TokenCache(3);
    for (const token of ['a', 'b', 'c']) cache.put(token, verified(token));
    cache.find('a');
    cache.put('d', verified('d'));
    expect(['a', 'b', 'c', 'd'].map((token) => cache.find(token) !== null)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  test('evicts although all are used', () => {
    const cache = new TokenCache(100);
    for (let i = 0; i < 100; i++) cache.put(`t${i}`, verified(''));
    for (let i = 0; i < 100; i++) cache.find(`t${i}`);
    cache.put('new', verified(''));
    expect(cache.size).toBe(100);
    expect(cache.find('new')).not.toBeNull();
  });

  test.each([
    [0, 1e6],
    [10, 10],
  ])('with room for nothing (%i entries, %i bytes) remembers nothing', (entries, bytes) => {
    const cache = new TokenCache(entries, bytes);
    cache.put('a', verified(''));
    expect([cache.size, cache.find('a')]).toEqual([0, null]);
  });

  test('stays within its bounds and forgets nothing wrongly, whatever happens', () => {
    const step = fc.record({
      what: fc.constantFrom('put', 'find', 'delete'),
      token: fc.nat(40),
      length: fc.nat(2000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const cache = new TokenCache(8, 20_000);
        const deleted = new Set<string>();
        for (const { what, token, length } of steps) {
          const text = `${token}`.padEnd(length, 'x');
          if (what === 'put') {
            cache.put(text, verified(text));
            expect(cache.find(text)?.rulesId).toBe(text);
            deleted.delete(text);
          } else if (what === 'delete') {
            cache.delete(text);
            deleted.add(text);
          } else if (deleted.has(text)) expect(cache.find(text)).toBeNull();
          else expect(cache.find(text)?.rulesId ?? text).toBe(text);
          expect(cache.size).toBeLessThanOrEqual(8);
          expect(cache.bytes).toBeLessThanOrEqual(20_000);
        }
      }),
    );
  });
});
