import { hash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Hit, type LimitStore, type Limits, NO_LIMITS, newCounterState } from '../../src/core/limits.ts';
import { buildLimitScript } from '../../src/stores/redis/limit-script.ts';
import { RedisLimits } from '../../src/stores/redis/redis-limits.ts';
import { RedisLink } from '../../src/stores/redis/redis-link.ts';
import { needs } from '../support/binaries.ts';
import { LimitModel } from '../support/limit-model.ts';
import { type LimitWorld, testLimitStore } from '../support/limit-store-suite.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';

/** Slots are renewed by timers, which no clock here turns, so they last. */
const TIMED_TEXT = buildLimitScript("local now = tonumber(redis.call('GET', 'test:now'))").text.replace(
  '10000, 10000,',
  '10000, 1e12,',
);
const TIMED = { text: TIMED_TEXT, sha: hash('sha1', TIMED_TEXT) };
const RULE = { counting: 'strict', onUnavailable: 'deny' } as const;
const LEASE = { share: 0.3, forMs: 1000 };

describe.skipIf(!needs('redis-server', 'redis-server'))('Redis', () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
    // The suite turns the clock of the server, the one of the gateway and the one that nobody sets.
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterAll(async () => {
    vi.useRealTimers();
    await redis[Symbol.asyncDispose]();
  });

  /** So many gateways on the server, and a way to turn all clocks. */
  async function openGateways(count: number) {
    let nowMs = 1_699_920_000_000;
    const opened = Array.from({ length: count }, async () => {
      const link = new RedisLink({ url: redis.url, username: '', password: '', timeoutMs: 5000 }, () => {});
      await link.open();
      return { link, limits: new RedisLimits(link, { nowMs: () => nowMs }, LEASE, TIMED) };
    });
    const gateways = await Promise.all(opened);
    const [{ link }] = gateways as [(typeof gateways)[number]];
    const setClock = () => link.ask((client) => client.set('test:now', nowMs));
    await setClock();
    return {
      gateways,
      nowMs: () => nowMs,
      async advance(ms: number) {
        nowMs += ms;
        vi.advanceTimersByTime(ms);
        await setClock();
      },
      /** Waits until all that was sent has arrived. */
      async settle() {
        await new Promise(setImmediate);
        for (const gateway of gateways) await gateway.link.ask((client) => client.ping());
      },
      close() {
        for (const { limits } of gateways) limits.close();
        for (const gateway of gateways) gateway.link.close();
      },
    };
  }

  async function open(): Promise<LimitWorld> {
    const { gateways, ...world } = await openGateways(1);
    const [{ limits }] = gateways as [(typeof gateways)[number]];
    const store: LimitStore = {
      take: (hits, _rule, atMs, state) => limits.take(hits, 'strict', atMs, state),
      release: (scope, client) => limits.release(scope, client, 'strict'),
      giveBack: (hit, _rule, takenMs, atMs) => limits.giveBack(hit, takenMs, atMs),
    };
    return { store, ...world };
  }

  testLimitStore('strict', { open, rule: RULE, runs: 40 });

  /** What a bucket may give, so that it is no more than is told: what refills while a lease lasts comes on top. */
  function boundOf(hit: Hit): Hit {
    const { burst } = hit.limits;
    if (burst === null) return hit;
    const capacity = burst.capacity + Math.ceil(LEASE.forMs / burst.intervalMs);
    return { ...hit, limits: { ...hit.limits, burst: { ...burst, capacity } } };
  }

  test('leases of two gateways never let pass more than is told', { timeout: 60_000 }, async () => {
    const world = await openGateways(2);
    let scopes = 0;
    let fromLeases = 0;
    const play = async (policies: readonly Partial<Limits>[], steps: readonly Step[]): Promise<void> => {
      const scope = `leases ${++scopes}`;
      const limitsOf = policies.map((policy): Limits => ({ ...NO_LIMITS, ...policy }));
      const model = new LimitModel();
      const taken: { hits: Hit[]; atMs: number; at: number }[] = [];
      for (const { gapMs, at, times, cost, clients, undo } of steps) {
        await world.advance(gapMs);
        const { limits } = world.gateways[at] as (typeof world.gateways)[number];
        for (let i = 0; i < times; i++) {
          const hits = limitsOf
            .slice(0, clients)
            .map((own, n): Hit => ({ scope: `${scope}/${n}`, client: 'c', limits: own, cost }));
          const atMs = world.nowMs();
          const answer = limits.take(hits, 'leased', atMs, newCounterState());
          if (!(answer instanceof Promise)) fromLeases++;
          if (!(await answer).admitted) continue;
          expect(model.hasRoom(hits.map(boundOf), atMs, 1), 'admitted more than is told').toBe(true);
          model.admit(hits.map(boundOf), atMs);
          taken.push({ hits, atMs, at });
        }
        const [last] = undo === '' ? [] : taken.splice(-1);
        if (last === undefined) continue;
        const owner = (world.gateways[last.at] as (typeof world.gateways)[number]).limits;
        for (const hit of last.hits) {
          if (hit.limits.concurrent > 0) owner.release(hit.scope, hit.client, 'leased');
          model.release(hit);
          if (undo !== 'back') continue;
          owner.giveBack(hit, last.atMs, world.nowMs());
          model.giveBack(boundOf(hit), last.atMs);
        }
        await world.settle();
      }
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(policyOf, { minLength: 2, maxLength: 2 }),
        fc.array(stepOf, { minLength: 5, maxLength: 30 }),
        play,
      ),
      { numRuns: 60, examples: [AT_THE_END_OF_A_LEASE] },
    );
    expect(fromLeases, 'leases were used').toBeGreaterThan(200);
    world.close();
  });
});

