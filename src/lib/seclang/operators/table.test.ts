import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operator, OperatorHost } from '../operator.ts';
import { OPERATORS } from './table.ts';

const FILES: Readonly<Record<string, string>> = {
  'words.data': '# words\nSelect\n\n  union all\t\r\nx\nwaitfor\n|41 42|\\\\c\nd\\e',
  'networks.data': '10.0.0.0/8 # ours\n\n2001:db8::/32\n',
};

const host: OperatorHost = {
  sqlFingerprint: (value) => (value.includes("'") ? 's&1' : ''),
  isXss: (value) => value.includes('<script'),
  countryOf: (address) => (address === '192.0.2.1' ? 'DE' : ''),
  dataFile: (name) => FILES[name] ?? null,
  unicodeMap: new Map(),
};

function compile(name: string, argument: string): Operator {
  const row = OPERATORS.get(name.toLowerCase());
  if (row === undefined) throw new Error(`There is no operator ${name}.`);
  return row.compile(argument, host, 'rules.conf');
}

/** Whether a value holds what an operator says that all its matches hold. */
function satisfies(value: string, { needs }: Operator): boolean {
  const folded = value.toLowerCase();
  return needs === null || needs.every((clause) => clause.some((literal) => folded.includes(literal)));
}

test.each([
  ['beginsWith', 'ab', ['ab', 'abc'], ['a', 'xab', 'AB', '']],
  ['beginsWith', '', ['', 'x'], []],
  ['endsWith', 'ab', ['ab', 'xab'], ['abx', 'AB']],
  ['contains', 'ab', ['ab', 'xabx'], ['ba', 'aB']],
  ['containsWord', 'ab', ['ab', '.ab.', 'xab ab', 'a ab'], ['xab', 'ab_', 'ab1', '']],
  ['streq', 'ab', ['ab'], ['AB', 'abc', '']],
  ['within', 'abc def', ['', 'abc', 'c d'], ['abd', 'ABC']],
  ['strmatch', 'a|20|b', ['xa bx'], ['ab', 'A b']],
  ['pm', 'ab |63 64| EF', ['xAB', 'cd', 'def'], ['a b', '']],
  [
    'pmFromFile',
    'words.data',
    ['SELECT 1', 'x union ALL', 'waitfor', 'ab\\c', 'd\\e'],
    ['union', 'x', '# words', 'de'],
  ],
  ['pmf', 'words.data', ['select'], ['']],
  ['eq', '5', ['5', ' 5', '+5x', '05', '4294967301'], ['', '-5', '15', '0x5']],
  ['eq', '-1', ['-1', '99999999999999999999'], ['1']],
  ['eq', '', ['0', 'x', '', '-'], ['1']],
  ['ge', '5', ['5', '6'], ['4', 'x']],
  ['gt', '5', ['6', '10'], ['5']],
  ['le', '5', ['5', '', '-7'], ['6']],
  ['lt', '5', ['4', 'x'], ['5']],
  ['ipMatch', '192.0.2.7/24, 2001:db8::1', ['192.0.2.200', '2001:db8:0::1'], ['192.0.3.1', 'x', '']],
  ['ipMatchFromFile', 'networks.data', ['10.1.2.3', '2001:db8:1::'], ['11.0.0.1']],
  ['ipMatchF', 'networks.data', ['10.1.2.3'], ['11.0.0.1']],
  ['geoLookup', '', ['192.0.2.1'], ['192.0.2.2', 'x']],
  ['validateByteRange', '9,10,13, 32-126', ['a\0', '\x7f', '\xff'], ['', 'a\tb']],
  ['validateUrlEncoding', '', ['%', '%4', '%zz', 'a%4g', '%%41'], ['', 'a', '%41%42']],
  [
    'validateUtf8Encoding',
    '',
    ['\xff', '\xc3', '\xc0\x80', '\xed\xa0\x80', '\xe2\x82'],
    ['', 'a', '\xc3\xa9'],
  ],
  ['detectSQLi', '', ["'"], ['x']],
  ['detectXSS', '', ['<script'], ['x']],
  ['rbl', 'dnsbl.example.org', [], ['192.0.2.1']],
  [
    'verifyCC',
    '[0-9]{16}',
    ['4111111111111111', 'x4111111111111111', '94111111111111111'],
    ['4111111111111113', '0'.repeat(16)],
  ],
  ['verifyCC', '[0-9]+', ['4111111111111111'], ['1'.repeat(90_001), '']],
  ['verifyCPF', '[0-9.-]{11,14}', ['010.817.514-60'], ['010.817.514-61', '111.111.111-11', '']],
  [
    'verifySSN',
    '[0-9-]{9,11}',
    ['574-57-8065'],
    ['800-57-8065', '666-57-8065', '123-45-6789', '574-00-8065'],
  ],
  ['noMatch', '', [], ['', 'x']],
  ['unconditionalMatch', '', ['', 'x'], []],
] as const)('@%s %s matches %j, not %j', (name, argument, matching, others) => {
  const operator = compile(name, argument);
  expect(matching.filter((value) => !operator.test(value, null))).toEqual([]);
  expect(others.filter((value) => operator.test(value, null))).toEqual([]);
  expect(matching.filter((value) => !satisfies(value, operator))).toEqual([]);
});

