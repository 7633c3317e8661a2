import { describe, expect, test } from 'vitest';
import { principalWith } from '../../../test/support/principals.ts';
import { ANY_ROUTE, contextOf, linesOf, problemsOf, runNow } from '../../../test/support/stage-context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import { type ThreadLoad, UNWATCHED, type UpstreamLoad } from '../../core/load.ts';
import type { Ports } from '../../core/ports.ts';
import type { RouteFacts, StageChecks } from '../../core/stage.ts';
import { MeasuredThread } from '../../stores/memory/measured-thread.ts';
import { createLoadTable, LoadTable } from '../../stores/shared/load-table.ts';
import { openLoads } from '../../stores/shared/shared-loads.ts';
import { overload, strangers } from './overload.ts';
import { rankOf, Standings } from './ranks.ts';

const CALM: ThreadLoad = { delayMs: 0, isShedding: false, admits: () => true };

interface Sketch {
  readonly limit: number;
  readonly total?: number;
  /** Of the rank of the caller and above. */
  readonly above?: number;
  readonly onRoute?: number;
  readonly block?: object;
  readonly thread?: ThreadLoad;
}

function compile({
  limit,
  total = 0,
  above = total,
  onRoute = 0,
  block = {},
  thread = CALM,
}: Sketch): StageChecks {
  const upstream = { limit, total, countFrom: () => above, isCalm: false, begin() {}, end() {}, sample() {} };
  const loads = {
    upstream: () => upstream as UpstreamLoad,
    route: () => ({ ...upstream, countFrom: () => onRoute }),
  };
  const ports = { ...UNWATCHED, loads, threadLoad: thread } as unknown as Ports;
  return overload.compile(overload.schema.parse({ alwaysAdmit: 4, ...block }), ANY_ROUTE, ports);
}

function ask(sketch: Sketch, tier: string | null): Decision {
  const ctx = contextOf();
  ctx.principal = tier === null ? null : principalWith({ tier });
  return runNow(compile(sketch).head, ctx);
}

