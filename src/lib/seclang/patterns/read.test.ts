import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toJavaScript } from './javascript.ts';
import { readPattern } from './read.ts';

/** Where a pattern matches first and what its groups are; null for nowhere, '-' for a group without a match. */
function match(source: string, value: string): string[] | null {
  const expression = toJavaScript(readPattern(source));
  if (expression === null) throw new Error('not for JavaScript');
  const found = new RegExp(expression.source).exec(value);
  return found === null ? null : expression.groups.map((group) => found[group] ?? '-');
}

// Each row is what PCRE 2 answers with DOTALL and DOLLAR_ENDONLY.
test.each<[string, string, string[] | null]>([
  ['a.c', 'a\nc', ['a\nc']],
  ['a(?-s).c', 'a\nc', null],
  ['\\N', '\n', null],
  ['a$', 'a\n', null],
  ['a\\Z', 'a\n', ['a']],
  ['a\\z', 'a\n', null],
  ['^b', 'a\nb', null],
  ['(?m)^b$', 'a\nb\nc', ['b']],
  ['(?m)^\\z', 'a\n', null],
  ['\\Ga', 'ba', null],
  ['\\s', '\xa0', null],
  ['\\s', '\x0b', ['\x0b']],
  ['\\h', '\xa0', ['\xa0']],
  ['\\v', '\x85', ['\x85']],
  ['\\w', '\xe9', null],
  ['\\W', '\xe9', ['\xe9']],
  ['(?i)\xe9', '\xc9', null],
  ['(?i)straSSe', 'STRASSE', ['STRASSE']],
  ['(?i)[^a]', 'A', null],
  ['(?i)[[:upper:]]', 'a', ['a']],
  ['[[:^alpha:]x]+', 'ax1', ['x1']],
  ['[[:abc]+', ':[a', [':[a']],
  ['[]a]+', 'a]', ['a]']],
  ['[^]a]', ']b', ['b']],
  ['[a-]+', '-a', ['-a']],
  ['[\\x41-\\103]+', 'ABCD', ['ABC']],
  ['[\\Qa-z\\E]+', 'b-', ['-']],
  ['[a-\\Qc\\E]+', 'bd', ['b']],
  ['[\\b]', '\b', ['\b']],
  ['\\x{41}\\x42\\103\\o{104}', 'ABCD', ['ABCD']],
  ['\\x', '\0', ['\0']],
  ['\\18', '\x018', ['\x018']],
  ['(a)\\10', 'a\b', ['a\b', 'a']],
  ['(a)(?:b|\\1)', 'aa', ['aa', 'a']],
  ['(?i)(\\w)\\1', 'aA', ['aA', 'a']],
  ['\\Qa*b\\E+', 'a*bb', ['a*bb']],
  ['a{,3}', 'a{,3}', ['a{,3}']],
  ['x{ 1}', 'x{ 1}', ['x{ 1}']],
  ['a{2,3}?', 'aaa', ['aa']],
  ['(?U)a+', 'aaa', ['a']],
  ['a++a', 'aaa', null],
  ['(?>a|ab)c', 'abc', null],
  ['(?>(a)b|a)c', 'abc', ['abc', 'a']],
  ['x(?i)a|b', 'B', ['B']],
  ['(?i:a|(?-i)b|c)', 'C', null],
  ['((?i)a)b', 'AB', null],
  ['(?^)A', 'a', null],
  ['(?x) a # c\n [ b]', 'a ', ['a ']],
  ['(?xx)[a b]', ' ', null],
  ['a(?# b )*b', 'aab', ['aab']],
  ['(?<n>a)\\k<n>(?P=n)\\g{n}\\g1\\g{-1}', 'aaaaaa', ['aaaaaa', 'a']],
  ["(?'n'a)\\k'n'", 'aa', ['aa', 'a']],
  ['(?<=a(?>b|c))d', 'acd', ['d']],
  ['(?<!a|bc)d', 'bcd', null],
  ['\\R', '\r\n', ['\r\n']],
  ['^\\R.', '\r\n', null],
  ['a{0}b', 'ab', ['b']],
  ['\\c[', '\x1b', ['\x1b']],
])('%j on %j', (source, value, expected) => {
  expect(match(source, value)).toEqual(expected);
});

