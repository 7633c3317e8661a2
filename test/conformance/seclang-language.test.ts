import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OperatorHost } from '../../src/lib/seclang/operator.ts';
import { OPERATORS } from '../../src/lib/seclang/operators/table.ts';
import { TRANSFORMATIONS } from '../../src/lib/seclang/transformations/table.ts';
import { openLibinjection } from '../../src/stores/libinjection/libinjection.ts';

/** Tests of the rule language that ModSecurity shares between its versions. A string of JSON is bytes. */
const folder = join(
  process.env.PORTCULLIS_CORPORA ?? join(import.meta.dirname, '../../../shared/corpora'),
  'secrules-language-tests',
);
const isThere = existsSync(folder);
if (!isThere) console.log('skipped: the language tests of ModSecurity are not in the folder of corpora');

interface Case {
  readonly name: string;
  readonly param?: string;
  readonly input: string;
  /** Of a transformation only. */
  readonly output?: string;
  readonly ret: number;
}

/** What ModSecurity 2 does not have; its version 3 added them. */
const NOT_IN_VERSION_2 = new Set(['phpArgsNames', 'rxGlobal', 'verifysvnr']);

const CSS_INPUT =
  'test\\a\\b\\f\\n\\r\\t\\v\\?\\\'\\"\\\0\\12\\123\\1234\\12345\\123456\\ff01\\ff5e\\\n\\\0  string';

/** Where we differ, and why: operator, argument, value; or transformation and value. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  'validateByteRange  TestCase':
    'an argument without a range is refused when rules are loaded, not taken for no byte',
  'validateByteRange xxx TestCase':
    'an argument that is no range is refused when rules are loaded, not taken for 0',
  'validateByteRange xxx \0':
    'an argument that is no range is refused when rules are loaded, not taken for 0',
  'ipMatch 10.0.0.0/100 10.10.10.11': 'a prefix that no address has is refused when rules are loaded',
  'ipMatch 0:0::/80 0000:0000:0000:0000:0000:ffff:ffff:ffff':
    'an IPv4 address written as IPv6 is an IPv4 address, which a network of IPv6 does not hold',
  'containsWord def abc\\0def ghi':
    'the value holds a backslash and a zero, a letter of a word; the case means a NUL (with which it matches)',
  [`cssDecode ${CSS_INPUT}`]:
    'the value holds an escaped NUL; the case means the digit 0, behind which one space falls away',
};

/** Two files call a transformation by the name of the function in C. */
const nameOf = ({ name }: Case): string => (name === 'cmd_line' ? 'cmdLine' : name);

/** The bytes of a string: what is not of latin1 was written as UTF-8, and `\xHH` and `\uHHHH` are escapes of the tests' own. */
function bytesOf(text: string): string {
  const isBytes = /^[\0-\xff]*$/.test(text);
  const bytes = isBytes ? text : Buffer.from(text, 'utf8').toString('latin1');
  const byteOf = (_: string, digits: string): string =>
    String.fromCharCode((Number.parseInt(digits, 16) || 0) & 0xff);
  return bytes.replace(/\\x([0-9a-zA-Z]{2})/g, byteOf).replace(/\\u([0-9a-zA-Z]{4})/g, byteOf);
}

function casesOf(kind: 'operators' | 'transformations'): Case[] {
  if (!isThere) return [];
  return readdirSync(join(folder, kind))
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => JSON.parse(readFileSync(join(folder, kind, file), 'latin1')) as Case[])
    .filter(({ name }) => !NOT_IN_VERSION_2.has(name));
}

const library = await openLibinjection();
const host: OperatorHost = {
  sqlFingerprint: (value) => library.sqlFingerprint(value),
  isXss: (value) => library.isXss(value),
  countryOf: () => '',
  dataFile: (name) => readFileSync(join(folder, 'operators/op', name.split('/').pop() ?? ''), 'latin1'),
  unicodeMap: new Map(),
};

/** Whether the operator matches; the message where it is refused. */
function verdict(found: Case): boolean | string {
  const row = OPERATORS.get(found.name.toLowerCase());
  if (row === undefined) return 'unknown';
  try {
    return row.compile(bytesOf(found.param ?? ''), host, '').test(bytesOf(found.input), null);
  } catch (error) {
    return (error as Error).message;
  }
}

const keyOf = ({ name, param, input }: Case): string =>
  param === undefined ? `${name} ${input}` : `${name} ${param} ${input}`;

/** Whether a case comes out as it says. */
function holds(found: Case): boolean {
  if (found.output === undefined) return verdict(found) === (found.ret === 1);
  const transformation = TRANSFORMATIONS.get(nameOf(found).toLowerCase());
  return transformation?.apply(bytesOf(found.input)) === bytesOf(found.output);
}

describe.skipIf(!isThere)('language tests of ModSecurity', () => {
  test.each([
    ['transformations', 350],
    ['operators', 3_900],
  ] as const)('%s do as they say, save for the deviations', (kind, least) => {
    const cases = casesOf(kind);
    expect(cases.length).toBeGreaterThan(least);
    const wrong = cases.filter((found) => !holds(found));
    expect(wrong.map(keyOf).filter((key) => DEVIATIONS[key] === undefined)).toEqual([]);
    expect(wrong.length / cases.length).toBeLessThan(0.01);
  });

  test('every deviation is still one', () => {
    const cases = [...casesOf('transformations'), ...casesOf('operators')];
    const keys = new Set(cases.filter((found) => !holds(found)).map(keyOf));
    expect(Object.keys(DEVIATIONS).filter((key) => !keys.has(key))).toEqual([]);
  });
});
