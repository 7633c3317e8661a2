import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArgumentReader } from './urlencoded.ts';

function read(text: string, limit = 1_000, step = Number.POSITIVE_INFINITY): ArgumentReader {
  const reader = new ArgumentReader(text, '&', limit);
  while (!reader.step(step));
  return reader;
}

const pairs = ({ values }: ArgumentReader): string[][] =>
  values.names.map((name, i) => [name, values.values[i] as string]);

describe('arguments', () => {
  test.each<[string, string[][], boolean]>([
    ['', [], false],
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
      false,
    ],
    [
      'a&&b',
      [
        ['a', ''],
        ['', ''],
        ['b', ''],
      ],
      false,
    ],
    ['a=1&', [['a', '1']], false],
    ['&', [['', '']], false],
    ['=', [['', '']], false],
    ['a=b=c', [['a', 'b=c']], false],
    [
      '%41=+&d%=%',
      [
        ['A', ' '],
        ['d%', '%'],
      ],
      true,
    ],
    ['%zz=%4', [['%zz', '%4']], true],
    ['a=%%41', [['a', '%A']], true],
    ['a=%00%ff', [['a', '\0\xff']], false],
    ['a=%u0041', [['a', '%u0041']], true],
    ['a=1;b=2', [['a', '1;b=2']], false],
  ])('%s', (text, expected, isInvalid) => {
    const reader = read(text);
    expect(pairs(reader)).toEqual(expected);
    expect(reader.isInvalid).toBe(isInvalid);
  });

  test('more than may be are left out, and said', () => {
    const reader = read('a&b&c', 2);
    expect(pairs(reader)).toEqual([
      ['a', ''],
      ['b', ''],
    ]);
    expect(reader.error).toBe('SecArgumentsLimit exceeded');
  });

  test('in steps it is what it is at once', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '=', '&', '%', '4', '1', '+') }),
        fc.integer({ min: 1, max: 9 }),
        (text, step) => {
          expect(pairs(read(text, 9, step))).toEqual(pairs(read(text, 9)));
        },
      ),
    );
  });

  test('long ones as well, though they are decoded piece by piece', () => {
    const piece = fc.constantFrom('%41', '%', '+', 'a'.repeat(20_000), '=', '%4', '&', '%00'.repeat(9_000));
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.integer({ min: 1_000, max: 50_000 }),
        (pieces, step) => {
          const text = pieces.join('');
          const [once, stepped] = [read(text), read(text, 1_000, step)];
          expect(pairs(stepped)).toEqual(pairs(once));
          expect(stepped.isInvalid).toBe(once.isInvalid);
        },
      ),
      { numRuns: 60 },
    );
  });
});