describe('shedding by tier', () => {
  test.each([
    [0, 1000, ['', 'free', 'basic', 'pro', 'enterprise', 'internal']],
    [100, 29, ['', 'free', 'basic', 'pro', 'enterprise', 'internal']],
    [100, 30, ['free', 'basic', 'pro', 'enterprise', 'internal']],
    [100, 50, ['basic', 'pro', 'enterprise', 'internal']],
    [100, 65, ['pro', 'enterprise', 'internal']],
    [100, 80, ['enterprise', 'internal']],
    [100, 95, ['internal']],
    [100, 100, []],
  ])('limit %i, under way %i: %j pass', (limit, total, passing) => {
    const tiers = ['', 'free', 'basic', 'pro', 'enterprise', 'internal'];
    const admitted = tiers.filter((tier) => ask({ limit, total }, tier === '' ? null : tier) === CONTINUE);
    expect(admitted).toEqual(passing);
  });

  test('is a 503 that says when to come back, and to the journal why', () => {
    const decision = ask({ limit: 100, total: 50 }, 'free');
    expect(decision).toMatchObject({ effect: 'deny', reason: 'overload.shed', status: 503 });
    expect(decision.detail).toBe('the upstream is saturated: `free` may use 50 % of what it takes');
    expect(linesOf(decision.headers).join()).toMatch(/^retry-after: [1-5]$/);
  });

  test('those who are refused at once are not sent back at once', () => {
    const { head } = compile({ limit: 100, total: 90 });
    const pauses = new Set(Array.from({ length: 5 }, () => runNow(head, contextOf()).headers[1]));
    expect(pauses.size).toBe(5);
  });

  test('those below, who are there already, keep nobody out', () => {
    expect(ask({ limit: 100, total: 500, above: 20 }, 'enterprise')).toBe(CONTINUE);
    expect(ask({ limit: 100, total: 500, above: 95 }, 'enterprise').reason).toBe('overload.shed');
  });

  test('a few are always admitted', () => {
    expect(ask({ limit: 1, total: 3 }, null)).toBe(CONTINUE);
    expect(ask({ limit: 1, total: 4 }, null).reason).toBe('overload.shed');
    expect(ask({ limit: 1, total: 39, block: { alwaysAdmit: 40 } }, null)).toBe(CONTINUE);
  });

  test('one endpoint may not use all', () => {
    expect(ask({ limit: 100, total: 80, onRoute: 74 }, 'enterprise')).toBe(CONTINUE);
    expect(ask({ limit: 100, total: 80, onRoute: 75 }, 'enterprise').detail).toContain(
      'this endpoint uses 75 %',
    );
  });

  test.each([
    ['gold', false, 'a tier that is not listed is no better than the lowest'],
    ['Enterprise', false, 'nor is one that is written otherwise'],
    ['__proto__', false, 'nor is one that objects have by nature'],
    ['constructor', false, 'nor is one that objects have by nature'],
    ['stranger', false, 'nor is a name of the table'],
    ['enterprise', true, ''],
  ])('the tier %s passes: %s, because %s', (tier, passes) => {
    expect(ask({ limit: 100, total: 60 }, tier) === CONTINUE).toBe(passes);
  });

  test('shares are configured by tier', () => {
    expect(ask({ limit: 100, total: 60, block: { shares: { gold: 70 } } }, 'gold')).toBe(CONTINUE);
    expect(ask({ limit: 100, total: 60, block: { shares: { enterprise: 55 } } }, 'enterprise')).not.toBe(
      CONTINUE,
    );
    expect(ask({ limit: 100, total: 60, block: { shares: { other: 70 } } }, 'gold')).toBe(CONTINUE);
  });

  test.each([
    [{ shares: { free: 0 } }, '/shares/free'],
    [{ shares: { free: 101 } }, '/shares/free'],
    [{ alwaysAdmit: 0 }, '/alwaysAdmit'],
    [{ routeShare: 5 }, '/routeShare'],
    [{ limit: 5 }, ''],
  ])('%j is a mistake', (block, pointer) => {
    expect(problemsOf(overload, block)[0]).toMatch(new RegExp(`^${pointer}:`));
  });

  test('ranks follow shares', () => {
    const { all } = new Standings({});
    for (const one of all)
      for (const other of all)
        if (one.share > other.share) expect(one.rank).toBeGreaterThanOrEqual(other.rank);
    expect([1, 30, 50, 65, 80, 95, 100].map(rankOf)).toEqual([0, 2, 3, 5, 6, 7, 7]);
  });

  test('what is weak is reported', () => {
    expect(overload.weaknesses?.(overload.schema.parse({ routeShare: 100 }))).toHaveLength(1);
    expect(overload.weaknesses?.(overload.schema.parse({}))).toEqual([]);
  });
});

describe('a thread that cannot keep up', () => {
  const busy: ThreadLoad = { delayMs: 300, isShedding: true, admits: (rank) => rank >= 5 };

  test.each([
    ['free', 'overload.shed'],
    ['basic', 'request.passed'],
    ['enterprise', 'request.passed'],
  ])('%s: %s', (tier, reason) => {
    expect(ask({ limit: 0, thread: busy }, tier).reason).toBe(reason);
  });

  test('strangers had their turn before', () => {
    expect(ask({ limit: 0, thread: busy }, null)).toBe(CONTINUE);
  });

  const askStranger = (facts: Partial<RouteFacts>, sketch: Parameters<typeof contextOf>[0]): Decision => {
    const ports = { ...UNWATCHED, threadLoad: busy } as unknown as Ports;
    const { head } = strangers.compile(strangers.schema.parse({}), { ...ANY_ROUTE, ...facts }, ports);
    return runNow(head, contextOf(sketch));
  };

  test.each([
    ['no credential', {}, {}, 'overload.shed'],
    ['no credential where one is asked for', { credentialHeaders: ['authorization'] }, {}, 'overload.shed'],
    [
      'a credential',
      { credentialHeaders: ['authorization'] },
      { headers: ['Authorization', 'x'] },
      'request.passed',
    ],
    ['a field that carries no credential here', {}, { headers: ['Authorization', 'x'] }, 'overload.shed'],
    ['maybe a key in the query', { acceptsKeys: true }, { query: 'k=1' }, 'request.passed'],
    ['maybe a key in a cookie', { acceptsKeys: true }, { headers: ['Cookie', 'k=1'] }, 'request.passed'],
    ['a query where no key is taken', {}, { query: 'k=1' }, 'overload.shed'],
  ])('%s', (_name, facts, sketch, reason) => {
    expect(askStranger(facts, sketch).reason).toBe(reason);
  });

  test('is found by its timer, and recovers', () => {
    const thread = new MeasuredThread(0);
    let nowMs = 0;
    const look = (lateMs: number): void => {
      nowMs += 50 + lateMs;
      thread.look(nowMs);
    };
    for (let i = 0; i < 100; i++) look(i % 5 === 0 ? 400 : 3);
    expect(thread.isShedding).toBe(false);
    for (let i = 0; i < 20; i++) look(250);
    expect(thread.isShedding).toBe(true);
    expect(thread.delayMs).toBeGreaterThan(200);
    for (let i = 0; i < 400; i++) look(0);
    expect(thread.isShedding).toBe(false);
  });
});

