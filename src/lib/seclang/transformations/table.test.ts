import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesWhere } from './in-place.ts';
import { TRANSFORMATIONS, transformationsWith } from './table.ts';

const NAMES = [...TRANSFORMATIONS.keys()];

function apply(name: string, value: string): string {
  const transformation = TRANSFORMATIONS.get(name.toLowerCase());
  if (transformation === undefined) throw new Error(`There is no transformation ${name}.`);
  return transformation.apply(value);
}

/** Values full of what transformations look for. */
const pieces = fc.constantFrom(
  ...[
    '%',
    '%u',
    '%41',
    '%uff21',
    '\\',
    '\\x4',
    '\\u0041',
    '\\777',
    '&',
    '&#',
    '&#x41;',
    '&lt;',
    '&nbsp',
    '+',
  ],
  ...['/', '//', '/./', '/../', '..', '.', '\\', '/*', '*/', '<!--', '-->', '--', '#', ' ', '\t', '\xa0'],
  ...['\0', '0x41', '0X4', 'A', 'a', 'Z', '1', '=', 'QUJD', '"', "'", '^', ',', ';', '(', '\xc3', '\xa9'],
  ...['\xe2\x82\xac', '\xf0\x9f\x98\x80', '\xff', '\xed\xa0\x80', '\xc0\x80', '\n', '\r\n', '\v'],
);
const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const values = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  bytes,
);

describe.each(NAMES)('%s', (name) => {
  const transformation = TRANSFORMATIONS.get(name) as NonNullable<ReturnType<typeof TRANSFORMATIONS.get>>;

  test('gives bytes, and the same ones every time', () => {
    fc.assert(
      fc.property(values, (value) => {
        const text = transformation.apply(value);
        expect(text).toMatch(/^[\0-\xff]*$/);
        expect(transformation.apply(value)).toBe(text);
      }),
    );
  });

  test('a value without any of the bytes it touches is not changed, save for the case of letters', () => {
    if (transformation.touches === null) return;
    const touches = new Set(transformation.touches);
    fc.assert(
      fc.property(values, (value) => {
        const untouched = [...value].filter((byte) => !touches.has(byte)).join('');
        const text = transformation.apply(untouched);
        expect(text.toLowerCase()).toBe(untouched.toLowerCase());
      }),
      { numRuns: 300 },
    );
  });

  test('is linear', () => {
    for (const piece of [
      '%',
      '\\',
      '&#',
      '&#9',
      '/../',
      '/a',
      '..',
      '/*',
      '*/',
      '<!--',
      ' ',
      '0x',
      '\xf0',
      '%u',
      'A',
    ]) {
      const long = piece.repeat(200_000 / piece.length);
      const start = performance.now();
      transformation.apply(long);
      expect(performance.now() - start).toBeLessThan(2_000);
    }
  });
});

test('what does nothing to a byte does not claim to touch it', () => {
  for (const name of ['parityeven7bit', 'parityodd7bit', 'parityzero7bit', 'urlencode']) {
    const changed = bytesWhere((byte) => {
      const value = String.fromCharCode(byte);
      return apply(name, value) !== value;
    });
    expect(TRANSFORMATIONS.get(name)?.touches).toBe(changed);
  }
});

const map = new Map([
  [0xff1c, 0x3c],
  [0x2039, 0x3c],
]);

test.each([
  ['%u2039', '<'],
  ['%uff1c', '<'],
  ['%u2038', '8'],
  ['%uff41', 'a'],
])('with a map of characters urlDecodeUni makes %s to %s', (value, expected) => {
  expect(transformationsWith(map).get('urldecodeuni')?.apply(value)).toBe(expected);
});

test('without a map the table is the one that everybody shares', () => {
  expect(transformationsWith(new Map())).toBe(TRANSFORMATIONS);
});

test.each([
  ['urlDecode', 'a%3Cb+%zz%4', 'a<b %zz%4'],
  ['urlDecodeUni', '%u0041%U0042%u004', 'AB%u004'],
  ['urlDecodeUni', '%uff1cscript%uFF1E', '<script>'],
  ['jsDecode', '\\u003cscript\\x3e\\74\\777\\q\\', '<script><?7q\\'],
  ['cssDecode', '\\3cscript\\00003e \\\nx\\', '<script>x'],
  ['cssDecode', '\\ff1cx\\00ff1cx\\1ff1cx', '<x<x\x1cx'],
  ['escapeSeqDecode', '\\x3c\\74\\n\\q\\x4', '<<\nqx4'],
  ['htmlEntityDecode', '&lt;&LT&#60;&#x3c&#0000060;&ltx;&#x;&', '<<<<<&ltx;&#x;&'],
  ['htmlEntityDecode', '&#99999999999999999999999;&#x1003c;', '\xff<'],
  ['cmdLine', 'C^M"D"  ,;/c (DIR', 'cmd/c(dir'],
  ['replaceComments', 'a/*b*/c/*d', 'a c '],
  ['removeComments', 'a/*b*/c--d', 'ac'],
  ['removeComments', 'a/*b*/', 'a\0'],
  ['removeCommentsChar', 'a/*b*/c<!--d-->e--f#g', 'abcdefg'],
  ['compressWhitespace', ' \t a\xa0\nb', ' a b'],
  ['removeWhitespace', ' \t a\xa0\nb', 'ab'],
  ['trim', '\t a b\n', 'a b'],
  ['trimLeft', '\t a ', 'a '],
  ['trimRight', ' a\n', ' a'],
  ['removeNulls', 'a\0b', 'ab'],
  ['replaceNulls', 'a\0b', 'a b'],
  ['hexDecode', '414243f', 'ABC'],
  ['hexEncode', 'AB\xff', '4142ff'],
  ['sqlHexDecode', "x=0x414243' or 0x4", "x=ABC' or 0x4"],
  ['base64Decode', 'QUJD!REVG', 'ABC'],
  ['base64DecodeExt', 'QU.JD!REVG', 'ABCDEF'],
  ['base64Encode', 'ABCD', 'QUJDRA=='],
  ['length', 'abc', '3'],
  ['lowercase', 'AbC\xc0', 'abc\xc0'],
  ['uppercase', 'AbC\xe0', 'ABC\xe0'],
  ['normalizePath', '/a/b/../c//d/./e/', '/a/c/d/e/'],
  ['normalizePath', '../../a', '../../a'],
  ['normalizePath', '/../../a/../', '/'],
  ['normalizePathWin', '\\a\\..\\b', '/b'],
  ['urlEncode', 'a b<*', 'a+b%3c*'],
  ['normalizePathWin', 'a\\\\\\b', 'a\\b'],
  ['cmdLine', 'a \0b', 'a '],
  ['utf8toUnicode', '\xe2\x82\xaca', '%u20aca'],
  ['utf8toUnicode', 'a\0\xc3(\xff', 'a(\xff'],
  ['utf8toUnicode', '\xf5\x80\x80\x80\xed\xa0\x80\xc0\x80', '\xf5%u140000%ud800\xed%u0000\xc0'],
  ['md5', '', '\xd4\x1d\x8c\xd9\x8f\0\xb2\x04\xe9\x80\t\x98\xec\xf8B~'],
])('%s makes of %j %j', (name, value, expected) => {
  expect(apply(name, value)).toBe(expected);
});

test.each(['', 'plain', 'MiXed'])('%j is given back as it came where nothing changes', (value) => {
  const copy = `${value}`;
  for (const name of ['urldecodeuni', 'jsdecode', 'none', 'removenulls', 'normalizepath'])
    expect(apply(name, copy)).toBe(copy);
});
