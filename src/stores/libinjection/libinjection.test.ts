import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operator, OperatorHost } from '../../lib/seclang/operator.ts';
import { isPlainData } from '../../lib/seclang/operators/injections.ts';
import { OPERATORS } from '../../lib/seclang/operators/table.ts';
import { openLibinjection } from './libinjection.ts';

const library = await openLibinjection();
const host: OperatorHost = {
  sqlFingerprint: (value) => library.sqlFingerprint(value),
  isXss: (value) => library.isXss(value),
  countryOf: () => '',
  dataFile: () => null,
  unicodeMap: new Map(),
};
const operator = (name: string): Operator =>
  (OPERATORS.get(name) as NonNullable<ReturnType<typeof OPERATORS.get>>).compile('', host, '');
const detectSqli = operator('detectsqli');
const detectXss = operator('detectxss');

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

test.each([
  ["1' or 1=1--", 's&1c'],
  ['1 or 1=1', '1&1'],
  ["\xe9' or 1=1--", 's&1c'],
  [utf8("é' or 1=1--"), 's&1c'],
  ['1\xa0or\xa01=1', '1&1'],
  ["\0' or 1=1--", 's&1c'],
  ['', ''],
  // Short ones, which the library itself leaves out.
  ['1--', '1c'],
  ['1*1 /* x', '1c'],
  ['foo/* x */', 'nc'],
  ['foo -- x', ''],
  ["x'='y", 'sos'],
  ['x"like"y', 'sos'],
  ["' or 1", 's&1'],
  ['HOPE AND 8=3', 'n&1'],
  ['sexy and 17', ''],
  ["rock 'n' roll", ''],
  ["it's a nice day", ''],
  [utf8("l'été"), ''],
])('the fingerprint of %j is %j', (value, expected) => {
  expect(library.sqlFingerprint(value)).toBe(expected);
  // The second time it is remembered.
  expect(library.sqlFingerprint(value)).toBe(expected);
  expect(detectSqli.test(value, null)).toBe(expected !== '');
});

test.each([
  ['<script>alert(1)</script>', true],
  ['x onerror=alert(1)', true],
  ['\xff<script>', true],
  ['<\xffscript>', false],
  // Names that the library itself leaves out.
  ['<p style="x">', true],
  ['x onabc=1', true],
  ['<a xmlns:y=x>', true],
  ['<svg>', true],
  ['<xml id=x>', true],
  ['<!-- `', true],
  ['style=x', true],
  ['x onload =1', true],
  ['the svg and xml formats', false],
  ['a < b', false],
  ['', false],
])('%j is cross-site scripting: %s', (value, expected) => {
  expect(library.isXss(value)).toBe(expected);
  expect(detectXss.test(value, null)).toBe(expected);
});

const FILLER = 'the quick brown fox jumps over a lazy dog ';

describe('values that are longer than what the library looks at', () => {
  test.each([
    ['white space before it', `${' '.repeat(9_000)}1' or 1=1--`, true],
    ['a long comment before it', `/* ${'x '.repeat(9_000)}*/ union select 1 from x`, true],
    ['many comments before it', `${'/* x */ '.repeat(9_000)} union select 1 from x`, true],
    ['comments that do not end', `x ${'/*'.repeat(500_000)}`, true],
    ['comments in comments', `x, ${'/* '.repeat(300_000)}*/ y`, true],
    ['a long comment behind a number', `1 /* ${'x '.repeat(9_000)}*/`, true],
    ['a long word before it', `${'a'.repeat(9_000)}' or 1=1--`, true],
    ['a long sum before it', `${'1+'.repeat(9_000)}1 union select 1 from x`, true],
    ['a long text before the quote', `${FILLER.repeat(300)}' or 1=1--`, true],
    ['a long text', FILLER.repeat(300), false],
    ['a long text with an apostrophe', `${FILLER.repeat(300)} it's ${FILLER}`, false],
    ['encoded bytes', Buffer.alloc(9_000, 'some bytes').toString('base64'), false],
  ])('SQL with %s', (_, value, expected) => {
    expect(detectSqli.test(value, null)).toBe(expected);
    expect(detectSqli.begin?.(value).step(Number.POSITIVE_INFINITY)).toBe(expected);
  });

  test.each([
    ['a script at the end', `${FILLER.repeat(300)}<script>x</script>`, true],
    ['an attribute far behind its tag', `<b ${'a '.repeat(5_000)} onerror=x>`, true],
    ['a long text', FILLER.repeat(300), false],
  ])('HTML with %s', (_, value, expected) => {
    expect(detectXss.test(value, null)).toBe(expected);
  });

  test.each([0, 1, 500, 64_510, 64_511, 64_512, 64_513, 65_530, 65_535, 65_536, 77_777])(
    'wherever a script stands it is found (%s bytes in)',
    (before) => {
      const value = `${'x'.repeat(before)}<script>x</script>${'y'.repeat(90_000)}`;
      expect(detectXss.test(value, null)).toBe(true);
    },
  );

  test('a match is found in steps, and tells its fingerprint', () => {
    const match = detectSqli.begin?.(`${'1+'.repeat(90_000)}1 union select 1 from x`);
    let steps = 0;
    let verdict = match?.step(4_096);
    while (verdict === null) {
      verdict = match?.step(4_096);
      steps++;
    }
    expect(verdict).toBe(true);
    expect(steps).toBeGreaterThan(40);
    expect(match?.captures()[0]).not.toBe('');
  });
});

