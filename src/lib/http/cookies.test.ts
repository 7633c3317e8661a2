import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findCookie, withoutCookie } from './cookies.ts';
import { FieldLines } from './field-lines.ts';

const linesOf = (...values: string[]) =>
  FieldLines.fromFlat(['Accept', 'key=no', ...values.flatMap((value) => ['Cookie', value])]);

describe('findCookie', () => {
  test.each<[string[], number, string]>([
    [[], 0, ''],
    [['a=b'], 0, ''],
    [['key=v'], 1, 'v'],
    [['a=b; key=v; c=d'], 1, 'v'],
    [['a=b;key=v;c=d'], 1, 'v'],
    [['a=b', 'key=v'], 1, 'v'],
    [['key=v; key=w'], 2, 'v'],
    [['key=v', 'key=w'], 2, 'v'],
    [['key=v=w'], 1, 'v=w'],
    [['key='], 1, ''],
    [['key'], 1, ''],
    [[' key = v '], 1, 'v'],
    [['KEY=v'], 0, ''],
    [['xkey=v; keyx=v'], 0, ''],
    [['a=key=v'], 0, ''],
    [['a="x; key=v"'], 1, 'v"'],
  ])('%j', (values, count, value) => {
    expect(findCookie(linesOf(...values), 'key')).toEqual({ count, value });
  });
});

test.each([
  ['key=v', ''],
  ['a=b; key=v; c=d', 'a=b; c=d'],
  ['key=v; a=b', 'a=b'],
  ['a=b; key=v; key=w', 'a=b'],
  ['a=b; xkey=v', 'a=b; xkey=v'],
  ['a=b;  odd ;;', 'a=b;  odd ;;'],
])('%j without the key is %j', (text, rest) => {
  expect(withoutCookie(text, 'key')).toBe(rest);
});

test('what is left never has the cookie', () => {
  const piece = fc.constantFrom('key=v', 'a=b', ' key', '; ', 'key =x', '', 'keys=1', '"', '\tkey=y');
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const rest = withoutCookie(pieces.join(';'), 'key');
      expect(findCookie(linesOf(rest), 'key').count).toBe(0);
    }),
  );
});