test.each([
  ['(*UTF8)a', 'The verb (*UTF8) is not supported, at byte 1 of the pattern.'],
  ['a(?R)', 'A group that begins with (?R is not supported, at byte 2 of the pattern.'],
  ['(a)(?1)', 'A group that begins with (?1 is not supported, at byte 4 of the pattern.'],
  ['(a)(?(1)b)', 'A group that begins with (?( is not supported, at byte 4 of the pattern.'],
  ['(?|a)', 'A group that begins with (?| is not supported, at byte 1 of the pattern.'],
  ['a\\K', '\\K is not supported, at byte 2 of the pattern.'],
  ['\\p{L}', '\\p is not supported, at byte 1 of the pattern.'],
  ['[[.a.]]', 'The class [.a.] is not supported, at byte 2 of the pattern.'],
  ['[[:foo:]]', 'The class [:foo:] is not supported, at byte 2 of the pattern.'],
  ['[\\R]', '\\R is not supported in a class, at byte 2 of the pattern.'],
  ['a(b', 'A group has no ), at byte 2 of the pattern.'],
  ['a)', 'A ) has no group, at byte 2 of the pattern.'],
  ['[a', 'A class has no ], at byte 1 of the pattern.'],
  ['a|*', 'A quantifier has nothing to repeat, at byte 3 of the pattern.'],
  ['^*', 'A quantifier has nothing to repeat, at byte 2 of the pattern.'],
  ['a**', 'A quantifier repeats a quantifier, at byte 3 of the pattern.'],
  ['a{2,1}', 'The bounds of a quantifier run backwards, at byte 2 of the pattern.'],
  ['a{65536}', 'A quantifier is above 65535, at byte 2 of the pattern.'],
  ['[z-a]', 'A range in a class runs backwards, at byte 2 of the pattern.'],
  ['[a-\\d]', 'A range in a class begins or ends with a class, at byte 3 of the pattern.'],
  ['\\2(a)', 'There is no group 2, at byte 2 of the pattern.'],
  ['\\k<n>', 'No group before is named n, at byte 4 of the pattern.'],
  ['(?<n>a)(?<n>b)', 'Two groups are named n, at byte 8 of the pattern.'],
  ['(?<=a+)b', 'A lookbehind has a branch of no fixed length, at byte 1 of the pattern.'],
  ['\\x{100}', 'A code above 255 is no byte, at byte 4 of the pattern.'],
  ['\\x{4g}', '\\x{4g} is no hexadecimal number, at byte 4 of the pattern.'],
  ['a\\', 'The pattern ends with a backslash, at byte 3 of the pattern.'],
  ['(?#a', 'A comment has no ), at byte 4 of the pattern.'],
  ['('.repeat(300), 'Groups are nested more than 250 deep, at byte 251 of the pattern.'],
])('%j is refused', (source, message) => {
  expect(() => readPattern(source)).toThrow(new RangeError(message));
});

const PIECES = [
  'a',
  'b',
  '\\',
  '[',
  ']',
  '(',
  ')',
  '?',
  '*',
  '+',
  '{',
  '}',
  '1',
  ',',
  '-',
  '^',
  '$',
  '|',
  '.',
];
const MORE = [
  '<',
  '>',
  '=',
  '!',
  ':',
  'Q',
  'E',
  'x',
  'k',
  'g',
  'i',
  '#',
  '\x00',
  '\xff',
  '\n',
  's',
  'd',
  'P',
];

test('whatever a pattern is made of, it is read or refused with a sentence, and V8 takes what is read', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES, ...MORE), { maxLength: 14 }), (pieces) => {
      try {
        const expression = toJavaScript(readPattern(pieces.join('')));
        if (expression !== null) new RegExp(expression.source);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        expect(String(error)).toMatch(/, at byte \d+ of the pattern\.$/);
      }
    }),
    { numRuns: 1_000 },
  );
});
