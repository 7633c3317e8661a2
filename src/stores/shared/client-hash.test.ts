import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClientHash } from './client-hash.ts';

function hash(scope: string, client: string, key0 = 1, key1 = 2): string {
  const out = new Int32Array(3);
  createClientHash(key0, key1)(scope, client, out, 1);
  return `${out[1]}:${out[2]}`;
}

test.each([
  ['scope and client are told apart', ['ab', 'c'], ['a', 'bc']],
  ['so are they at a block boundary', ['ab', 'cd'], ['abcd', '']],
  ['and at the other end', ['', 'abcd'], ['abcd', '']],
  ['padding is not a character', ['a', 'b'], ['a', 'b\0']],
  ['nor in the scope', ['a', 'b'], ['a\0', 'b']],
  ['code units above 255 count', ['a', 'é'], ['a', 'ǩ']],
  ['lone surrogates are different', ['a', '\ud800'], ['a', '\ud801']],
] as const)('%s', (_name, [scopeA, clientA], [scopeB, clientB]) => {
  expect(hash(scopeA, clientA)).not.toBe(hash(scopeB, clientB));
});

test('equal keys have equal hashes, other seeds have others', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      fc.integer(),
      (scope, client, seed) => {
        expect(hash(scope, client, seed, 5)).toBe(hash(scope, client, seed, 5));
        expect(hash(scope, client, seed, 5)).not.toBe(hash(scope, client, seed ^ 1, 5));
        expect(hash(scope, client, seed, 5)).not.toBe(hash(scope, client, seed, 4));
      },
    ),
  );
});

test('keys that collide in one table do not in another: an attacker cannot gather prefixes for a set', () => {
  const sets = 1000;
  const hashes = [createClientHash(1, 77), createClientHash(2, 77)] as const;
  const setOf = (client: string, table: 0 | 1) => {
    const out = new Int32Array(2);
    hashes[table]('address:orders', client, out, 0);
    return Math.floor(((out[0]! >>> 0) / 2 ** 32) * sets);
  };
  const clients = Array.from({ length: 40_000 }, (_, i) => `2001:db8:0:${i.toString(16)}::/64`);
  const gathered = clients.filter((client) => setOf(client, 0) === 0);
  expect(gathered.length).toBeGreaterThan(15);
  expect(new Set(gathered.map((client) => setOf(client, 1))).size).toBeGreaterThan(gathered.length * 0.8);
});

describe('avalanche', () => {
  test.each([0, 1])('one bit of the client changes half the bits of word %i', (word) => {
    let changed = 0;
    const rounds = 2000;
    for (let i = 0; i < rounds; i++) {
      const hash = createClientHash(i, 3);
      const [a, b] = [new Int32Array(2), new Int32Array(2)];
      hash('tier', String.fromCharCode(100, i), a, 0);
      hash('tier', String.fromCharCode(100, i ^ (1 << (i % 16))), b, 0);
      for (let bits = a[word]! ^ b[word]!; bits !== 0; bits &= bits - 1) changed++;
    }
    expect(changed / rounds).toBeGreaterThan(15.5);
    expect(changed / rounds).toBeLessThan(16.5);
  });
});

test('a scope has the same hash before and after thousands of others were seen', () => {
  const hash = createClientHash(1, 2);
  const [before, after] = [new Int32Array(2), new Int32Array(2)];
  hash('tier', 'client', before, 0);
  for (let i = 0; i < 10_000; i++) hash(`scope-${i}`, 'client', after, 0);
  hash('tier', 'client', after, 0);
  expect(after).toEqual(before);
});
