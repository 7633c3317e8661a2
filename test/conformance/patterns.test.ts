import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  LONG_VALUE_BYTES,
  type LongMatch,
  type Needs,
  type OperatorHost,
} from '../../src/lib/seclang/operator.ts';
import { rx } from '../../src/lib/seclang/operators/rx.ts';
import { backtrackingBound, longestWithin } from '../../src/lib/seclang/patterns/backtracking-bound.ts';
import { toJavaScript } from '../../src/lib/seclang/patterns/javascript.ts';
import { PatternMatcher } from '../../src/lib/seclang/patterns/matcher.ts';
import { needsOf } from '../../src/lib/seclang/patterns/needs.ts';
import { pumpsOf } from '../../src/lib/seclang/patterns/pumps.ts';
import { readPattern } from '../../src/lib/seclang/patterns/read.ts';
import type { OperatorRef, Rule } from '../../src/lib/seclang/syntax/rule.ts';
import { coreRules, hasCoreRules } from '../support/core-rules.ts';
import { sampleOf, variantOf } from '../support/pattern-samples.ts';
import { askPcre, hasPcre } from '../support/pcre.ts';
import { seeded } from '../support/seeded.ts';

const corpora = process.env.PORTCULLIS_CORPORA ?? join(import.meta.dirname, '../../../shared/corpora');
const language = join(corpora, 'secrules-language-tests/operators/rx.json');

/** Patterns of which CRS 4 is made besides, by what is special in them; written for this test. */
const OTHERS = [
  '^(?:[^\\s;]+/(?:x|y)\\s*)(?:;\\s*(?:charset\\s*=\\s*(?:"?utf-8\\b"?)|(?:[^c"]|c(?:[^h]|h[^a]))[^;=]*=[^;]+);?)*$',
  '\\x{bc}[^\\x{be}>]*[\\x{be}>]|<[^\\x{be}]*\\x{be}',
  '((?:[~!@#$%^&*()\\-+={}\\[\\]|:;"\'\\x{b4}`<>][^~!@#]*?){6})',
  ',.*?[)\\da-f"\'`]["\'`](?:["\'`].*?["\'`]|(?:\\r?\\n)?\\z|[^"\'`]+)',
  '(?is:<.*:?vmlframe.*?[\\s/+]*?src[\\s/+]*=)',
];

/** The patterns of the rules, each once. */
function corePatterns(): string[] {
  const patterns = new Set<string>();
  for (const item of coreRules().items) {
    let rule: Rule | null = 'marker' in item ? null : item;
    for (; rule !== null; rule = rule.chained) {
      const operator: OperatorRef | null = rule.operator;
      if (operator?.name !== 'rx' || !operator.argument.every((part) => typeof part === 'string')) continue;
      patterns.add(operator.argument.join(''));
    }
  }
  return [...patterns];
}

function finish(match: LongMatch, bytes: number): { matches: boolean; steps: number } {
  for (let steps = 1; ; steps++) {
    const matches = match.step(bytes);
    if (matches !== null) return { matches, steps };
  }
}

function isCandidate(value: string, needs: Needs | null): boolean {
  const lower = value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return needs === null || needs.every((clause) => clause.some((literal) => lower.includes(literal)));
}

