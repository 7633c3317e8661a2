import { expect, test } from 'vitest';
import { type CountedFindings, RuleNotes } from './rule-notes.ts';

const HOUR_MS = 3_600_000;
const match = (ruleId: number, category = 'sqli', change = {}) => ({
  ...{ ruleId, category, variable: 'ARGS:a', isLogOnly: false, scores: [5] },
  ...change,
});
const verdict = match(949110, 'generic', { variable: 'TX:blocking_inbound_anomaly_score', scores: [] });
const found = (matches: CountedFindings['matches'], change = {}): CountedFindings => ({
  ...{ matches, interruption: null, bypasses: [], wouldBlock: false },
  ...change,
});
const rows = (notes: RuleNotes) =>
  notes
    .takeHours()
    .flatMap(({ hourMs, counts }) =>
      counts.map((one) => [
        hourMs / HOUR_MS,
        ...[one.ruleId, one.category, one.matches, one.blocks, one.wouldBlocks],
      ]),
    );

test('a request is counted once for each rule, each category and in all, and what only sums up is not', () => {
  const notes = new RuleNotes();
  notes.note(
    found([match(1), match(1), match(2), match(3, 'xss'), verdict], { interruption: {} }),
    true,
    HOUR_MS,
  );
  expect(rows(notes)).toEqual([
    [1, 1, 'sqli', 1, 1, 0],
    [1, 0, 'sqli', 1, 1, 0],
    [1, 0, '', 1, 1, 0],
    [1, 2, 'sqli', 1, 1, 0],
    [1, 3, 'xss', 1, 1, 0],
    [1, 0, 'xss', 1, 1, 0],
  ]);
  expect([notes.size, rows(notes)]).toEqual([0, []]);
});

test.each([
  ['blocked', found([match(1)], { interruption: {} }), true, [1, 1, 0]],
  ['only observed', found([match(1)], { interruption: {} }), false, [1, 0, 1]],
  [
    'on trial',
    found([match(1, 'x', { isLogOnly: true, scores: [] })], { wouldBlock: true }),
    false,
    [1, 0, 1],
  ],
  ['below the threshold', found([match(1)]), false, [1, 0, 0]],
  [
    'blocked by other rules as well',
    found([match(1)], { interruption: {}, wouldBlock: true }),
    true,
    [1, 1, 0],
  ],
])('%s', (_, findings, isBlocked, expected) => {
  const notes = new RuleNotes();
  notes.note(findings, isBlocked, 0);
  const [first] = notes.takeHours()[0]?.counts ?? [];
  expect([first?.matches, first?.blocks, first?.wouldBlocks]).toEqual(expected);
});

test('a rule on trial that looks at scores is counted as well', () => {
  const notes = new RuleNotes();
  notes.note(found([{ ...verdict, isLogOnly: true }]), false, 0);
  expect(rows(notes)).toHaveLength(3);
});

test('what a bypass let through is counted, also where nothing else matched', () => {
  const notes = new RuleNotes();
  notes.note(found([], { bypasses: ['bp1'], wouldBlock: true }), false, 7);
  notes.note(found([match(1)], { bypasses: ['bp1', 'bp2'] }), false, 9);
  notes.note(found([match(1)], { bypasses: ['bp1'], wouldBlock: true }), true, 11);
  expect(notes.takeUses()).toEqual([
    { id: 'bp1', requests: 3, wouldBlock: 1, lastAtMs: 11 },
    { id: 'bp2', requests: 1, wouldBlock: 0, lastAtMs: 9 },
  ]);
});

test('hours are told apart, and a flood of rules is bounded', () => {
  const notes = new RuleNotes();
  notes.note(found([match(1)]), false, HOUR_MS - 1);
  notes.note(found([match(1)]), false, HOUR_MS);
  expect(notes.takeHours().map(({ hourMs }) => hourMs)).toEqual([0, HOUR_MS]);
  for (let id = 1; id < 5_000; id++) notes.note(found([match(id)]), false, 0);
  expect(notes.takeHours()[0]?.counts).toHaveLength(2_000);
});

test('a request without a match costs nothing', () => {
  const notes = new RuleNotes();
  notes.note(found([]), false, 5);
  expect(notes.size).toBe(0);
});
