import { expect, test } from 'vitest';
import { Backtracker } from './backtracker.ts';
import { backtrackingBound } from './backtracking-bound.ts';
import { type Backtracking, findBacktracking } from './backtracking-lint.ts';
import { BacktrackingProgram } from './backtracking-program.ts';
import { pumpsOf } from './pumps.ts';
import { readPattern } from './read.ts';

const ROWS: [string, Backtracking['kind']][] = [
  ['abc|abd', 'none'],
  ['(?i)^content-type\\s*:\\s*\\w+$', 'none'],
  ['/user/[0-9]+/edit', 'none'],
  ['^(?:a*?b)*$', 'none'],
  ['^(?:"[^"]*",)+$', 'none'],
  ['%[0-9a-f]{2}', 'none'],
  ['a+b', 'polynomial'],
  ['^\\s*\\S*\\s*$x', 'polynomial'],
  ['"[^x]*y', 'polynomial'],
  ['x.*y.*z', 'polynomial'],
  ['(?:ab|ac)*d', 'polynomial'],
  ['(a+)+b', 'exponential'],
  ['^(?:a|a)*b', 'exponential'],
  ['^(\\w|\\d)+$', 'exponential'],
  ['^(?:\\s*a?)*b', 'exponential'],
  ['(?:a|b)?\\Z.*?$', 'unknown'],
];

test.each(ROWS)('%j backtracks: %s', (source, kind) => {
  expect(findBacktracking(source).kind).toBe(kind);
});

test('what is found is told with the text that shows it', () => {
  expect(findBacktracking('^x(a+)+b').why).toBe(
    'Each "a" more behind "x", in front of "\\u0000" multiplies the steps.',
  );
  expect(findBacktracking('^x+b').why).toBe('It takes at most 1 × the length of a value.');
});

test('no text takes more steps than the bound of its pattern says, times the length of the pattern', () => {
  for (const [source] of ROWS) {
    const pattern = readPattern(source);
    const { factor, degree } = backtrackingBound(pattern);
    const code = new BacktrackingProgram(pattern);
    for (const { before, repeated, behind } of pumpsOf(pattern.node)) {
      const text = before + repeated.repeat(14) + behind;
      const backtracker = new Backtracker(code, text, 0, false);
      expect(backtracker.run(1_000_000)).not.toBeNull();
      const steps = 1_000_000 - backtracker.unusedSteps;
      expect(steps, source).toBeLessThanOrEqual(4 * code.ops.length * factor * (text.length + 1) ** degree);
    }
  }
});
