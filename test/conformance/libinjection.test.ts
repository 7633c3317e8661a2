import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLibinjection } from '../../src/stores/libinjection/libinjection.ts';

/** What libinjection publishes about itself: cases with their fingerprints, and real attacks. */
const folder = process.env.PORTCULLIS_CORPORA ?? join(import.meta.dirname, '../../../shared/corpora');
const isThere = existsSync(join(folder, 'libinjection'));
if (!isThere) console.log('skipped: the data of libinjection is not in the folder of corpora');

/** Harmless values that libinjection takes for SQL, in ModSecurity 2.9.7 as well. */
const TAKEN_FOR_SQL = [
  '80% ACRYLIC AND 20% WOOL',
  '35% COTTON AND 65% POLYESTER.',
  `'countdown calendar" and "disney:`,
  'CHRISTMAS STOCKING "NOT" STUFFER',
  'SMALL "&" SIGN',
  'BILLEEVERSBOUTIQUE , BROWNING "LIKE"',
  '"IS" STAMP',
  '"LIKE" STAMP',
  '/SEARCH/HANDMADE?SEARCH_SUBMIT=&Q="MOD"&VIEW_TYPE=GALLERY&SHIP_TO=US&PAGE=14',
  '/SEARCH/HANDMADE?SEARCH_SUBMIT=&Q="LIKE"+STAMP&VIEW_TYPE=GALLERY&SHIP_TO=US',
  '1611-IioXXIG1ti8rspL2vbXFy--',
  '"*"',
  '1,1--',
  'x/*',
  "select 'and'",
];

const library = await openLibinjection();

interface Case {
  readonly file: string;
  readonly input: string;
  readonly expected: string;
}

/** Cases that name the fingerprint of a whole value. */
function fingerprintCases(): Case[] {
  const path = join(folder, 'libinjection');
  return readdirSync(path)
    .filter((file) => /^test-sqli-/.test(file))
    .map((file) => {
      const text = readFileSync(join(path, file), 'latin1');
      const input = text.slice(text.indexOf('--INPUT--\n') + 10, text.indexOf('\n--EXPECTED--'));
      const expected = text.slice(text.indexOf('--EXPECTED--\n') + 13).trim();
      return { file, input, expected };
    });
}

/** Values of a file of attacks, one a line, written as in a form. */
function valuesOf(prefix: string): string[] {
  const path = join(folder, 'detection/libinjection');
  return readdirSync(path)
    .filter((file) => file.startsWith(prefix))
    .flatMap((file) => readFileSync(join(path, file), 'latin1').split('\n'))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) =>
      line
        .replaceAll('+', ' ')
        .replace(/%([0-9a-fA-F]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16))),
    );
}

const share = (values: readonly string[], isFound: (value: string) => boolean): number =>
  values.filter(isFound).length / values.length;
const isSql = (value: string): boolean => library.sqlFingerprint(value) !== '';

describe.skipIf(!isThere)('data of libinjection', () => {
  test('fingerprints', () => {
    const wrong = fingerprintCases().filter(
      ({ input, expected }) => library.sqlFingerprint(input) !== expected,
    );
    expect(wrong.map(({ file, expected }) => `${file} ${expected}`)).toEqual([]);
  });

  test('attacks are found, what is none is not', () => {
    expect(share(valuesOf('sqli-'), isSql)).toBeGreaterThan(0.9);
    expect(share(valuesOf('xss-'), (value) => library.isXss(value))).toBeGreaterThan(0.6);
    expect(valuesOf('false_positives').filter(isSql).sort()).toEqual([...TAKEN_FOR_SQL].sort());
  });
});
