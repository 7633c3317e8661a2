import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { baseName, decodePath, parseTarget } from './request-target.ts';

describe('targets', () => {
  test.each<[string, string | null, string | null]>([
    ['/', '/', null],
    ['/?', '/', ''],
    ['/a?b?c', '/a', 'b?c'],
    ['//a//b/../c', '/a//b/../c', null],
    ['http://other.example:81/x/y?z=1', '/x/y', 'z=1'],
    ['http://other.example', null, null],
    ['http://other.example?q', null, 'q'],
    ['*', '*', null],
    ['/a#b?c', '/a#b', 'c'],
  ])('%s', (target, path, query) => {
    expect(parseTarget(target, 'GET')).toMatchObject({ path, query });
  });

  test('the target of CONNECT has no path', () => {
    expect(parseTarget('a.example:443', 'CONNECT')).toEqual({
      path: null,
      query: null,
      authority: 'a.example:443',
    });
  });
});

describe('decoded paths', () => {
  test.each([
    ['/a/%2e%2e/b', '/b'],
    ['/a//b/../c', '/a/c'],
    ['/a/./b', '/a/b'],
    ['/a/b/..', '/a/'],
    ['/a/..', '/'],
    ['/a/b/', '/a/b/'],
    ['/a%252fb', '/a%2fb'],
    ['/%25%32%65', '/%2e'],
    ['/a%c3%a9', '/a\xc3\xa9'],
    ['/a+b%20c%3f', '/a+b c?'],
    ['/a%5cb\\c', '/a\\b\\c'],
    ['/a%2fb', '/a%2fb'],
    ['/a%00b', '/a%00b'],
    ['/%zz', '/%zz'],
    ['/a%4', '/a%4'],
    ['/a/../..', '/a/../..'],
    ['/...', '/...'],
    ['*', '*'],
  ])('%s', (path, expected) => {
    expect(decodePath(path)).toBe(expected);
  });

  test('no path makes it throw, and none is decoded twice', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('/', '.', '%', '2', 'e', 'f', '5', 'a', '\\') }),
        (text) => {
          expect(decodePath(`/${text}`).length).toBeLessThanOrEqual(text.length + 1);
        },
      ),
    );
  });
});

test.each([
  ['/a/b', 'b'],
  ['/a/b/', ''],
  ['/a\\b\\c.d', 'c.d'],
  ['/', ''],
])('what stands last in %s', (path, expected) => {
  expect(baseName(path)).toBe(expected);
});
