import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  journalLine,
  openTestServices,
  START_MS,
  type TestServices,
} from '../../test/support/control-services.ts';
import { bypassWith, ruleWith } from '../../test/support/waf-records.ts';
import { Unavailable } from '../core/errors.ts';
import { Problem, runOperation } from './operation.ts';
import { OPERATIONS, type OperationId, type ResultOf } from './operations.ts';
import type { ControlServices } from './services.ts';

const HOUR_MS = 3_600_000;
let world: TestServices;
beforeEach(async () => {
  world = await openTestServices();
});
afterEach(() => world.close());

async function attempt(
  id: OperationId,
  input: object,
  change: Partial<ControlServices> = {},
): Promise<unknown> {
  return runOperation(OPERATIONS[id], { ...world.services, ...change }, input);
}
async function run<Id extends OperationId>(
  id: Id,
  input: object = {},
  change: Partial<ControlServices> = {},
): Promise<ResultOf<Id>> {
  const result = await attempt(id, input, change);
  if (result instanceof Problem) throw new Error(`${result.error}: ${result.message}`);
  return result as ResultOf<Id>;
}

const match = (rule: number, change = {}) => ({
  ...{
    rule,
    phase: 2,
    variable: 'ARGS:text',
    category: 'sqli',
    place: 'a.conf:1',
    scores: { 'tx.score': 5 },
  },
  ...change,
});
const VERDICT = match(949110, {
  variable: 'TX:blocking_inbound_anomaly_score',
  category: 'generic',
  scores: {},
});

/** Keeps the record of a request that rules matched. */
async function keep(id: string, matches: object[], decision = {}, waf = {}): Promise<void> {
  const record = journalLine(id, {
    '@timestamp': new Date(START_MS).toISOString(),
    'url.path': '/comments',
    portcullis: {
      decision: { effect: 'deny', reason: 'waf.blocked', stage: 'waf', ...decision },
      route: 'web',
      checks: [],
      waf: { view: 'checked', inbound_score: 5, outbound_score: 0, matches, ...waf },
    },
  });
  await world.services.decisions.addDecisions([{ id, atMs: START_MS, record }]);
}

describe('confirmFalsePositive', () => {
  test('notes each rule that found something, once', async () => {
    await keep('r1', [
      match(942100),
      match(942100, { variable: 'ARGS:b' }),
      match(941100, { category: 'xss' }),
      VERDICT,
    ]);
    const input = { params: { id: 'r1' }, body: { by: 'alice' } };
    const first = await run('confirmFalsePositive', input);
    expect(first.confirmed.map(({ rule, category }) => [rule, category])).toEqual([
      [942100, 'sqli'],
      [941100, 'xss'],
    ]);
    expect(first).toMatchObject({ known: 0, wasBlocked: true });
    expect(await run('confirmFalsePositive', input)).toMatchObject({ confirmed: [], known: 2 });
    expect(await world.services.waf.activity.listConfirmed(START_MS, START_MS + 1)).toMatchObject([
      { requestId: 'r1', ruleId: 941100, path: '/comments', confirmedBy: 'alice', atMs: START_MS },
      { ruleId: 942100 },
    ]);
  });

  test.each([
    ['blocked', {}, {}, true],
    [
      'observed',
      { effect: 'continue', stage: 'proxy' },
      { ended_by: { rule: 1, kind: 'deny', phase: 2 } },
      true,
    ],
    ['on trial', { effect: 'continue', stage: 'proxy' }, { would_block: true }, true],
    ['only noted', { effect: 'continue', stage: 'proxy' }, {}, false],
    ['refused by another stage', { stage: 'authentication' }, {}, false],
  ])('a request that was %s', async (_, decision, waf, wasBlocked) => {
    await keep('r1', [match(942100)], decision, waf);
    expect(await run('confirmFalsePositive', { params: { id: 'r1' }, body: {} })).toMatchObject({
      wasBlocked,
    });
  });

  test('takes one rule, and refuses what did not match', async () => {
    await keep('r1', [match(942100), match(941100)]);
    await keep('r2', [VERDICT]);
    await keep('r3', []);
    const params = { id: 'r1' };
    expect((await run('confirmFalsePositive', { params, body: { rule: 941100 } })).confirmed).toMatchObject([
      { rule: 941100 },
    ]);
    expect(await attempt('confirmFalsePositive', { params, body: { rule: 7 } })).toMatchObject({
      status: 409,
      message: expect.stringContaining('942100, 941100 did'),
    });
    for (const id of ['r2', 'r3'])
      expect(await attempt('confirmFalsePositive', { params: { id }, body: {} })).toMatchObject({
        status: 409,
      });
    expect(await attempt('confirmFalsePositive', { params: { id: 'ghost' }, body: {} })).toMatchObject({
      status: 404,
    });
  });

  test('a record that lies about its form is no match', async () => {
    await world.services.decisions.addDecisions([
      { id: 'odd', atMs: 1, record: journalLine('odd', { portcullis: { waf: { matches: 'all' } } }) },
    ]);
    expect(await attempt('confirmFalsePositive', { params: { id: 'odd' }, body: {} })).toMatchObject({
      status: 409,
    });
  });
});

