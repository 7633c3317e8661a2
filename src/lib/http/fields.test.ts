import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isFieldValue,
  isToken,
  parseConnectionOptions,
  parseContentLength,
  parseListTokens,
  parseQuoted,
  trimBlanks,
} from './fields.ts';

test.each([
  ['GET', true],
  ["!#$%&'*+-.^_`|~09azAZ", true],
  ['', false],
  ['a b', false],
  ['a:', false],
  ['a\r', false],
  ['"a"', false],
  ['\u00e9', false],
  ['\u0141', false],
])('isToken(%j) is %s', (text, expected) => {
  expect(isToken(text)).toBe(expected);
});

test.each([
  ['', true],
  [' a\tb ', true],
  ['caf\u00e9\u0080\u00ff', true],
  ['a\rb', false],
  ['a\nb', false],
  ['a\0b', false],
  ['a\x7f', false],
  ['a\x1f', false],
  ['\u0100', false],
  ['\u010a', false],
])('isFieldValue(%j) is %s', (text, expected) => {
  expect(isFieldValue(text)).toBe(expected);
});

test('token and field value as their grammars say, for every byte', () => {
  for (let code = 0; code < 0x200; code++) {
    const char = String.fromCharCode(code);
    expect(isToken(char)).toBe(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(char));
    expect(isFieldValue(char)).toBe(/^[\t\x20-\x7e\x80-\xff]$/.test(char));
  }
});

test.each([
  ['0', 0],
  ['42', 42],
  ['007', 7],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['9007199254740992', null],
  ['00000000000000001', null],
  ['', null],
  ['+1', null],
  ['-1', null],
  ['1,1', null],
  ['1 ', null],
  [' 1', null],
  ['0x10', null],
  ['1e3', null],
  ['1.0', null],
  ['\u0661', null],
])('parseContentLength(%j) is %j', (text, length) => {
  expect(parseContentLength(text)).toBe(length);
});

test.each([
  ['', []],
  ['close', ['close']],
  ['Keep-Alive, X-Foo', ['keep-alive', 'x-foo']],
  [' , a ,\t,b,', ['a', 'b']],
  ['a b', null],
  ['a;b', null],
  ['a,"b"', null],
  ['a,\u00a0b', null],
])('parseConnectionOptions(%j) is %j', (text, options) => {
  expect(parseConnectionOptions(text)).toEqual(options);
});

test('a list of tokens comes back', () => {
  const token = fc.string({ unit: fc.constantFrom(...'aZ09-_!'), minLength: 1, maxLength: 8 });
  const comma = fc.constantFrom(',', ', ', ' , ', ',,', '\t,');
  fc.assert(
    fc.property(fc.array(token), comma, (tokens, separator) => {
      expect(parseListTokens(tokens.join(separator))).toEqual(tokens);
    }),
  );
});

test('any text gives a list or null', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const token of parseListTokens(text) ?? []) expect(isToken(token)).toBe(true);
    }),
  );
});

test.each([
  ['"a b"', { text: 'a b', end: 5 }],
  ['""', { text: '', end: 2 }],
  ['"a\\"\\\\b"c', { text: 'a"\\b', end: 8 }],
  ['"a', null],
  ['"a\\', null],
  ['"a\\"', null],
  ['a', null],
  ['"\r"', null],
  ['"\\\0"', null],
  ['"\u0100"', null],
  ['"\\\u0100"', null],
])('parseQuoted(%j)', (text, quoted) => {
  expect(parseQuoted(text, 0)).toEqual(quoted);
});

test.each([
  [' \ta b\t ', 'a b'],
  ['', ''],
  [' \t', ''],
  ['\u00a0a', '\u00a0a'],
])('trimBlanks(%j)', (text, trimmed) => {
  expect(trimBlanks(text)).toBe(trimmed);
});
