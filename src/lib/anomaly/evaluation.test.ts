import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../tools/adaptive/evaluate.ts';
import { reportOf } from '../../../tools/adaptive/report.ts';
import { scoreOf } from '../../../tools/adaptive/score.ts';

/** A small run of `npm run evaluate-adaptive`, with a seed that nothing was chosen with. */
const OPTIONS = { seed: 77, clients: 18, days: 2.5, quietDays: 1.5, each: 6 };
const score = scoreOf(evaluate(OPTIONS));
const recallOf = (...kinds: string[]): number => {
  const ofKind = score.kinds.filter(({ kind }) => kinds.includes(kind));
  const sum = (of: (one: (typeof ofKind)[number]) => number) => ofKind.reduce((all, one) => all + of(one), 0);
  return sum(({ found }) => found) / sum(({ episodes }) => episodes);
};

describe('on simulated traffic', () => {
  test.each([
    [['spike'], 0.5],
    [['slow climb'], 0.5],
    [['new country'], 0.5],
    [['credential stuffing', 'credential stuffing by a stranger'], 0.75],
    [['scraping', 'scraping by a stranger'], 0.6],
  ])('%j is found', (kinds, least) => {
    expect(recallOf(...kinds)).toBeGreaterThanOrEqual(least);
  });

  test('most decisions are right', () => {
    const tallies = [...score.byDriver.values()];
    const all = tallies.reduce((sum, one) => sum + one.all, 0);
    const right = tallies.reduce((sum, one) => sum + one.right, 0);
    expect(right / all).toBeGreaterThan(0.8);
  });

  test('legitimate bursts and retries are hardly ever punished, deploys and outages never', () => {
    const rateOf = (kind: string): number => {
      const { events, punished } = score.legitimate.get(kind) ?? { events: 1, punished: 1 };
      return punished / events;
    };
    expect(rateOf('legitimate burst')).toBeLessThanOrEqual(0.1);
    expect(rateOf('retries for a minute')).toBeLessThanOrEqual(0.1);
    expect(rateOf('deploy')).toBe(0);
    expect(rateOf('outage of one upstream')).toBe(0);
  });

  test('the report tells all of it', () => {
    expect(reportOf([score])).toContain('| **all** | 42 |');
  });
}, 60_000);