interface Step {
  readonly gapMs: number;
  /** Which gateway. */
  readonly at: number;
  readonly times: number;
  readonly cost: number;
  readonly clients: number;
  /** What becomes of the latest request. */
  readonly undo: '' | 'over' | 'back';
}

const once = { at: 0, times: 1, cost: 1, clients: 1, undo: '' } as const;
/** What was used at the end of a lease counts a window long, not what was taken when it began. */
const AT_THE_END_OF_A_LEASE: [Partial<Limits>[], Step[]] = [
  [{ perMinute: 8 }, {}],
  [
    { ...once, gapMs: 0 },
    { ...once, gapMs: 999, times: 2 },
    { ...once, gapMs: 59_001, at: 1, times: 8 },
  ],
];

const limitOf = fc.oneof(fc.constant(0), fc.integer({ min: 4, max: 40 }));
const mixedOf: fc.Arbitrary<Partial<Limits>> = fc.record({
  perMinute: limitOf,
  perHour: limitOf,
  concurrent: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 6 })),
  burst: fc.oneof(
    fc.constant(null),
    fc.record({
      capacity: fc.integer({ min: 3, max: 20 }),
      intervalMs: fc.constantFrom(250, 1000, 6000),
      isEnforced: fc.constant(true),
      reviewAbove: fc.constant(3),
    }),
  ),
});
const policyOf = fc.oneof(mixedOf, fc.record({ perMinute: fc.integer({ min: 8, max: 40 }) }));
const stepOf: fc.Arbitrary<Step> = fc.record({
  gapMs: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 1100 }),
    // What was counted when a lease began would be forgotten before what was used at its end.
    fc.integer({ min: 59_000, max: 60_000 }),
    fc.constantFrom(999, 1000, 1001, 59_000, 60_000, 61_000, 64_620, 3_600_000),
  ),
  at: fc.nat(1),
  times: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 45 })),
  cost: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 3 })),
  clients: fc.integer({ min: 1, max: 2 }),
  undo: fc.constantFrom('', '', 'over', 'back'),
});
