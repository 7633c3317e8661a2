import { expect, test } from 'vitest';
import { sampleOf, variantOf } from '../../../../test/support/pattern-samples.ts';
import { seeded } from '../../../../test/support/seeded.ts';
import type { Needs } from '../operator.ts';
import { toJavaScript } from './javascript.ts';
import { needsOf } from './needs.ts';
import { readPattern } from './read.ts';

test.each<[string, Needs | null]>([
  ['union.*?select.*?FROM', [['select'], ['union']]],
  ['colou?r', [['color', 'colour']]],
  ['(?:a|b)c+d', [['cd'], ['ac', 'bc']]],
  ['(?i)<SCRIPT\\b', [['<script']]],
  ['(?:sleep\\(|benchmark\\().*\\)', [['sleep(', 'benchmark('], [')']]],
  ['(?=x1)[^y]', [['x1']]],
  ['(?!x1)[^y]', null],
  ['(?:abc|.)', null],
  ['(?:abc)*', null],
  ['\\r\\n\\xff', [['\r\n\xff']]],
  ['', null],
  ['^$', null],
])('%j needs %j', (source, expected) => {
  expect(needsOf(readPattern(source).node)).toEqual(expected);
});

function isCandidate(value: string, needs: Needs | null): boolean {
  const lower = value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return needs === null || needs.every((clause) => clause.some((literal) => lower.includes(literal)));
}

test.each([
  '(?i)(?:a(?:b|cd)+|e{2,4}f|[g-z]h?)(?:1|2*3)x',
  'a+b+c*d(?:ef|gh){2}i',
  '(?:["\'`](?:\\s*?(?:between|x?or|and|div)\\s*?\\d|--)|union\\s+(?:all\\s+)?select)',
  '(?<!&)(?:<(?=s)|<\\/)(?:script|style)(?:\\s|>)++',
  '(a|b(c)?)\\1(?:d|e|f)\\s*=\\s*[0-9a-f]{3}',
  '(?:[a-z]{2}){3}-[\\d.]+(?:;|,\\s)q=',
])('what %j matches has all that it needs', (source) => {
  const pattern = readPattern(source);
  const needs = needsOf(pattern.node);
  const expression = new RegExp(toJavaScript(pattern)?.source ?? '^(?!)');
  const random = seeded(6);
  let matches = 0;
  for (let time = 0; time < 3_000; time++) {
    const value = variantOf(sampleOf(pattern.node, random), random);
    if (!expression.test(value)) continue;
    matches++;
    expect(isCandidate(value, needs), value).toBe(true);
  }
  if (!source.includes('\\1')) expect(matches).toBeGreaterThan(300);
});
