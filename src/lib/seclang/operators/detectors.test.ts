import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operator, OperatorHost } from '../operator.ts';
import { DETECTORS } from './detectors.ts';
import { OPERATORS } from './table.ts';

const folder = new URL('../../detect/testdata/', import.meta.url);
const lines = (file: string): string[] =>
  readFileSync(new URL(file, folder), 'latin1')
    .split('\n')
    .filter((line) => line !== '');

const host = {} as OperatorHost;

function compile(name: string, argument: string): Operator {
  const row = OPERATORS.get(name.toLowerCase());
  if (row === undefined) throw new Error(`There is no operator ${name}.`);
  return row.compile(argument, host, 'rules.conf');
}

const sure = DETECTORS.map(({ name }) => compile(name, ''));
const attacks = readdirSync(new URL('attacks/', folder)).flatMap((file) => lines(`attacks/${file}`));

describe('corpora', () => {
  test('nearly every attack is found', () => {
    const missed = attacks.filter((value) => !sure.some((operator) => operator.test(value, null)));
    expect(missed.length / attacks.length, missed.join('\n')).toBeLessThan(0.05);
  });

  test('nothing that people write is surely an attack', () => {
    const benign = [...lines('benign.txt'), ...lines('benign-services.txt')];
    const wrong = benign.filter((value) => sure.some((operator) => operator.test(value, null)));
    expect(wrong).toEqual([]);
  });
});

test('what an operator says that it needs is in everything that it matches', () => {
  const twists: readonly ((value: string) => string)[] = [
    (value) => value,
    (value) => value.toUpperCase(),
    (value) => encodeURIComponent(value),
    (value) => value.replaceAll(/[^a-z]/gi, (character) => `\\u00${character.charCodeAt(0).toString(16)}`),
    (value) => value.replaceAll(/./g, (character) => `\\X${character.charCodeAt(0).toString(16)}`),
    (value) => JSON.stringify(value),
    (value) => value.replaceAll(' ', '+'),
    (value) => value.replaceAll(' ', '/**/'),
    (value) => `x${value}y`,
  ];
  const likely = DETECTORS.map(({ name }) => ({ name, operator: compile(name, 'likely') }));
  for (const { name, operator } of likely) {
    for (const value of attacks.flatMap((attack) => twists.map((twist) => twist(attack)))) {
      if (!operator.test(value, null)) continue;
      const folded = value.toLowerCase();
      const isMet =
        operator.needs?.every((clause) => clause.some((literal) => folded.includes(literal))) ?? true;
      expect(isMet, `${name}: ${value}`).toBe(true);
    }
  }
});

test('a long value is found the same in steps', () => {
  const operator = compile('detectSqlInjection', '');
  const filler = 'lorem ipsum dolor sit amet '.repeat(1_000);
  fc.assert(
    fc.property(fc.nat(20_000), fc.integer({ min: 1, max: 30_000 }), (at, bytes) => {
      const value = `${filler.slice(0, at)}' union select 1,2-- -${filler.slice(at)}`;
      const match = operator.begin?.(value);
      let verdict: boolean | null = null;
      while (verdict === null && match !== undefined) verdict = match.step(bytes);
      expect(verdict).toBe(true);
      expect(operator.test(value, null)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('captured are what was recognised and its kind', () => {
  const captures: string[] = [];
  expect(compile('detectSqlInjection', '').test("x' union select 1,2", captures)).toBe(true);
  expect(captures).toEqual(['union select 1,2', 'union select']);
});

test('a certainty that there is not is refused', () => {
  expect(() => compile('detectSqlInjection', 'perhaps')).toThrow(
    '"perhaps" is no certainty; say sure or likely.',
  );
});

describe('GraphQL', () => {
  test.each([
    ['depth=3', '{a{b{c{d}}}}', true],
    ['depth=4', '{a{b{c{d}}}}', false],
    ['aliases=2', '{a:x b:x c:x}', true],
    ['aliases=2', 'query($a:Int,$b:Int,$c:Int){x(a:$a,b:$b,c:$c){y}}', false],
    ['fields=2', '{a b c}', true],
    ['directives=1', '{a @skip(if:true) @skip(if:true)}', true],
    ['depth=1', '{a # {{{{\n}', false],
    ['depth=1', '{a(b:"{{{{")}', false],
    ['depth=1', 'a {b {c}}', false],
  ])('%s: %s', (limits, query, expected) => {
    expect(compile('graphqlExceeds', limits).test(query, null)).toBe(expected);
  });

  test.each([
    ['query { __schema { types { name } } }', true],
    ['{ user { __typename } }', false],
    ['{ user(name: "__schema") { id } }', false],
  ])('the schema: %s', (query, expected) => {
    expect(compile('graphqlSchema', '').test(query, null)).toBe(expected);
  });
});

test.each([
  ['4111 1111 1111 1111', 'sure'],
  ['{"pan":"4111111111111111"}', 'likely'],
  ['4111111111111111, 5555555555554444', 'sure'],
  ['4111111111111112', null],
  ['0000000000000000', null],
  ['id=a4111111111111111', null],
])('%s is a card number: %s', (text, expected) => {
  const least = compile('detectCardNumber', 'likely').test(text, null);
  const is = compile('detectCardNumber', '').test(text, null) ? 'sure' : least ? 'likely' : null;
  expect(is).toBe(expected);
});
