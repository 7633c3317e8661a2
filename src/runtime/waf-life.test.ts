import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bypassWith, falsePositiveWith, ruleWith } from '../../test/support/waf-records.ts';
import { Unavailable } from '../core/errors.ts';
import type { Notice } from '../core/notices.ts';
import type { RuleFacts } from '../core/waf.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { type Database, openDatabase } from '../stores/sql/open-database.ts';
import { RuleBook } from './rule-book.ts';
import { StandingProblems } from './standing-problems.ts';
import { bypassEndNotice, bypassUseNotice, WafLife } from './waf-life.ts';

const HOUR_MS = 3_600_000;
const START_MS = 1_000 * DAY_MS;
const TRIAL_MS = 48 * HOUR_MS;
let dir = '';
let database: Database;
let nowMs = START_MS;
let raised: Notice[] = [];
let told: string[] = [];
let rules: readonly RuleFacts[] = [ruleWith()];
const clock = { nowMs: () => nowMs };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-life-'));
  database = await openDatabase({ location: { kind: 'sqlite', path: join(dir, 'p.db') }, clock });
  nowMs = START_MS;
  raised = [];
  told = [];
  rules = [ruleWith()];
});
afterEach(async () => {
  await database.close();
  rmSync(dir, { recursive: true, force: true });
});

const raise = (notice: Notice) => void raised.push(notice);
const tell = async (ids: readonly string[]) => void told.push(...ids);
const problems = new StandingProblems(() => {});
const bookOn = (store = database.waf.rules) =>
  new RuleBook({ clock, rules: store, problems, raise, distribute: tell });
const lifeOn = (book = bookOn()) =>
  new WafLife({
    ...{ clock, stores: database.waf, problems, raise, book },
    governance: () => ({ trialMs: TRIAL_MS, falsePositiveBudget: 0.01 }),
    rules: () => rules,
    distributeTrials: tell,
  });
const stateOf = async (id = '100001.aa') => (await database.waf.rules.find(id))?.state;
const kinds = () => raised.map(({ kind }) => kind);
const count = (change = {}) => ({
  ...{ ruleId: 100_001, category: 'sqli', matches: 200, blocks: 0, wouldBlocks: 200 },
  ...change,
});

/** Rounds once a minute, as a gateway that runs for so long has them. */
async function runFor(life: WafLife, forMs: number): Promise<void> {
  for (const untilMs = nowMs + forMs; nowMs < untilMs; ) {
    nowMs += 60_000;
    await life.round();
  }
}

describe('a rule on trial', () => {
  test('blocks after the hours of its trial, in which a gateway ran, and not before', async () => {
    await bookOn().register(rules, 2 * HOUR_MS);
    expect([kinds(), told, await stateOf()]).toEqual([['waf.rule-on-trial'], ['100001.aa'], 'trial']);
    const life = lifeOn();
    await life.round();
    await runFor(life, 2 * HOUR_MS - 60_000);
    expect(await stateOf()).toBe('trial');
    await runFor(life, 120_000);
    expect(await stateOf()).toBe('active');
    expect(kinds()).toEqual(['waf.rule-on-trial', 'waf.rule-promoted']);
    expect(told).toEqual(['100001.aa', '100001.aa']);
  });

  const served = async () => {
    await bookOn().register(rules, TRIAL_MS);
    // As `addTime` leaves it.
    for (let step = 0; step <= TRIAL_MS / (15 * HOUR_MS) + 1; step++)
      await database.waf.rules.addTime(['100001.aa'], nowMs + step * 15 * HOUR_MS, 15 * HOUR_MS);
  };

  test.each([
    ['none confirmed', 200, 0, 'active'],
    ['within budget', 200, 2, 'active'],
    ['above budget', 200, 3, 'held'],
    ['no traffic at all', 0, 0, 'active'],
    ['confirmed, though nothing would have been blocked', 0, 1, 'held'],
  ])('%s', async (_, wouldBlocks, confirmed, state) => {
    await served();
    await database.waf.activity.addHours([{ hourMs: START_MS, counts: [count({ wouldBlocks })] }]);
    await database.waf.activity.confirm(
      Array.from({ length: confirmed }, (_, i) =>
        falsePositiveWith({ requestId: `r${i}`, ruleId: 100_001, atMs: START_MS + 5 }),
      ),
    );
    await lifeOn().round();
    expect(await stateOf()).toBe(state);
    expect(kinds().at(-1)).toBe(state === 'active' ? 'waf.rule-promoted' : 'waf.rule-held');
    await lifeOn().round();
    expect(raised).toHaveLength(2);
  });

  test('is not judged by what was counted before it was there, under the same id', async () => {
    await served();
    await database.waf.activity.addHours([
      { hourMs: START_MS - HOUR_MS, counts: [count({ wouldBlocks: 1e6 })] },
    ]);
    await database.waf.activity.confirm([falsePositiveWith({ ruleId: 100_001, atMs: START_MS + 5 })]);
    await lifeOn().round();
    expect(await stateOf()).toBe('held');
  });

  test('a clock that jumps ahead by a year promotes nothing', async () => {
    await bookOn().register(rules, TRIAL_MS);
    const life = lifeOn();
    await life.round();
    nowMs += 365 * DAY_MS;
    await life.round();
    nowMs -= 365 * DAY_MS;
    await life.round();
    await runFor(life, HOUR_MS);
    expect(await stateOf()).toBe('trial');
    expect((await database.waf.rules.find('100001.aa'))?.triedMs).toBeLessThan(2 * HOUR_MS);
  });

  test('makes no way while no gateway has it', async () => {
    await bookOn().register(rules, TRIAL_MS);
    rules = [];
    const life = lifeOn();
    await runFor(life, HOUR_MS);
    expect((await database.waf.rules.find('100001.aa'))?.triedMs).toBe(0);
  });
});

