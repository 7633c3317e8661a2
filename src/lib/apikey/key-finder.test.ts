import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findKeys, KeyFinder } from './key-finder.ts';
import { generateApiKey } from './key-format.ts';

const { key, id } = generateApiKey('pk', randomBytes);
const other = generateApiKey('abcd1234', randomBytes).key;
const changed = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');

describe('findKeys', () => {
  test.each<[string, string, number[]]>([
    ['alone', key, [1]],
    ['in quotes', `const k = "${key}";`, [1]],
    ['in JSON', JSON.stringify({ a: 1, key }), [1]],
    ['in a URL', `https://api.test/?api_key=${key}&x=1`, [1]],
    ['behind letters', `KEY${key}`, [1]],
    ['behind lower-case letters and digits', `apikey1${key}`, [1]],
    ['behind an underscore', `API_KEY_${key}`, [1]],
    ['before letters', `${key}and so on`, [1]],
    ['before an underscore', `${key}_old`, [1]],
    ['with the longest prefix', other, [1]],
    ['twice in a line', `${key} ${other}`, [1, 1]],
    ['on lines of its own', `a\n\n${key}\r\n${other}\n`, [3, 4]],
    ['back to back', key + other, [1, 1]],
    ['with a wrong checksum', changed, []],
    ['cut off', key.slice(0, -1), []],
    ['in capitals', key.toUpperCase(), []],
    ['in two lines', `${key.slice(0, 30)}\n${key.slice(30)}`, []],
    ['not at all', 'snake_case_names_and_more_of_them_everywhere', []],
  ])('a key %s', (_, text, lines) => {
    expect(findKeys(text).map(({ line }) => line)).toEqual(lines);
  });

  test('tells id and first characters', () => {
    expect(findKeys(key)).toMatchObject([{ key, id, shown: key.slice(0, 8), line: 1 }]);
  });

  test.each(['utf16le', 'latin1', 'utf8'] as const)('in %s', (encoding) => {
    const found: number[] = [];
    new KeyFinder(({ line }) => found.push(line)).push(Buffer.from(`ä\n${key}\n`, encoding));
    expect(found).toEqual([2]);
  });
});

test('is found once however the bytes are cut', () => {
  const piece = fc.oneof(
    fc.constant(key),
    fc.constant('\n'),
    fc.string({ maxLength: 200 }),
    fc.constant('x_y_z'),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.array(fc.nat(300), { maxLength: 8 }),
      (parts, cuts) => {
        // A blank between, so that what is made up cannot become part of the key.
        const bytes = Buffer.from(parts.join(' '), 'utf8');
        const whole = findKeys(bytes.toString('utf8')).map(({ line }) => line);
        const found: number[] = [];
        const finder = new KeyFinder(({ line }) => found.push(line));
        let at = 0;
        for (const cut of cuts) {
          finder.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        finder.push(bytes.subarray(at));
        expect(found).toEqual(whole);
        const lines = parts.join(' ').split('\n');
        expect(whole).toEqual(lines.flatMap((line, at) => (line.includes(key) ? [at + 1] : [])));
      },
    ),
  );
});

test('a flood of runs that look like keys costs no more than their bytes', () => {
  const lure = `${'ab'.repeat(4)}_${'A'.repeat(16)}_${'b'.repeat(30)}_`.repeat(20_000);
  const start = performance.now();
  expect(findKeys(lure)).toEqual([]);
  expect(performance.now() - start).toBeLessThan(3_000);
});
