import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ruleTexts } from '../../../../test/support/rule-texts.ts';
import { parseRules, type RuleReading } from './parse-rules.ts';
import { Statement } from './source.ts';

const FILE = '/rules.conf';
const read = (text: string): RuleReading => parseRules([FILE], ruleTexts({ [FILE]: text, '/a.data': 'x' }));

/** What must be so whatever a file holds. */
function checkReading(text: string): void {
  const reading = read(text);
  if (!('problems' in reading)) return;
  expect(reading.problems.length).toBeGreaterThan(0);
  const lines = text.split('\n');
  for (const { at, token, message } of reading.problems) {
    expect(at.file).toBe(FILE);
    expect(at.line).toBeGreaterThanOrEqual(1);
    expect(at.line).toBeLessThanOrEqual(lines.length);
    expect(message).toMatch(/^\S[\s\S]*[.!?]$/);
    expect(typeof token).toBe('string');
  }
}

const WORDS = [
  ...[
    'SecRule',
    'SecAction',
    'SecMarker',
    'SecDefaultAction',
    'SecRuleEngine',
    'SecRuleRemoveById',
    'Include',
  ],
  ...[
    'SecRuleUpdateTargetById',
    'SecRuleUpdateActionById',
    'SecRuleRemoveByTag',
    '<IfModule',
    '</IfModule>',
    '>',
  ],
  ...[
    'ARGS',
    'TX:',
    '&',
    '!',
    '|',
    ',',
    ':',
    '/',
    "'",
    '"',
    '\\',
    '\\\n',
    '\n',
    ' ',
    '#',
    '@rx',
    '@pmFromFile',
  ],
  ...[
    'id:',
    '1',
    '2-',
    'phase:1',
    'chain',
    't:none',
    'setvar:',
    'tx.a',
    '=',
    '+',
    '%{',
    '}',
    'ctl:',
    ';',
    'deny',
    '*',
  ],
];
const soup = fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map((words) => words.join(''));
const spaced = fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map((words) => words.join(' '));
const anything = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
});

describe('rule files', () => {
  test.each([
    ['words of the language', soup],
    ['words of the language between blanks', spaced],
    ['any bytes', anything],
  ])('of %s give a program or problems at their lines', (_, texts) => {
    fc.assert(fc.property(texts, checkReading), { numRuns: 400 });
  });

  const crs = '/usr/share/modsecurity-crs/rules/REQUEST-921-PROTOCOL-ATTACK.conf';
  if (!existsSync(crs)) {
    test.skip('skipped mutations of a file of the Core Rule Set: install modsecurity-crs', () => {});
    return;
  }
  const whole = readFileSync(crs, 'latin1');
  const text = whole.slice(whole.indexOf('SecRule'), whole.indexOf('SecRule') + 12_000);

  test('of the Core Rule Set with a part taken out, doubled or changed do as well', () => {
    const mutation = fc.tuple(
      fc.nat(text.length - 1),
      fc.nat(60),
      fc.constantFrom('', '"', "'", '\\', '\n', '\0', ',', 'x', 'SecRule ', '%{', '\xff'),
    );
    fc.assert(
      fc.property(mutation, ([at, length, by]) => {
        checkReading(text.slice(0, at) + by + text.slice(at + length));
      }),
      { numRuns: 300 },
    );
  });
});

test('the line of every byte of a statement is that of the file', () => {
  const statement = new Statement({ file: FILE, line: 5 }, 'abcdef', [2, 4]);
  expect([0, 1, 2, 3, 4, 5].map((offset) => statement.lineOf(offset))).toEqual([5, 5, 6, 6, 7, 7]);
});

test('a file of something else gives so many problems and no more', () => {
  const reading = read('nonsense\n'.repeat(10_000));
  const problems = 'problems' in reading ? reading.problems : [];
  expect(problems).toHaveLength(501);
  expect(problems.at(-1)?.message).toBe('There are 9500 more problems.');
});
