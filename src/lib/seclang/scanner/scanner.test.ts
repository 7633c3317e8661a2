import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Needs } from '../operator.ts';
import { tellingPart } from './literal-choice.ts';
import { compileScanner } from './scanner.ts';

/** Whether a value holds of each clause a literal, looked for one by one. */
function isMet(needs: Needs | null, value: string): boolean {
  const folded = value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return needs === null || needs.every((clause) => clause.some((literal) => folded.includes(literal)));
}

function candidates(needs: readonly (Needs | null)[], value: string): boolean[] {
  const scanner = compileScanner(needs);
  scanner.scan('something else, and its leftovers: select union');
  const bits = scanner.scan(value);
  expect(bits.length).toBe(scanner.words);
  return needs.map((_, index) => (((bits[index >>> 5] as number) >>> (index & 31)) & 1) === 1);
}

test.each([
  ['anything', null, 'x', true],
  ['anything', [], '', true],
  ['what no value holds', [[]], 'x', false],
  ['one literal', [['select']], 'SeLeCt', true],
  ['one literal', [['select']], 'selec', false],
  ['one of two', [['ab', 'cd']], 'xcdx', true],
  ['all of two clauses', [['ab'], ['cd']], 'ab', false],
  ['all of two clauses', [['ab'], ['cd']], 'cdab', true],
  ['one byte', [['(']], 'f(x)', true],
  ['a letter in any case', [['x']], 'X', true],
  ['a byte above ASCII, of which case is not folded', [['\xe0']], '\xc0', false],
  ['one byte or more', [['(', 'ab'], ['c']], 'ABC', true],
  ['a literal inside a longer one', [['bc'], ['abcd']], 'abcd', true],
  ['a literal inside a longer one that breaks off', [['bc']], 'abcx', true],
] as const)('%s: %j in %j is %s', (_, needs, value, expected) => {
  expect(candidates([[['abcd']], needs, [['zz']]], value)[1]).toBe(expected);
});

const literal = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '(', ' '), minLength: 1, maxLength: 12 });
const someNeeds = fc.oneof(
  { weight: 8, arbitrary: fc.array(fc.array(literal, { maxLength: 4 }), { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'c', 'C', '(', ' ', 'x', '\xff') });

describe('compared with looking for each literal', () => {
  test('no value that has what is needed is missed', () => {
    fc.assert(
      fc.property(fc.array(someNeeds, { maxLength: 70 }), text, literal, (needs, around, inside) => {
        const value = around + inside + around;
        const found = candidates(needs, value);
        needs.forEach((each, index) => {
          if (isMet(each, value)) expect(found[index]).toBe(true);
        });
      }),
      { numRuns: 400 },
    );
  });

  test('literals that are looked for as a whole are found exactly', () => {
    const short = fc.array(
      fc.array(
        literal.filter(({ length }) => length <= 8),
        { maxLength: 4 },
      ),
      {
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(fc.array(short, { maxLength: 40 }), text, (needs, value) => {
        expect(candidates(needs, value)).toEqual(needs.map((each) => isMet(each, value)));
      }),
      { numRuns: 400 },
    );
  });
});

test('one scan leaves nothing behind for the next', () => {
  const scanner = compileScanner([[['ab'], ['cd']], [['(']], null]);
  expect([...scanner.scan('ab')]).toEqual([4]);
  expect([...scanner.scan('cd (')]).toEqual([6]);
  expect([...scanner.scan('cd ab')]).toEqual([5]);
  expect(scanner.scan('nothing')).toBe(scanner.scan(''));
});

test('thousands of long phrases are kept small enough by looking for parts of them', () => {
  const words = Array.from(
    { length: 7_000 },
    (_, index) => `phrase-${(index * 7_919) % 65_536}/${index}.php?x`,
  );
  const scanner = compileScanner([[words]]);
  for (const word of words) expect(scanner.scan(`some text ${word} behind`)[0]).toBe(1);
  expect(scanner.scan('some text')[0]).toBe(0);
});

test('of a long literal the rarest part is looked for', () => {
  expect(tellingPart('there is information_schema', 8)).toContain('_');
  expect(tellingPart('ab', 8)).toBe('ab');
});