describe('trials', () => {
  const own = ruleWith();
  beforeEach(() =>
    world.services.waf.rules.register([own, ruleWith({ id: 100_002 })], 48 * HOUR_MS, START_MS),
  );

  test('are listed with what the rules found, of those that are loaded', async () => {
    const counts = [{ ruleId: 100_001, category: 'sqli', matches: 9, blocks: 0, wouldBlocks: 4 }];
    await world.services.waf.activity.addHours([{ hourMs: START_MS, counts }]);
    const { trials, budget } = await run('listRuleTrials');
    expect(budget).toBe(0.01);
    expect(trials).toMatchObject([
      {
        ...{ rule: 100_001, state: 'trial', isLoaded: true, trialHours: 48, matches: 9, wouldBlocks: 4 },
        falsePositiveRate: 0,
      },
    ]);
    const offline = {
      wafRules: () => {
        throw new Unavailable('gateway', 'No gateway is running.');
      },
    };
    const all = await run('listRuleTrials', {}, offline);
    expect(all.trials.map(({ rule, isLoaded }) => [rule, isLoaded])).toEqual([
      [100_001, null],
      [100_002, null],
    ]);
  });

  test('are ended by whoever accepts the rule, and every thread is told', async () => {
    const told: string[] = [];
    const change = {
      distributeTrials: async (ids: readonly string[]) => {
        told.push(...ids);
        return { slowestMs: 1, slowestThread: 0, nodes: [] };
      },
    };
    const body = { rule: 100_001, action: 'accept', by: 'alice' };
    expect((await run('decideRuleTrial', { body }, change)).trials).toMatchObject([{ state: 'active' }]);
    expect(told).toEqual(['100001.aa']);
    expect((await run('listRuleTrials')).trials).toEqual([]);
    expect(await attempt('decideRuleTrial', { body })).toMatchObject({ status: 404 });
    const [notice] = await world.services.notices.list('waf.rule-accepted', 9);
    expect(notice?.payload).toMatchObject({ by: 'alice', ruleIds: ['100001'] });
  });

  test('are made longer, within bounds, also after a rule was held', async () => {
    const { rules } = world.services.waf;
    await rules.decide('100001.aa', 'trial', { state: 'held', trialMs: 48 * HOUR_MS, by: '', atMs: 1 });
    const body = { rule: 100_001, action: 'extend', hours: 24 };
    expect((await run('decideRuleTrial', { body })).trials).toMatchObject([
      { state: 'trial', trialHours: 72 },
    ]);
    const far = { ...body, hours: 720 };
    expect((await run('decideRuleTrial', { body: far })).trials).toMatchObject([{ trialHours: 720 }]);
    expect(await attempt('decideRuleTrial', { body: { ...body, hours: 721 } })).toBeInstanceOf(Problem);
  });
});

describe('reportWaf', () => {
  const count = (ruleId: number, category: string, change = {}) => ({
    ...{ ruleId, category, matches: 10, blocks: 8, wouldBlocks: 0 },
    ...change,
  });

  test('computes rates by rule and category, modes and bypasses', async () => {
    const { activity, bypasses, rules } = world.services.waf;
    await rules.register([ruleWith()], 48 * HOUR_MS, START_MS);
    await activity.addHours([
      {
        hourMs: START_MS,
        counts: [
          count(942100, 'sqli'),
          count(0, 'sqli'),
          count(0, '', { matches: 12 }),
          count(941100, 'xss', { blocks: 0 }),
        ],
      },
    ]);
    await keep('r1', [match(942100)]);
    await run('confirmFalsePositive', { params: { id: 'r1' }, body: {} });
    await bypasses.add(bypassWith({ createdAtMs: START_MS, expiresAtMs: START_MS + HOUR_MS }), 0);
    await bypasses.approve('bp1', 'bob', START_MS);
    await bypasses.add(bypassWith({ id: 'waits', expiresAtMs: START_MS + HOUR_MS }), 0);
    await bypasses.addUses([{ id: 'bp1', requests: 3, wouldBlock: 2, lastAtMs: START_MS }]);
    world.nowMs += 1_000;
    const report = await run('reportWaf');
    expect(report.total).toEqual({
      matches: 12,
      blocks: 8,
      wouldBlocks: 0,
      confirmed: 1,
      falsePositiveRate: 1 / 8,
    });
    expect(report.categories[0]).toMatchObject({
      category: 'sqli',
      blocks: 8,
      confirmed: 1,
      falsePositiveRate: 1 / 8,
    });
    expect(report.rules).toMatchObject([
      { rule: 942100, blocks: 8, confirmed: 1, falsePositiveRate: 1 / 8 },
      { rule: 941100, blocks: 0, falsePositiveRate: null },
    ]);
    expect(report.modes).toEqual({ block: 2, log: 1, logRules: [100_001] });
    expect(report.bypasses).toMatchObject([{ id: 'bp1', letThrough: 2, reason: 'orders are refused' }]);
  });

  test('tells of the period that is asked about', async () => {
    await world.services.waf.activity.addHours([{ hourMs: START_MS - 2 * HOUR_MS, counts: [count(0, '')] }]);
    const at = (ms: number) => new Date(START_MS + ms).toISOString();
    const blocks = async (query: object) => (await run('reportWaf', { query })).total.blocks;
    expect(await blocks({})).toBe(8);
    expect(await blocks({ since: at(-HOUR_MS) })).toBe(0);
    expect(await blocks({ since: at(-2 * HOUR_MS + 5), until: at(-2 * HOUR_MS + 6) })).toBe(8);
    expect(await attempt('reportWaf', { query: { since: at(0), until: at(0) } })).toMatchObject({
      status: 422,
    });
  });
});
