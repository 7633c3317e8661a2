import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeyActivity } from '../../src/core/key-usage.ts';
import type { ApiKeyRecord } from '../../src/core/ports.ts';
import type { DecisionEntry } from '../../src/core/records.ts';
import { DAY_MS } from '../../src/lib/time/day.ts';
import type { DecisionBounds } from '../../src/stores/sql/decision-store.ts';
import type { Database } from '../../src/stores/sql/open-database.ts';
import { NO_ACTIVITY } from './usage-note.ts';

let database: Database;

const key = (id: string, createdAtMs = 1): ApiKeyRecord => ({
  id,
  name: `O'Brien "; drop table api_keys; --`,
  prefix: 'pk_AbCdE',
  salt: '00ff',
  hash: 'ab'.repeat(32),
  owner: 'ünïcode \u{1f511}',
  scopes: ['orders:read', 'orders:write'],
  roles: ['editor'],
  tier: 'pro',
  grant: { apis: ['orders'], endpoints: ['orders/search'], methods: ['GET'], countries: ['DE', 'FR'] },
  createdAtMs,
  expiresAtMs: 8_640_000_000_000_000,
  revokedAtMs: 0,
  kind: 'internal',
  clientId: 'client-1',
  limits: { perMinute: 5, perHour: 0, perDay: 100 },
  predecessorId: 'before',
  successorId: 'after',
  rotatedAtMs: 7,
  rotateEveryDays: 30,
  nextRotationAtMs: 8_640_000_000_000_000,
  delivery: { webhook: 'ops' },
});

const decision = (
  i: number,
  effect = 'deny',
  reason = 'authn.missing',
  route = 'orders/search',
): DecisionEntry => ({
  id: `r${i}`,
  atMs: i,
  record: JSON.stringify({
    'http.request.id': `r${i}`,
    portcullis: { route, api: route.split('/')[0], decision: { effect, reason } },
  }),
});
const batch = (from: number, count: number) => Array.from({ length: count }, (_, i) => decision(from + i));
const all = { effect: '', reason: '', api: '', limit: 10_000 };
const ids = async (filter: Partial<typeof all>) =>
  (await database.decisions.listDecisions({ ...all, ...filter })).map((entry) => entry.id);

/** Opens a database that nothing was written to, with these bounds; `reopen` opens the same one again. */
export interface StoreWorld {
  open(decisions: DecisionBounds): Promise<Database>;
  reopen(decisions: DecisionBounds): Promise<Database>;
}

