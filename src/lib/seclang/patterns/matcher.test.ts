import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BudgetReached, type LongMatch } from '../operator.ts';
import { Backtracker } from './backtracker.ts';
import { toJavaScript } from './javascript.ts';
import { PatternMatcher } from './matcher.ts';
import { readPattern } from './read.ts';

/** The verdict after steps of a few bytes, and how many there were. */
function finish(match: LongMatch, bytes = 7): { matches: boolean; steps: number } {
  for (let steps = 1; ; steps++) {
    const matches = match.step(bytes);
    if (matches !== null) return { matches, steps };
  }
}

/** Groups of a match in steps; null for none. */
function groupsOf(source: string, value: string): readonly string[] | null {
  const match = new PatternMatcher(readPattern(source)).begin(value);
  return finish(match).matches ? match.captures() : null;
}

// What PCRE 2 answers, where JavaScript has other groups or no such thing.
test.each<[string, string, string[] | null]>([
  ['(?:(a)|b)*', 'ab', ['ab', 'a']],
  ['(?:(a)|b)*\\1', 'aba', ['aba', 'a']],
  ['(?:(a|b\\1)c?)+d', 'abad', ['abad', 'ba']],
  ['(a)|b\\1', 'b', null],
  ['(?>(a)|ab)+c', 'aabaac', ['aac', 'a']],
  ['(?=(a+))a*b\\1', 'baaabac', ['aba', 'a']],
  ['(?!(ab|c)+d)[a-d]+', 'abd', ['bd', '']],
  ['(?<=(a|b))c\\1', 'acbbcb', ['cb', 'b']],
  ['(?<!^)a', 'aa', ['a']],
  ['(?i)(\xe9?a+)\\1b', 'aaAAb', ['aaAAb', 'aa']],
  ['a\\Z', 'ba\n', ['a']],
  ['a\\Z', 'ba\nc', null],
  ['(?m)^b?$', 'a\nb\n', ['b']],
  ['(?m)^', '\n', ['']],
  ['(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)', 'abcdefghij', ['abcdefghij', ...'abcdefghi']],
])('%j on %j', (source, value, expected) => {
  expect(groupsOf(source, value)).toEqual(expected);
});

const atom = fc.constantFrom('a', 'b', 'c', '[ab]', '[^a]', '.', '\\w', '\\n', '(?i:B)');
const assertion = fc.constantFrom(
  '^',
  '$',
  '\\b',
  '\\B',
  '(?m:^)',
  '(?m:$)',
  '\\Z',
  '(?=a)',
  '(?!b)',
  '(?<=a)',
);
const quantifier = fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{2,}', '*+', '++', '?+');
const regular = fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{2,}');

const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { withCrossShrink: true, maxDepth: 4 },
    atom,
    assertion,
    fc.tuple(atom, quantifier).map(([one, times]) => one + times),
    fc.tuple(tie('pattern'), regular).map(([inside, times]) => `(?:${inside})${times}`),
    tie('pattern').map((inside) => `(${inside})`),
    tie('pattern').map((inside) => `(?>${inside})`),
    fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `(?:${one}|${other})`),
  ),
  pattern: fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.join('')),
}));
const value = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'B', '\n', ' ', '\xe9'), maxLength: 12 });

test('V8, the automaton with what follows it, and our own backtracking find the same match', () => {
  fc.assert(
    fc.property(pattern, fc.array(value, { maxLength: 6 }), (source, values) => {
      const read = readPattern(source);
      const matcher = new PatternMatcher(read);
      const expression = toJavaScript(read);
      for (const text of values) {
        const search = matcher.begin(text);
        const found = finish(search).matches ? search.captures() : null;
        const backtracker = new Backtracker(matcher.backtracking, text, 0);
        expect(backtracker.run(1_000_000) ? backtracker.groups() : null).toEqual(found);
        expect(matcher.test(text, null)).toBe(found !== null);
        if (expression !== null) expect(new RegExp(expression.source).exec(text)?.[0]).toBe(found?.[0]);
      }
    }),
    { numRuns: 200 },
  );
});

test('what is long is looked at in steps, each as long as it is told to be', () => {
  const matcher = new PatternMatcher(readPattern('a[^b]*c'));
  const text = `${'x'.repeat(10_000)}a${'y'.repeat(10_000)}c`;
  const search = matcher.begin(text);
  const { matches, steps } = finish(search, 1_000);
  expect(matches).toBe(true);
  expect(steps).toBeGreaterThan(50);
  expect(search.captures()).toEqual([text.slice(10_000)]);
});

test('two long values at once do not disturb each other', () => {
  const matcher = new PatternMatcher(readPattern('(?:a|b){2,40}(c|d)[a-c]{20}x'));
  const texts = ['abcd'.repeat(600), `${'ab'.repeat(500)}${'cab'.repeat(60)}x`];
  const both = texts.map((text) => matcher.begin(text));
  const verdicts = [null, null] as (boolean | null)[];
  for (let turn = 0; verdicts.includes(null); turn++) {
    const one = turn % 2;
    verdicts[one] ??= both[one]?.step(13) ?? null;
    if (turn % 50 === 0) matcher.forward.forget();
  }
  expect(verdicts).toEqual([false, true]);
});

test('JavaScript is not asked about loops whose rounds can be empty, which it reads otherwise', () => {
  expect(toJavaScript(readPattern('(?:a|b?)*'))).toBeNull();
  expect(toJavaScript(readPattern('(?:a?){1,3}'))).toBeNull();
  const { source } = toJavaScript(readPattern('(?:.*?)?+b')) ?? { source: '' };
  expect(new RegExp(source).exec('ab')?.[0]).toBe('b');
});

test('states that are made faster than they are used are not kept, and the verdict is the same', () => {
  // Which of the last bytes were an a: more states than there is memory.
  const matcher = new PatternMatcher(readPattern('a[ab]{100}c'));
  let text = '';
  for (let at = 0, state = 7; at < 12_000; at++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += state % 7 < 3 ? 'a' : 'b';
  }
  expect(finish(matcher.begin(text), 10_000).matches).toBe(false);
  expect(matcher.forward.bytes).toBeLessThan(1_000_000);
  expect(finish(matcher.begin(`${text}c`), 10_000).matches).toBe(text.at(-101) === 'a');
});

test('a bound that is reached is neither a match nor none', () => {
  const matcher = new PatternMatcher(readPattern('^(?:(a+)+\\1)+b\\1c'));
  expect(() => matcher.test(`${'a'.repeat(200)}b`.repeat(2).concat('xc'), null)).toThrow(BudgetReached);
});

test('a pattern that repeats too much is refused', () => {
  expect(() => new PatternMatcher(readPattern('(?:.{1000}){100}'))).toThrow(
    new RangeError('The pattern repeats so much that it takes more than 16384 steps.'),
  );
});
