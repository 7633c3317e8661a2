import { describe, expect, test } from 'vitest';
import { lintRules } from '../../src/lib/seclang/lint/lint-rules.ts';
import type { Rule } from '../../src/lib/seclang/syntax/rule.ts';
import type { Overrides } from '../../src/lib/seclang/transaction.ts';
import { shippedEngine, shippedProgram } from '../../tools/waf/shipped-engine.ts';
import { matchedIds, type RequestParts, runAll } from '../support/rule-engine.ts';
import { readExamples } from './rule-examples.ts';

const folder = new URL('../../rules/', import.meta.url);
const examples = readExamples(folder);
const rules = shippedProgram().items.filter((item): item is Rule => 'phase' in item);
const engine = shippedEngine();

function overrides(tx: Readonly<Record<string, string>>): Overrides {
  const none = { isLogOnly: () => false, isRemoved: () => false, removedTargets: () => null };
  return { tx: new Map(Object.entries(tx)), ...none };
}

const STRICTEST = overrides({ blocking_paranoia_level: '4', detection_paranoia_level: '4' });

describe('examples', () => {
  test.each(examples)('rule $ruleId, match is $isMatch: $text', ({ ruleId, isMatch, parts }) => {
    expect(matchedIds(runAll(engine, parts, STRICTEST)).includes(ruleId)).toBe(isMatch);
  });

  test('every rule that finds something has both kinds', () => {
    const finding = rules.filter(({ tags }) => tags.some((tag) => tag.startsWith('paranoia-level/')));
    const without = finding.filter(({ id }) => {
      const own = examples.filter(({ ruleId }) => ruleId === id);
      return !own.some(({ isMatch }) => isMatch) || own.every(({ isMatch }) => isMatch);
    });
    expect(finding.length).toBeGreaterThan(50);
    expect(without.map(({ id }) => id)).toEqual([]);
  });
});

describe('scores', () => {
  const ATTACK: RequestParts = { target: '/?id=1%27%20or%201=1--%20' };
  const headers = [
    ['Host', 'api.example.com'],
    ['User-Agent', 'test'],
  ] as const;
  const UNSURE: RequestParts = { target: '/?q=%27%20or%201', headers };

  test('one sure finding blocks at level 1', () => {
    const transaction = runAll(engine, ATTACK);
    expect(transaction.txValue('blocking_inbound_anomaly_score')).toBe('5');
    expect(transaction.txValue('sql_injection_score')).toBe('5');
    expect(transaction.interruption).toMatchObject({ kind: 'deny', ruleId: 22_090_100, status: 403 });
  });

  test('an unsure one is not looked for at level 1, and does not block for itself at level 2', () => {
    expect(runAll(engine, UNSURE).matches).toEqual([]);
    const transaction = runAll(engine, UNSURE, overrides({ blocking_paranoia_level: '2' }));
    expect(matchedIds(transaction)).toContain(22_002_914);
  });

  test('a threshold that the configuration says holds', () => {
    const transaction = runAll(engine, ATTACK, overrides({ inbound_anomaly_score_threshold: '6' }));
    expect(transaction.interruption).toBeNull();
  });

  test('levels above the one that blocks are found and do not count', () => {
    const transaction = runAll(
      engine,
      UNSURE,
      overrides({ blocking_paranoia_level: '1', detection_paranoia_level: '2' }),
    );
    expect(transaction.txValue('blocking_inbound_anomaly_score')).toBe('0');
    expect(transaction.txValue('detection_inbound_anomaly_score')).toBe('3');
  });
});

test('identifiers are of one range, and each rule is of the category of its file', () => {
  expect(rules.filter(({ id }) => id < 22_000_000 || id > 22_099_999)).toEqual([]);
  const finding = rules.filter(({ tags }) => tags.some((tag) => tag.startsWith('paranoia-level/')));
  for (const { id, at, tags, message } of finding) {
    const category = /(\d\d)-([a-z0-9-]+)\.conf$/.exec(at.file);
    expect(tags, String(id)).toContain(`portcullis/category/${category?.[2]}`);
    expect(tags.some((tag) => tag.startsWith('attack-'))).toBe(true);
    expect(Math.floor(id / 1_000) % 100, String(id)).toBe(Number(category?.[1]));
    expect(message, String(id)).not.toEqual([]);
  }
});

test('there is nothing in them that is hardly meant', () => {
  expect(lintRules({ program: shippedProgram(), notes: [], exclusions: [] })).toEqual([]);
});