/** THE SUITE of the stores: the same for every database that they are kept in. */
export function describeRecordStores({ open, reopen }: StoreWorld): void {
  beforeEach(async () => {
    database = await open({ maxCount: 1_000, maxAgeMs: DAY_MS });
  });
  afterEach(() => database.close());

  describe('KeyStore', () => {
    test('gives back exactly what was stored', async () => {
      await database.keys.create(key('a'));
      expect(await database.keys.find('a')).toEqual(key('a'));
      expect(await database.keys.find('b')).toBeNull();
      expect(await database.keys.find("a' or 1=1 --")).toBeNull();
    });

    test('lists the newest first', async () => {
      for (const [id, at] of [['a', 1] as const, ['b', 3] as const, ['c', 2] as const])
        await database.keys.create(key(id, at));
      expect((await database.keys.list()).map((record) => record.id)).toEqual(['b', 'c', 'a']);
    });

    test('never creates two keys with one id', async () => {
      await database.keys.create(key('a'));
      await expect(database.keys.create({ ...key('a'), name: 'second' })).rejects.toThrow(/unique/i);
      expect((await database.keys.find('a'))?.name).toBe(key('a').name);
    });

    test('revokes for good: neither a second revocation nor a replacement brings the key back', async () => {
      await database.keys.create(key('a'));
      expect((await database.keys.revoke('a', 50))?.revokedAtMs).toBe(50);
      expect((await database.keys.revoke('a', 70))?.revokedAtMs).toBe(50);
      const replaced = await database.keys.replace({ ...key('a'), name: 'new name', revokedAtMs: 0 });
      expect(replaced).toMatchObject({ name: 'new name', revokedAtMs: 50 });
      expect(await database.keys.revoke('nobody', 50)).toBeNull();
      expect(await database.keys.replace(key('nobody'))).toBeNull();
    });

    test('revokes even at the beginning of time, where 0 would mean active', async () => {
      await database.keys.create(key('a'));
      expect((await database.keys.revoke('a', 0))?.revokedAtMs).toBeGreaterThan(0);
    });
  });

  describe('UsageStore', () => {
    test('adds up, within a batch and between batches, and never moves the last use back', async () => {
      await database.keys.create(key('a'));
      await database.usage.addUsage([
        { ...NO_ACTIVITY, keyId: 'a', requests: 2, errors: 1, lastUsedAtMs: 20 },
        { ...NO_ACTIVITY, keyId: 'a', requests: 3, errors: 0, lastUsedAtMs: 10 },
      ]);
      await database.usage.addUsage([
        { ...NO_ACTIVITY, keyId: 'a', requests: 1, errors: 1, lastUsedAtMs: 5 },
      ]);
      expect(await database.usage.findUsage('a')).toEqual({
        totalUs: 0,
        latency: NO_ACTIVITY.latency,
        keyId: 'a',
        requests: 6,
        errors: 2,
        lastUsedAtMs: 20,
      });
    });

    test('tells what a key was used for, within bounds', async () => {
      await database.keys.create(key('a'));
      const use = (value: string, atMs: number): KeyActivity => ({
        kind: 'address',
        value,
        requests: 1,
        firstAtMs: atMs,
        lastAtMs: atMs,
      });
      const note = (activity: readonly KeyActivity[]) => ({
        ...NO_ACTIVITY,
        ...{ keyId: 'a', requests: 1, errors: 0, lastUsedAtMs: 1, activity },
      });
      await database.usage.addUsage([note([use('10.0.0.1', 5)]), note([use('10.0.0.1', 3)])]);
      await database.usage.addUsage([note([use('10.0.0.1', 9), { ...use('GET', 4), kind: 'method' }])]);
      expect(await database.usage.listActivity('a')).toEqual([
        { kind: 'address', value: '10.0.0.1', requests: 3, firstAtMs: 3, lastAtMs: 9 },
        { kind: 'method', value: 'GET', requests: 1, firstAtMs: 4, lastAtMs: 4 },
      ]);
      const many = Array.from({ length: 700 }, (_, i) => use(`2001:db8::${i.toString(16)}`, 100 + i));
      await database.usage.addUsage([note(many)]);
      await database.usage.addUsage([note(many)]);
      const addresses = (await database.usage.listActivity('a')).filter(({ kind }) => kind === 'address');
      expect(addresses).toHaveLength(501);
      expect(addresses.find(({ value }) => value === '')).toMatchObject({ requests: 402, lastAtMs: 799 });
      expect(addresses.reduce((sum, { requests }) => sum + requests, 0)).toBe(1403);
      expect(await database.usage.listActivity('b')).toEqual([]);
    });

    test('adds up durations', async () => {
      await database.keys.create(key('a'));
      const latency = NO_ACTIVITY.latency.map((_, bucket) => bucket % 3);
      const note = {
        ...NO_ACTIVITY,
        keyId: 'a',
        requests: 13,
        errors: 0,
        lastUsedAtMs: 1,
        totalUs: 500,
        latency,
      };
      await database.usage.addUsage([note, note]);
      await database.usage.addUsage([note]);
      const found = { totalUs: 1500, latency: latency.map((count) => 3 * count), requests: 39 };
      expect(await database.usage.findUsage('a')).toMatchObject(found);
      expect(await database.usage.listUsage()).toMatchObject([found]);
    });

    test('a key gets one successor, and stops no later than it did before', async () => {
      await database.keys.create({ ...key('a'), successorId: '', rotatedAtMs: 0, expiresAtMs: 0 });
      await database.keys.create({ ...key('b'), successorId: '', rotatedAtMs: 0, expiresAtMs: 50 });
      const change = { successorId: 'next', atMs: 10, endsAtMs: 99 };
      expect(await database.keys.retire('a', change)).toMatchObject({
        ...{ successorId: 'next', rotatedAtMs: 10, expiresAtMs: 99, nextRotationAtMs: 0 },
      });
      expect(await database.keys.retire('a', { ...change, successorId: 'other' })).toBeNull();
      expect(await database.keys.retire('b', change)).toMatchObject({ expiresAtMs: 50 });
      expect(await database.keys.retire('ghost', change)).toBeNull();
    });

    test('one of several claims a rotation', async () => {
      await database.keys.create({ ...key('a'), nextRotationAtMs: 7 });
      const claims = await Promise.all([1, 2, 3].map(() => database.keys.postponeRotation('a', 7, 1000)));
      expect(claims.filter((claimed) => claimed)).toHaveLength(1);
      expect((await database.keys.find('a'))?.nextRotationAtMs).toBe(1000);
    });

    test('leaves out keys it does not know instead of losing the batch', async () => {
      await database.keys.create(key('a'));
      await database.usage.addUsage([
        { ...NO_ACTIVITY, keyId: 'ghost', requests: 1, errors: 0, lastUsedAtMs: 1 },
        { ...NO_ACTIVITY, keyId: 'a', requests: 1, errors: 0, lastUsedAtMs: 1 },
      ]);
      await database.usage.addUsage([]);
      expect(await database.usage.findUsage('ghost')).toBeNull();
      expect((await database.usage.findUsage('a'))?.requests).toBe(1);
    });

    test('takes a batch longer than one statement', async () => {
      // In portions: what waits for a connection waits for a bounded time.
      for (let from = 0; from < 1_200; from += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, i) => database.keys.create(key(`k${from + i}`))));
      }
      await database.usage.addUsage(
        Array.from({ length: 1_200 }, (_, i) => ({
          ...NO_ACTIVITY,
          keyId: `k${i}`,
          requests: i,
          errors: 0,
          lastUsedAtMs: i,
        })),
      );
      expect((await database.usage.findUsage('k1199'))?.requests).toBe(1_199);
    }, 30_000);
  });

  describe('NoticeStore', () => {
    const notice = (dedupeKey: string, createdAtMs = 5) => ({
      id: `ntc_${dedupeKey}`,
      kind: 'key.expired' as const,
      dedupeKey,
      payload: { keyId: 'ä', days: 7, list: ['a'], none: null },
      createdAtMs,
    });

    test('keeps a notice once, and announces it once', async () => {
      const { notices } = database;
      const added = await Promise.all([1, 2, 3].map((n) => notices.add({ ...notice('a'), id: `ntc_${n}` })));
      expect(added.filter((isNew) => isNew)).toHaveLength(1);
      const claims = await Promise.all([1, 2, 3].map(() => notices.claimNew(10, 100)));
      expect(claims.flat()).toMatchObject([{ kind: 'key.expired', payload: notice('a').payload }]);
      expect(await notices.claimNew(99, 200)).toEqual([]);
      expect(await notices.claimNew(100, 200)).toHaveLength(1);
      await notices.announce(claims.flat()[0]?.id ?? '', ['ops', 'x'], 10);
      expect(await notices.claimNew(1000, 2000)).toEqual([]);
    });

    test('a copy is attempted by one gateway at a time, until it is settled', async () => {
      const { notices } = database;
      await notices.add(notice('a'));
      await notices.announce('ntc_a', ['ops', 'elsewhere'], 10);
      const [due] = await notices.due(['ops'], 10);
      if (due === undefined) throw new Error('nothing is due');
      const claims = await Promise.all([1, 2, 3].map(() => notices.claim(due, 50)));
      expect(claims.filter((claimed) => claimed)).toHaveLength(1);
      expect(await notices.due(['ops'], 49)).toEqual([]);
      expect(await notices.due(['ops'], 50)).toMatchObject([{ attempts: 1, target: 'ops' }]);
      const settled = { target: 'ops', state: 'delivered', attempts: 1, atMs: 51, error: '' } as const;
      await notices.settle('ntc_a', settled);
      expect(await notices.due(['ops', 'elsewhere'], 1000)).toMatchObject([{ target: 'elsewhere' }]);
      expect((await notices.list('', 10))[0]?.deliveries).toContainEqual(settled);
    });

    test('the oldest go, and copies that nobody delivers are given up', async () => {
      const { notices } = database;
      await notices.add(notice('old', 1));
      await notices.add(notice('new', 100));
      await notices.announce('ntc_new', ['gone'], 100);
      await notices.prune(50, 100 + 8 * DAY_MS);
      expect(await notices.list('key.expired', 10)).toMatchObject([
        { id: 'ntc_new', deliveries: [{ target: 'gone', state: 'failed' }] },
      ]);
      expect(await notices.list('key.leaked', 10)).toEqual([]);
    });
  });

  describe('DecisionStore', () => {
    test('finds by id, the latest of two with one id', async () => {
      await database.decisions.addDecisions([decision(1), { ...decision(1), atMs: 9 }]);
      expect(await database.decisions.findDecision('r1')).toEqual({ ...decision(1), atMs: 9 });
      expect(await database.decisions.findDecision('r2')).toBeNull();
    });

    test('lists the newest first, filtered', async () => {
      await database.decisions.addDecisions([
        decision(1, 'continue', 'request.passed', 'orders'),
        decision(2, 'deny', 'authn.missing', 'orders/search'),
        decision(3, 'deny', 'access.denied', 'hooks'),
      ]);
      expect(await ids({})).toEqual(['r3', 'r2', 'r1']);
      expect(await ids({ effect: 'deny' })).toEqual(['r3', 'r2']);
      expect(await ids({ api: 'orders' })).toEqual(['r2', 'r1']);
      expect(await ids({ effect: 'deny', reason: 'authn.missing', api: 'orders' })).toEqual(['r2']);
      expect(await ids({ limit: 1 })).toEqual(['r3']);
    });

    test('keeps what it cannot read: a record is never lost because of its text', async () => {
      await database.decisions.addDecisions([{ id: 'odd', atMs: 1, record: '{"cut off' }]);
      expect((await database.decisions.findDecision('odd'))?.record).toBe('{"cut off');
    });

    test('stays bounded in number while it is written, the oldest going first', async () => {
      for (let at = 0; at < 3_000; at += 700) await database.decisions.addDecisions(batch(at, 700));
      const kept = await ids({});
      expect(kept).toHaveLength(1_000);
      expect(kept[0]).toBe('r3499');
      expect(kept.at(-1)).toBe('r2500');
    });

    test('prunes by age in small steps', async () => {
      await database.decisions.addDecisions(batch(0, 900));
      const steps: number[] = [];
      for (let deleted = -1; deleted !== 0; ) {
        deleted = await database.decisions.pruneDecisions(DAY_MS + 800);
        steps.push(deleted);
      }
      expect(steps).toEqual([500, 300, 0]);
      expect(await ids({})).toHaveLength(100);
    });

    test('shrinks to a smaller bound after reopening, in small steps', async () => {
      await database.decisions.addDecisions(batch(0, 900));
      await database.close();
      database = await reopen({ maxCount: 100, maxAgeMs: DAY_MS });
      await database.decisions.addDecisions(batch(900, 10));
      expect(await ids({})).toHaveLength(890);
      while ((await database.decisions.pruneDecisions(0)) > 0);
      const kept = await ids({});
      expect(kept).toHaveLength(100);
      expect(kept[0]).toBe('r909');
    });
  });
}
