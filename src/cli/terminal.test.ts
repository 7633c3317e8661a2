import { expect, test } from 'vitest';
import { spanText } from './status.ts';
import { printable, table, wrap } from './terminal.ts';

test('a table has its cells below each other', () => {
  expect(table([['A', 'BB'], ['ccc', 'd', 'e'], []])).toEqual(['A    BB', 'ccc  d   e', '']);
});

test('text is broken at blanks', () => {
  expect(wrap('a bb ccc dddddd', 5)).toEqual(['a bb', 'ccc', 'dddddd']);
});

test('what is printed cannot move the cursor', () => {
  expect(printable('a\u001b[31m\u202e\u2028é🙂')).toBe('a\ufffd[31m\ufffd\ufffdé🙂');
});

test.each([
  [0.4, '0 s'],
  [61, '1 min 1 s'],
  [3_660, '1 h 1 min'],
  [93_600, '1 d 2 h'],
])('%d seconds', (seconds, text) => {
  expect(spanText(seconds)).toBe(text);
});