/** What makes fingerprints: keywords of each kind, numbers, operators. Every word that holds a digit is among them. */
const KEYWORDS =
  `select union insert update delete drop from where and or not xor like between in is null having group order
  by limit into case when if exec declare set waitfor benchmark sleep user database char ascii mid load_file cast collate all
  as on join using procedure top print use go begin shutdown current_user div true binary md5 sha1 sha2 _utf8 utf8 _latin1
  latin1 log10 log2 atan2 crc32 ucs2 x0 n1 q1 nq1 e1 b1 u1 0x1 0b1 1e1 1e 1d 1f 0x null1 1union 1or1 1having limit1`.split(
    /\s+/,
  );
const PUNCTUATION = [
  ' ',
  '.',
  ':',
  '/',
  ',',
  '+',
  '-',
  '--',
  '_',
  '(',
  ')',
  ';',
  "'",
  '"',
  '`',
  '#',
  '@',
  '=',
  '<',
  '&',
  '*',
];
const fragments = fc.array(
  fc.oneof(
    fc.constantFrom(...KEYWORDS),
    fc.constantFrom(...PUNCTUATION),
    fc.integer({ min: 0, max: 99 }).map(String),
  ),
  { maxLength: 9 },
);
const plain = fc.array(
  fc.oneof(
    fc.constantFrom(...KEYWORDS.filter((word) => /\d/.test(word)), ...KEYWORDS.map((word) => `${word}7`)),
    fc.constantFrom(' ', '.', ':', '/', ',', '+', '-'),
    fc.integer({ min: 0, max: 99 }).map(String),
  ),
  { maxLength: 9 },
);

describe('what is passed over without the library is what the library finds nothing in', () => {
  test('numbers, dates and identifiers', () => {
    fc.assert(
      fc.property(fc.oneof(plain, fragments), (parts) => {
        const value = parts.join('');
        if (isPlainData(value)) expect([value, library.sqlFingerprint(value)]).toEqual([value, '']);
      }),
      { numRuns: 4_000 },
    );
  });

  test('values that lack what the operators need', () => {
    const marks = fc.constantFrom(
      'onerror',
      'script',
      '<',
      '=',
      '>',
      '"',
      "'",
      '!--',
      'javascript:',
      '/',
      ' ',
      '\0',
    );
    const lacks = (value: string, { needs }: Operator): boolean =>
      !(needs ?? []).every((clause) => clause.some((byte) => value.toLowerCase().includes(byte)));
    fc.assert(
      fc.property(fc.oneof(fragments, fc.array(marks, { maxLength: 8 })), (parts) => {
        const value = parts.join('');
        if (lacks(value, detectSqli)) expect([value, library.sqlFingerprint(value)]).toEqual([value, '']);
        if (lacks(value, detectXss)) expect([value, library.isXss(value)]).toEqual([value, false]);
      }),
      { numRuns: 4_000 },
    );
  });
});