describe('what is under way', () => {
  const ask = { rank: 3, atMs: 0, underWay: 0, wasLimited: false };

  test('is counted from asking to the head of the answer, however it ends', () => {
    const loads = openLoads(createLoadTable(8, 1), 0);
    const ports = { loads, threadLoad: CALM } as unknown as Ports;
    const { meter } = overload.compile(overload.schema.parse({}), ANY_ROUTE, ports);
    const upstream = loads.upstream(ANY_ROUTE.apiId);
    const asked = [{ ...ask }, { ...ask }, { ...ask }];
    for (const each of asked) meter?.asked(each);
    expect(asked.map(({ underWay }) => underWay)).toEqual([1, 2, 3]);
    meter?.answered(asked[0] as typeof ask, 10, 200);
    meter?.answered(asked[1] as typeof ask, 10, 503);
    meter?.failed(asked[2] as typeof ask, 10);
    expect(upstream.total).toBe(0);
  });

  test('of a thread that died is forgotten when the next one takes its place', () => {
    const table = createLoadTable(8, 2);
    const dying = openLoads(table, 0).upstream('a');
    const living = openLoads(table, 1).upstream('a');
    for (let i = 0; i < 5; i++) dying.begin(3, true);
    living.begin(3, true);
    expect(living.total).toBe(6);
    openLoads(table, 0);
    expect(living.total).toBe(1);
  });

  test('quick errors of an upstream are no sign that it keeps up', () => {
    const loads = openLoads(createLoadTable(8, 1), 0);
    const ports = { loads, threadLoad: CALM } as unknown as Ports;
    const { meter } = overload.compile(overload.schema.parse({}), ANY_ROUTE, ports);
    const answer = (atMs: number, tookMs: number, status: number): void => {
      const asked = { ...ask, atMs };
      meter?.asked(asked);
      meter?.answered(asked, atMs + tookMs, status);
    };
    for (let at = 0; at < 20_000; at += 10) answer(at, 200, 200);
    for (let at = 20_000; at < 60_000; at += 10) answer(at, 1, at % 20 === 0 ? 503 : 404);
    for (let at = 60_000; at < 70_000; at += 10) answer(at, 250, 200);
    expect(loads.upstream(ANY_ROUTE.apiId).limit).toBe(0);
  });

  test('a table that is full gives a thread a place of its own', () => {
    const table = createLoadTable(2, 2);
    const [one, other] = [new LoadTable(table, 0), new LoadTable(table, 1)];
    const names = ['a', 'b', 'c', 'd'];
    const mine = names.map((name) => one.find('upstream', name));
    const theirs = names.map((name) => other.find('upstream', name));
    for (const load of mine) load.begin(0, false);
    expect(theirs.map(({ total }) => total).sort()).toEqual([0, 0, 1, 1]);
    for (const load of mine) expect(load.total).toBe(1);
  });

  test('only its own memory is taken for a load table', () => {
    expect(() => new LoadTable(new SharedArrayBuffer(4096), 0)).toThrow('not a load table');
  });
});
