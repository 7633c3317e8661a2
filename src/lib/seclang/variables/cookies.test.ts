import { describe, expect, test } from 'vitest';
import { parseCookies } from './cookies.ts';

const pairs = (field: string, format: 0 | 1): string[][] => {
  const { names, values } = parseCookies(field, format);
  return names.map((name, i) => [name, values[i] as string]);
};

describe('cookies as browsers write them', () => {
  test.each<[string, string[][]]>([
    [
      'a=1; b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      ' a = 1 ; b',
      [
        ['a ', ' 1 '],
        ['b', ''],
      ],
    ],
    ['a=b=c', [['a', 'b=c']]],
    ['=x', []],
    [';;a', [['a', '']]],
    ['', []],
    [
      'a=1;a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [
      'a="x;y"; b=2',
      [
        ['a', '"x'],
        ['y"', ''],
        ['b', '2'],
      ],
    ],
    [
      'a=1, b=2, c',
      [
        ['a', '1'],
        ['b', '2'],
        ['c', ''],
      ],
    ],
    ['a=1,b=2', [['a', '1,b=2']]],
    [
      'a=1, b=2;c=3',
      [
        ['a', '1, b=2'],
        ['c', '3'],
      ],
    ],
    [
      '$Version=1; a=1',
      [
        ['$Version', '1'],
        ['a', '1'],
      ],
    ],
  ])('%s', (field, expected) => {
    expect(pairs(field, 0)).toEqual(expected);
  });
});

describe('cookies of RFC 2109', () => {
  test.each<[string, string[][]]>([
    [
      'a=1,b',
      [
        ['a', '1'],
        ['b', ''],
      ],
    ],
    [
      '$Version="1"; a="x;y"; $Path="/"; b = 2 ; c',
      [
        ['$Version', '1'],
        ['a', 'x;y'],
        ['$a_Path', '/'],
        ['b', '2'],
        ['c', ''],
      ],
    ],
    ['a="un', [['a', 'un']]],
    [
      'a= ;b',
      [
        ['a', ''],
        ['b', ''],
      ],
    ],
    ['=1;a', [['a', '']]],
    [' , ; a', [['a', '']]],
    [
      'a="x"y; b=1',
      [
        ['a', 'x'],
        ['y', ''],
        ['b', '1'],
      ],
    ],
  ])('%s', (field, expected) => {
    expect(pairs(field, 1)).toEqual(expected);
  });
});