describe.skipIf(!hasCoreRules)('patterns of the Core Rule Set', () => {
  const patterns = hasCoreRules ? [...corePatterns(), ...OTHERS] : [];

  test('all are read, and nearly all say what a match needs', () => {
    expect(patterns.length).toBeGreaterThan(230);
    const without = patterns.filter((source) => needsOf(readPattern(source).node) === null);
    expect(without.length, without.join('\n')).toBeLessThanOrEqual(16);
  });

  test.skipIf(!hasPcre())('each matches what PCRE says that it matches, with the same groups', () => {
    const random = seeded(20);
    const cases = patterns.map((source) => {
      const pattern = readPattern(source);
      const values = Array.from({ length: 25 }, () => variantOf(sampleOf(pattern.node, random), random));
      return { source, groups: Math.min(10, pattern.captures + 1), values, pattern };
    });
    const answers = askPcre(cases.map(({ source, groups, values }) => ({ source, groups, values })));
    let matches = 0;
    for (const [at, { source, values, pattern }] of cases.entries()) {
      const matcher = new PatternMatcher(pattern);
      const needs = needsOf(pattern.node);
      for (const [index, value] of values.entries()) {
        const expected = answers[at]?.[index] ?? null;
        // Of a pattern with sixty rounds of loops PCRE knows no end.
        if (typeof expected === 'number') continue;
        const search = matcher.begin(value);
        expect(finish(search, 64).matches ? search.captures() : null, source).toEqual(expected);
        const captures: string[] = [];
        expect(matcher.test(value, captures) ? captures : null, source).toEqual(expected);
        if (expected === null) continue;
        matches++;
        expect(isCandidate(value, needs), source).toBe(true);
      }
    }
    expect(matches).toBeGreaterThan(2_000);
  });

  test('none takes more than linear work for texts made to have it go back and forth', () => {
    for (const source of patterns) {
      const pattern = readPattern(source);
      const matcher = new PatternMatcher(pattern);
      const pumps = pumpsOf(pattern.node);
      for (const { before, repeated, behind } of pumps.filter(
        (_, at) => at % Math.ceil(pumps.length / 3) === 0,
      )) {
        const rounds = Math.floor((16_384 - before.length) / repeated.length);
        const { steps } = finish(matcher.begin(before + repeated.repeat(rounds) + behind), 4_096);
        expect(steps, `${source} on ${JSON.stringify([before, repeated, behind])}`).toBeLessThan(1_500);
      }
    }
  });

  test.each([
    ['exponential', '^(?:\\s*a?)*b', ' a'],
    ['exponential', '^(?:[^;]+/[^;]+)(?:\\s*;\\s*(?:[^;=]+=[^;]+|[^c;]+))*$', ';a'],
    ['of the fourth degree', '<.*:?vmlframe.*?[\\s/+]*?src[\\s/+]*=', '<vmlframe src'],
    ['cubic', 'x.*y.*z', 'xy'],
    ['quadratic', '\\s+x', ' '],
  ])('128 KiB against a pattern that is %s take linear work: %s', (_, source, repeated) => {
    const matcher = new PatternMatcher(readPattern(source));
    const text = `a/a${repeated.repeat(131_072 / repeated.length)}\0;`;
    expect(finish(matcher.begin(text), 4_096).steps).toBeLessThan(200);
  });

  test('V8 gets only values for which it cannot take many steps', () => {
    for (const source of patterns) {
      const pattern = readPattern(source);
      const { factor, degree } = backtrackingBound(pattern);
      const longest = Math.min(LONG_VALUE_BYTES, longestWithin(pattern, 200_000));
      if (longest > 0) expect(factor * longest ** degree, source).toBeLessThanOrEqual(200_001);
      expect(toJavaScript(pattern), source).not.toBeNull();
    }
  });
});

describe.skipIf(!existsSync(language))('tests of the language for @rx', () => {
  const cases = existsSync(language) ? JSON.parse(readFileSync(language, 'utf8')) : [];
  test.each<{ param: string; input: string; ret: number; re_groups?: string[] }>(cases)(
    '$param on $input: $ret',
    ({ param, input, ret, re_groups }) => {
      const operator = rx(param, {} as OperatorHost, '');
      const captures: string[] = [];
      expect(operator.test(input, captures)).toBe(ret === 1);
      if (re_groups !== undefined) expect(captures).toEqual(re_groups);
    },
  );
});

if (!hasCoreRules) test.skip('skipped the patterns of the Core Rule Set: install modsecurity-crs', () => {});
if (!existsSync(language))
  test.skip(`skipped the tests of @rx: set PORTCULLIS_CORPORA, ${language} is not there`, () => {});
