import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RULE_HOURS_KEPT_DAYS, type RuleState, ruleRecordId } from '../../src/core/waf-records.ts';
import { DAY_MS } from '../../src/lib/time/day.ts';
import type { Database } from '../../src/stores/sql/open-database.ts';
import type { StoreWorld } from './record-stores.ts';
import { bypassWith, falsePositiveWith, ruleWith } from './waf-records.ts';

const BOUNDS = { maxCount: 1_000, maxAgeMs: DAY_MS };
const HOUR_MS = 3_600_000;
const TRIAL_MS = 48 * HOUR_MS;

/** THE SUITE of what is kept about rules: the same for every database. */
export function describeWafStores({ open, reopen }: StoreWorld): void {
  let database: Database;
  beforeEach(async () => {
    database = await open(BOUNDS);
  });
  afterEach(() => database.close());

  describe('BypassStore', () => {
    const whole = bypassWith({
      id: 'whole',
      network: '2001:db8::/48',
      path: '/a/b',
      parameter: `ARGS:"; drop table waf_bypasses; --`,
      owner: `O'Brien \u{1f511}`,
      reason: '{"a":"\\"}',
      isProven: true,
      createdAtMs: 8_640_000_000_000,
      approvedAtMs: 8_640_000_000_001,
      approver: 'bob',
      endedAtMs: 8_640_000_000_002,
      endedBy: 'carol',
      expiresAtMs: 8_640_000_000_000_000,
    });

    test('gives back exactly what was stored, also after a restart', async () => {
      await database.waf.bypasses.add(whole, 0);
      expect(await database.waf.bypasses.find('whole')).toEqual(whole);
      expect(await database.waf.bypasses.find("b' or 1=1 --")).toBeNull();
      await database.close();
      database = await reopen(BOUNDS);
      expect(await database.waf.bypasses.list()).toEqual([whole]);
    });

    test('approves once, and counts its life from then on', async () => {
      const { bypasses } = database.waf;
      await bypasses.add(bypassWith(), 0);
      const all = await Promise.all(['bob', 'carol', 'dave'].map((by) => bypasses.approve('bp1', by, 2_000)));
      const approved = all.filter((one) => one !== null);
      expect(approved).toHaveLength(1);
      expect(approved[0]).toMatchObject({ approvedAtMs: 2_000, expiresAtMs: 3_602_000 });
      expect(await bypasses.find('bp1')).toEqual(approved[0]);
      expect(await bypasses.approve('ghost', 'bob', 2_000)).toBeNull();
    });

    test('does not approve what has lapsed, or was ended', async () => {
      const { bypasses } = database.waf;
      await bypasses.add(bypassWith({ id: 'late' }), 0);
      await bypasses.add(bypassWith({ id: 'gone' }), 0);
      await bypasses.end('gone', 'alice', 1_500);
      expect(await bypasses.approve('late', 'bob', 3_601_000)).toBeNull();
      expect(await bypasses.approve('gone', 'bob', 2_000)).toBeNull();
    });

    test('ends once and for good, even at the beginning of time', async () => {
      const { bypasses } = database.waf;
      await bypasses.add(bypassWith(), 0);
      expect((await bypasses.end('bp1', 'alice', 0))?.endedAtMs).toBeGreaterThan(0);
      expect(await bypasses.end('bp1', 'bob', 9)).toBeNull();
    });

    test('forgets only what has ended', async () => {
      const { bypasses } = database.waf;
      await bypasses.add(bypassWith({ id: 'ended', expiresAtMs: 10, endedAtMs: 10 }), 0);
      await bypasses.add(bypassWith({ id: 'open', expiresAtMs: 10, createdAtMs: 2_000 }), 0);
      await bypasses.add(bypassWith({ createdAtMs: 3_000 }), 11);
      expect((await bypasses.list()).map(({ id }) => id)).toEqual(['bp1', 'open']);
    });

    test('adds up uses of several gateways', async () => {
      const { bypasses } = database.waf;
      const use = (id: string, lastAtMs: number) => ({ id, requests: 3, wouldBlock: 1, lastAtMs });
      await Promise.all([bypasses.addUses([use('a', 9), use('b', 1)]), bypasses.addUses([use('b', 2)])]);
      await bypasses.addUses([use('a', 4)]);
      expect((await bypasses.listUses()).toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
        { id: 'a', requests: 6, wouldBlock: 2, lastAtMs: 9 },
        { id: 'b', requests: 6, wouldBlock: 2, lastAtMs: 2 },
      ]);
    });

    test('in a database that gateways share, tells the others of each change', async () => {
      const { shared, waf } = database;
      if (shared === null) return;
      const before = await shared.position();
      await waf.bypasses.add(bypassWith(), 0);
      await waf.bypasses.approve('bp1', 'bob', 2_000);
      await waf.bypasses.end('bp1', 'bob', 3_000);
      await waf.rules.register([ruleWith(), ruleWith({ id: 5, role: 'prepare' })], TRIAL_MS, 1);
      const { ids, position } = await shared.changesAfter(before);
      expect([position - before, [...(ids.get('waf-bypass') ?? [])]]).toEqual([4, ['bp1']]);
      expect([...(ids.get('waf-rule') ?? [])]).toEqual(['100001.aa']);
    });
  });

  describe('RuleStore', () => {
    const crs = (id: number, fingerprint = 'v1') =>
      ruleWith({ id, fingerprint, origin: 'include', set: 'crs' });
    const states = async () =>
      Object.fromEntries((await database.waf.rules.list()).map((rule) => [rule.recordId, rule.state]));

    test.each<[string, Parameters<typeof ruleWith>[0], RuleState | undefined]>([
      ['the operator’s own rule', {}, 'trial'],
      ['one that only prepares', { role: 'prepare' }, 'active'],
      ['one that ends requests because of a score', { role: 'score' }, 'active'],
      ['a rule of a released set, loaded for the first time', { origin: 'include' }, 'active'],
      ['one that is shipped', { origin: 'shipped' }, undefined],
    ])('%s', async (_, change, state) => {
      const rule = ruleWith(change);
      const onTrial = await database.waf.rules.register([rule], TRIAL_MS, 7);
      expect(onTrial.map(({ recordId }) => recordId)).toEqual(state === 'trial' ? ['100001.aa'] : []);
      expect((await states())[ruleRecordId(rule)]).toBe(state);
    });

    test('of a released set, what is changed or added later is on trial, and what comes back is not', async () => {
      const { rules } = database.waf;
      await rules.register([crs(1), crs(2)], TRIAL_MS, 1);
      await rules.register([crs(1), crs(2, 'v2'), crs(3)], TRIAL_MS, 2);
      expect(await states()).toEqual({
        '1.v1': 'active',
        '2.v1': 'active',
        '2.v2': 'trial',
        '3.v1': 'trial',
      });
      expect(await rules.register([crs(1), crs(2)], TRIAL_MS, 3)).toEqual([]);
    });

    test('two gateways that start at once register once', async () => {
      const { rules } = database.waf;
      const list = Array.from({ length: 120 }, (_, at) => crs(at + 1));
      const own = ruleWith();
      const all = await Promise.all([1, 2].map(() => rules.register([...list, own], TRIAL_MS, 1)));
      expect(all.flat()).toHaveLength(1);
      expect(Object.values(await states()).filter((state) => state === 'active')).toHaveLength(120);
    });

    test('keeps what it was given, and a first time that a restart does not change', async () => {
      const rule = ruleWith({ message: `O'Brien"; drop table waf_rules; --` });
      await database.waf.rules.register([rule], TRIAL_MS, 7);
      await database.close();
      database = await reopen(BOUNDS);
      await database.waf.rules.register([rule], TRIAL_MS, 8);
      expect(await database.waf.rules.find('100001.aa')).toEqual({
        ...rule,
        recordId: '100001.aa',
        state: 'trial',
        firstSeenAtMs: 7,
        triedMs: 0,
        trialMs: TRIAL_MS,
        decidedAtMs: 0,
        decidedBy: '',
      });
    });

    test('time on trial is that of one gateway, and no jump of a clock makes it longer', async () => {
      const { rules } = database.waf;
      await rules.register([ruleWith()], TRIAL_MS, 0);
      const tried = async (nowMs: number) => {
        await Promise.all([1, 2].map(() => rules.addTime(['100001.aa'], nowMs, 120_000)));
        return (await rules.find('100001.aa'))?.triedMs;
      };
      const start = 1_000 * DAY_MS;
      expect(await tried(start)).toBe(0);
      expect(await tried(start + 60_000)).toBe(60_000);
      expect(await tried(start + 70_000)).toBe(60_000);
      expect(await tried(start + 120_000)).toBe(120_000);
      expect(await tried(start + 3 * DAY_MS)).toBe(240_000);
      expect(await tried(start)).toBe(240_000);
      expect(await tried(start + 60_000)).toBe(300_000);
      await rules.addTime([], start, 1);
    });

    test('decides from the state that was seen, once', async () => {
      const { rules } = database.waf;
      await rules.register([ruleWith()], TRIAL_MS, 0);
      const to = { state: 'active', trialMs: TRIAL_MS, by: 'alice', atMs: 5 } as const;
      const all = await Promise.all([1, 2].map(() => rules.decide('100001.aa', 'trial', to)));
      expect(all.filter((one) => one !== null)).toMatchObject([
        { state: 'active', decidedBy: 'alice', decidedAtMs: 5 },
      ]);
      expect(await rules.decide('100001.aa', 'trial', to)).toBeNull();
    });
  });

  describe('RuleActivityStore', () => {
    const count = (change = {}) => ({
      ...{ ruleId: 942100, category: 'sql-injection', matches: 3, blocks: 2, wouldBlocks: 1 },
      ...change,
    });

    test('adds up hours, and sums them over a period', async () => {
      const { activity } = database.waf;
      await activity.addHours([
        { hourMs: 0, counts: [count(), count(), count({ category: `x'"; --` })] },
        { hourMs: HOUR_MS, counts: [count({ ruleId: 0 })] },
      ]);
      await activity.addHours([
        { hourMs: 0, counts: [count({ blocks: 0 })] },
        { hourMs: 5 * HOUR_MS, counts: [count()] },
      ]);
      const sums = await activity.sumHours(0, 2 * HOUR_MS);
      expect(sums).toHaveLength(3);
      expect(sums).toContainEqual(count({ matches: 9, blocks: 4, wouldBlocks: 3 }));
      expect(sums).toContainEqual(count({ ruleId: 0 }));
      expect(await activity.sumHours(2 * HOUR_MS, 5 * HOUR_MS)).toEqual([]);
    });

    test('confirms a false positive once', async () => {
      const { activity } = database.waf;
      const other = falsePositiveWith({ ruleId: 2, path: `/it's`, wasBlocked: false });
      expect(await activity.confirm([falsePositiveWith(), other])).toHaveLength(2);
      expect(await activity.confirm([falsePositiveWith({ confirmedBy: 'bob' })])).toEqual([]);
      expect(await activity.listConfirmed(0, 5_001)).toEqual([other, falsePositiveWith()]);
      expect(await activity.listConfirmed(0, 5_000)).toEqual([]);
      expect(await activity.confirm([])).toEqual([]);
    });

    test('forgets what is too old', async () => {
      const { activity } = database.waf;
      const nowMs = 1_000 * DAY_MS;
      const oldMs = nowMs - RULE_HOURS_KEPT_DAYS * DAY_MS;
      await activity.addHours([oldMs - 1, oldMs].map((hourMs) => ({ hourMs, counts: [count()] })));
      await activity.confirm([
        falsePositiveWith({ atMs: oldMs - 1 }),
        falsePositiveWith({ requestId: 'new', atMs: oldMs }),
      ]);
      await activity.prune(nowMs);
      expect(await activity.sumHours(0, nowMs)).toEqual([count()]);
      expect((await activity.listConfirmed(0, nowMs)).map(({ requestId }) => requestId)).toEqual(['new']);
    });
  });
}