test('rules that could not be noted are noted later', async () => {
  let isWell = false;
  const store = {
    ...database.waf.rules,
    register: (...args: Parameters<typeof database.waf.rules.register>) => {
      if (!isWell) throw new Unavailable('database', 'It is gone.');
      return database.waf.rules.register(...args);
    },
  };
  const book = bookOn(store);
  await book.register(rules, TRIAL_MS);
  expect([problems.all.join(), await stateOf()]).toEqual([expect.stringContaining('It is gone.'), undefined]);
  isWell = true;
  await lifeOn(book).round();
  expect([problems.all, await stateOf()]).toEqual([[], 'trial']);
});

describe('bypasses', () => {
  const approved = bypassWith({ approvedAtMs: START_MS, approver: 'bob', expiresAtMs: START_MS + HOUR_MS });

  test('what is over is noted as ended, whether it was approved or not', async () => {
    const { bypasses } = database.waf;
    await bypasses.add(approved, 0);
    await bypasses.add(bypassWith({ id: 'waits', expiresAtMs: START_MS + HOUR_MS }), 0);
    await lifeOn().round();
    expect((await bypasses.list()).map(({ endedAtMs }) => endedAtMs)).toEqual([0, 0]);
    nowMs += HOUR_MS;
    await lifeOn().round();
    nowMs -= HOUR_MS;
    expect((await bypasses.list()).every(({ endedAtMs }) => endedAtMs === START_MS + HOUR_MS)).toBe(true);
  });

  test.each([
    ['long before', HOUR_MS / 2 + 1, null],
    ['half an hour before', HOUR_MS / 2, 30],
    ['a minute before', 60_000, 1],
    ['at the end', 0, null],
  ])('tells of the end %s: %s', (_, leftMs, minutes) => {
    expect(bypassEndNotice(approved, approved.expiresAtMs - leftMs)?.payload.minutesLeft ?? null).toBe(
      minutes,
    );
  });

  test('does not tell of the end of what waits, was ended, or is short', () => {
    const soonMs = approved.expiresAtMs - 60_000;
    for (const change of [{ approvedAtMs: 0 }, { endedAtMs: 5 }, { lifeMs: HOUR_MS / 2 }])
      expect(bypassEndNotice({ ...approved, ...change }, soonMs)).toBeNull();
  });

  test('tells of uses at the first, and at ten times as many', () => {
    const keyAt = (wouldBlock: number) =>
      bypassUseNotice(approved, { id: 'bp1', requests: wouldBlock, wouldBlock, lastAtMs: 1 })?.dedupeKey;
    expect([0, 1, 9, 10, 99, 100].map(keyAt)).toEqual([
      ...[undefined, 'bp1 0', 'bp1 0', 'bp1 1', 'bp1 1', 'bp1 2'],
    ]);
    expect(bypassUseNotice(approved, undefined)).toBeNull();
  });
});

test.each([
  ['within budget', 1_000, 2, []],
  ['above budget', 100, 2, ['waf.false-positives']],
  ['one is none', 10, 1, []],
])('false positives of a rule that blocks, %s', async (_, blocks, confirmed, expected) => {
  await database.waf.activity.addHours([
    { hourMs: START_MS - HOUR_MS, counts: [count({ ruleId: 942100, blocks, wouldBlocks: 0 })] },
  ]);
  await database.waf.activity.confirm(
    Array.from({ length: confirmed }, (_, i) =>
      falsePositiveWith({ requestId: `r${i}`, atMs: START_MS - 5 }),
    ),
  );
  await lifeOn().round();
  expect(kinds()).toEqual(expected);
});
