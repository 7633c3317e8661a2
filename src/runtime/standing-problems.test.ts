import { expect, test } from 'vitest';
import { StandingProblems } from './standing-problems.ts';

test('what several threads tell is one problem, over when the last of them is well', () => {
  const log: string[] = [];
  const problems = new StandingProblems((level, message) => log.push(`${level} ${message}`));
  problems.set('journal', '0', 'The disk is full.');
  problems.set('journal', '1', 'The disk is full.');
  problems.set('target', 'a', 'Target a is out.');
  expect(problems.all).toEqual(['The disk is full.', 'Target a is out.']);
  problems.set('journal', '0', '');
  expect(problems.first('journal')).toBe('The disk is full.');
  problems.set('journal', '1', '');
  problems.set('journal', '1', '');
  expect(problems.first('journal')).toBe('');
  expect(problems.all).toEqual(['Target a is out.']);
  expect(log).toEqual(['error The disk is full.', 'info The journal is written again.']);
});

test('another sentence of the same part takes the place of the first', () => {
  const problems = new StandingProblems(() => {});
  problems.set('database', '', 'One.');
  problems.set('database', '', 'Two.');
  expect(problems.all).toEqual(['Two.']);
});