test.each([
  ['pm', 'Ab abcd', 'xABCD', ['Ab']],
  ['pm', 'xabcd ABC', 'xabce', ['xabc']],
  ['pmFromFile', 'words.data', 'waitfor select', ['waitfor']],
  ['detectSQLi', '', "x'", ['s&1']],
  ['detectXSS', '', '<script', ['<script']],
  ['streq', 'a', 'a', []],
] as const)('@%s %s captures from %j %j', (name, argument, value, expected) => {
  const captures: string[] = [];
  expect(compile(name, argument).test(value, captures)).toBe(true);
  expect(captures).toEqual(expected);
});

test.each([
  ['validateByteRange', '0-256', '"0-256" is not a byte of 0 to 255, nor a range of them such as 32-126.'],
  ['validateByteRange', 'xxx', '"xxx" is not a byte of 0 to 255, nor a range of them such as 32-126.'],
  ['ipMatch', '10.0.0.0/33', '"10.0.0.0/33" is not an IP address or network.'],
  ['ipMatch', 'localhost', '"localhost" is not an IP address or network.'],
  ['ipMatch', '', 'Name at least one IP address or network.'],
  ['pm', ' ', 'Name at least one phrase.'],
  ['pm', 'a\\nb', 'A backslash may stand before ":", ";", a quote or a backslash: write two for one.'],
  ['pmFromFile', 'absent.data', 'The file "absent.data" cannot be read.'],
  ['inspectFile', '/bin/true', '@inspectFile runs a program for a request, which the gateway never does.'],
])('@%s %j is refused: %s', (name, argument, message) => {
  expect(() => compile(name, argument)).toThrow(new RangeError(message));
});

const parts = fc.constantFrom(
  ...['a', 'A', 'b', 'ab', 'AB', ' ', '%', '4', 'select', 'UNION ALL', '\xff', '\0', "'"],
);
const values = fc.array(parts, { maxLength: 10 }).map((all) => all.join(''));

describe('whatever matches holds what the operator needs', () => {
  test.each([
    ['beginsWith', 'aB'],
    ['endsWith', 'Ab'],
    ['contains', 'ab '],
    ['containsWord', 'A'],
    ['streq', 'ab'],
    ['strmatch', 'B'],
    ['within', 'ab%4'],
    ['pm', 'ab %4 AaA'],
    ['pmFromFile', 'words.data'],
    ['validateByteRange', '32-64,97-122'],
    ['validateUrlEncoding', ''],
    ['validateUtf8Encoding', ''],
  ])('@%s %s', (name, argument) => {
    const operator = compile(name, argument);
    fc.assert(
      fc.property(values, (value) => {
        if (operator.test(value, null)) expect(satisfies(value, operator)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

test('phrases are found as a naive search finds them', () => {
  const few = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(few, fc.string({ unit: fc.constantFrom('a', 'b', 'C', 'x') }), (phrases, value) => {
      const operator = compile('pm', phrases.join(' '));
      expect(operator.test(value, null)).toBe(phrases.some((phrase) => value.toLowerCase().includes(phrase)));
    }),
    { numRuns: 500 },
  );
});
