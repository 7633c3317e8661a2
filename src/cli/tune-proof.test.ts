import { describe, expect, test } from 'vitest';
import { narrowest, proveOnEvent } from './tune-proof.ts';

const match = (rule: number, score: number, variable = 'ARGS:text') => ({
  ...{ rule, variable, isLogOnly: false },
  scores: { 'tx.anomaly_score_pl1': score },
});
const VERDICT = { rule: 949110, variable: 'TX:anomaly_score', isLogOnly: false, scores: {} };
const target = (ruleId: number, key = 'text') => ({ ruleId, parameter: { collection: 'ARGS', key } });
const all = (...targets: ReturnType<typeof target>[]) => ({ id: 1, path: '/a', isPrefix: false, targets });
const ids = (targets: readonly { ruleId: number }[]) => targets.map(({ ruleId }) => ruleId);
/** One that adds three, and two that add five each. */
const event = { score: 13, matches: [match(1, 3), match(2, 8), match(3, 13), VERDICT] };

describe('narrowest', () => {
  test.each([
    ['what is below the threshold by itself stays', 5, [2, 3]],
    ['one is enough', 10, [3]],
    ['nothing may stay', 3, [1, 2, 3]],
  ])('%s', (_, threshold, expected) => {
    expect(ids(narrowest(event, 949110, all(target(1), target(2), target(3)), threshold))).toEqual(expected);
  });

  test('a rule that ends requests itself is needed, whatever the score', () => {
    const own = { score: 3, matches: [match(1, 3), { ...match(7, 0), scores: {} }] };
    expect(ids(narrowest(own, 7, all(target(1), target(7)), 5))).toEqual([7]);
  });

  test('of a request that was not blocked everything is excluded', () => {
    expect(ids(narrowest({ score: 3, matches: [match(1, 3)] }, 0, all(target(1)), 5))).toEqual([1]);
  });
});

describe('proveOnEvent', () => {
  test.each([
    [[target(3)], 5, /still be 8.*1, 2 matched/],
    [[target(2), target(3)], 5, /^$/],
    [[target(2, 'other'), target(3)], 5, /still be 8/],
    [[], 0, /^$/],
  ])('%#', (targets, threshold, problem) => {
    expect(proveOnEvent(event, 949110, all(...targets), threshold).problem).toMatch(problem);
  });
});
