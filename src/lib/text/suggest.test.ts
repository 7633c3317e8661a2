import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closest } from './suggest.ts';

const WORDS = ['limit', 'listen', 'upstream', 'upstreams', 'window', 'mode', 'routes', 'on', 'allowOrigins'];

test.each([
  ['limt', 'limit'],
  ['limitt', 'limit'],
  ['lmiit', 'limit'],
  ['LIMIT', 'limit'],
  ['upstraem', 'upstream'],
  ['upstreems', 'upstreams'],
  ['windwo', 'window'],
  ['mdoe', 'mode'],
  ['ON', 'on'],
  ['no', null],
  ['alow_origins', 'allowOrigins'],
  ['alloworigin', 'allowOrigins'],
  ['zebra', null],
  ['x', null],
  ['ab', null],
  ['', null],
  ['upper', null],
  ['m'.repeat(100_000), null],
])('%s means %s', (word, meant) => {
  expect(closest(word, WORDS)).toBe(meant);
});

test('nothing to choose from', () => {
  expect(closest('limit', [])).toBeNull();
});

test('a word that is there is found, and the first of equals wins', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, maxLength: 20 })),
      fc.string({ minLength: 1, maxLength: 20 }),
      (words, word) => {
        const found = closest(word, [...words, word]);
        expect(found?.toLowerCase()).toBe(word.toLowerCase());
      },
    ),
  );
  expect(closest('cat', ['bat', 'rat'])).toBe('bat');
});
