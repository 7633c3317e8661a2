import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonReader } from './json.ts';

function read(
  body: string,
  step = Number.POSITIVE_INFINITY,
  limits: { values?: number; depth?: number } = {},
): JsonReader {
  const reader = new JsonReader(body, {
    contentType: 'application/json',
    argumentSeparator: '&',
    argumentsLimit: limits.values ?? 100_000,
    jsonDepthLimit: limits.depth ?? 10_000,
  });
  while (!reader.step(step));
  return reader;
}

const pairs = ({ values }: JsonReader): string[][] =>
  values.names.map((name, i) => [name, values.values[i] as string]);

describe('names', () => {
  test.each<[string, string[][]]>([
    ['{}', []],
    ['[]', []],
    ['1', [['', '1']]],
    ['"x"', [['', 'x']]],
    ['null', [['', '']]],
    ['{"a":1}', [['a', '1']]],
    [
      '{"a":{"b":"c"},"d":2}',
      [
        ['a.b', 'c'],
        ['d', '2'],
      ],
    ],
    [
      '{"a":[1,2,{"b":3}]}',
      [
        ['a.a', '1'],
        ['a.a', '2'],
        ['a.a.b', '3'],
      ],
    ],
    [
      '[1,[2],{"c":4}]',
      [
        ['array.array', '1'],
        ['array.array.array', '2'],
        ['array.array.c', '4'],
      ],
    ],
    [
      '{"a":[[1],[2]],"b":3}',
      [
        ['a.a.a', '1'],
        ['a.a.a', '2'],
        ['b', '3'],
      ],
    ],
    [
      '{"a":1,"a":2}',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [
      '{"a.b":{"c":1},"d":2}',
      [
        ['a.b.c', '1'],
        ['a.d', '2'],
      ],
    ],
    [
      '{"a":{"":{"d":1},"e":2},"f":3}',
      [
        ['a..d', '1'],
        ['a.e', '2'],
        ['f', '3'],
      ],
    ],
    ['{"a":[],"b":{},"c":1}', [['c', '1']]],
    [
      '[{"x":[1]},{"y":2},3]',
      [
        ['array.array.x.x', '1'],
        ['array.array.y', '2'],
        ['array.array', '3'],
      ],
    ],
    [
      '{"\\u0041":[true,false,null]}',
      [
        ['A.A', 'true'],
        ['A.A', 'false'],
        ['A.A', ''],
      ],
    ],
    ['{"\\u0000b":1}', [['\0b', '1']]],
  ])('%s', (text, expected) => {
    const reader = read(text);
    expect(pairs(reader)).toEqual(expected);
    expect(reader.error).toBe('');
  });
});

describe('values are bytes as they were written', () => {
  test.each<[string, string]>([
    ['-1.50e+10', '-1.50e+10'],
    ['0.10', '0.10'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['1e999', '1e999'],
    ['"\\u0041\\n\\/\\"\\\\\\u0000x"', 'A\n/"\\\0x'],
    ['"\\ud83d\\ude00"', '\xf0\x9f\x98\x80'],
    ['"\\ud83d"', '?'],
    ['"\\ud83d\\u003cscript>"', '?<script>'],
    ['"\\udc00"', '\xed\xb0\x80'],
    ['"\xc3\xa9\x7f"', '\xc3\xa9\x7f'],
    [' \t\r\n\f\v1 ', '1'],
  ])('%s', (text, value) => {
    const reader = read(text);
    expect(reader.error).toBe('');
    expect(reader.values.values).toEqual([value]);
  });
});

describe('what is not JSON is an error; what came before it stays', () => {
  test.each<[string, number]>([
    [' ', 0],
    ['{"a":1', 1],
    ['{"a":1}{"b":2}', 1],
    ['{"a":1} x', 1],
    ['{"a":1}//c', 1],
    ['\xef\xbb\xbf{"a":1}', 0],
    ['{"a":01}', 1],
    ['{"a":1.}', 0],
    ['{"a":.5}', 0],
    ['{"a":+1}', 0],
    ['{"a":-}', 0],
    ['{"a":1e}', 0],
    ['{"a":"\\x"}', 0],
    ['{"a":"\\u12x4"}', 0],
    ['{"a":"\n"}', 0],
    ['{"a":"\0"}', 0],
    ['{"a":"\xe9"}', 0],
    ['{"a":"\x80"}', 0],
    ['{"a":"\xf8\x80\x80\x80\x80"}', 0],
    ['{"a":"\xc3', 0],
    ['{a:1}', 0],
    ["{'a':1}", 0],
    ['{"a":1,}', 1],
    ['[1,]', 1],
    ['[1,,2]', 1],
    ['[1 2]', 1],
    ['{"a" 1}', 0],
    ['{"a"}', 0],
    ['{1:2}', 0],
    ['{"a":tru}', 0],
    ['nan', 0],
    ['{"a":/*c*/1}', 0],
    [']', 0],
    ['{]', 0],
    ['[}', 0],
    ['"a":1', 1],
    ['1 2', 1],
    ['"\\', 0],
    ['"abc', 0],
  ])('%s', (text, count) => {
    const reader = read(text);
    expect(reader.error).toMatch(/^JSON parsing error: ./);
    expect(reader.values.length).toBe(count);
  });
});

describe('bounds', () => {
  test('depth is counted as the directive does', () => {
    expect(read('[[1]]', 1, { depth: 2 }).error).toBe('');
    expect(read('[[[1]]]', 1, { depth: 2 }).error).toContain('depth limit');
    expect(read('{"a":{"b":{"c":1}}}', 1, { depth: 2 }).error).toBe('');
    expect(read('{"a":{"b":{"c":{"d":1}}}}', 1, { depth: 2 }).error).toContain('depth limit');
  });

  test('more values than may be', () => {
    const reader = read('[1,2,3]', 1, { values: 2 });
    expect(reader.error).toBe('SecArgumentsLimit exceeded');
    expect(reader.values.length).toBe(2);
  });

  test('100,000 values are read', () => {
    expect(read(`[${'1,'.repeat(99_999)}1]`).values.length).toBe(100_000);
  });

  test.each(['[', '{"a":'])('a million of %s', (open) => {
    const body = open.repeat(1_000_000);
    expect(read(body).error).toContain('depth limit');
    expect(read(body, 10_000, { depth: 2_000_000 }).error).toContain('too many names');
  });

  test.each([
    ['keys', `{${Array.from({ length: 300_000 }, (_, i) => `"${i}":{}`).join(',')}}`],
    ['dots', `{"${'.'.repeat(1_000_000)}":{}}`],
    [
      'keys with dots',
      `{${Array.from({ length: 2_000 }, (_, i) => `"${i}${'.'.repeat(500)}":{}`).join(',')}}`,
    ],
  ])('a megabyte of %s does not outgrow memory', (_what, body) => {
    expect(read(body, 10_000).error).toContain('too many names');
  });

  test('names of values at every depth do not outgrow memory', () => {
    const reader = read('[1,'.repeat(50_000), 10_000, { depth: 100_000 });
    expect(reader.error).toContain('names are far longer');
    const bytes = reader.values.names.reduce((sum, name) => sum + name.length, 0);
    expect(bytes).toBeLessThan(1_048_576 + 8 * 150_000 + 1);
  });
});

describe('beside JSON.parse', () => {
  const leaves = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(leaves);
    if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leaves);
    return [value === null ? '' : Buffer.from(String(value)).toString('latin1')];
  };

  test('every value is found, in order and in steps of any size', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ noUnicodeString: false, stringUnit: 'grapheme' }),
        fc.integer({ min: 1, max: 9 }),
        (value, step) => {
          const body = Buffer.from(JSON.stringify(value)).toString('latin1');
          const reader = read(body, step);
          expect(reader.error).toBe('');
          const numbers = reader.values.values.map((text, i) =>
            typeof leaves(value)[i] === 'string' && /^-?\d/.test(text) ? `${Number(text)}` : text,
          );
          const expected = leaves(value).map((text) => (/^-?\d/.test(text) ? `${Number(text)}` : text));
          expect(numbers).toEqual(expected);
        },
      ),
    );
  });

  test('what it refuses is refused, and nothing makes it throw', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '0',
      '-',
      '.',
      'e',
      'true',
      'null',
      '\\',
      'u0041',
      ' ',
      '\n',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join('')),
        fc.integer({ min: 1, max: 5 }),
        (text, step) => {
          const isJson = (): boolean => {
            try {
              JSON.parse(text);
              return true;
            } catch {
              return false;
            }
          };
          const reader = read(text, step);
          expect(reader.error === '').toBe(isJson());
          expect(pairs(read(text))).toEqual(pairs(reader));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
