import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BurstRule,
  type CounterState,
  type CountingRule,
  type Hit,
  type LimitStore,
  type Limits,
  NO_LIMITS,
  newCounterState,
} from '../../src/core/limits.ts';
import { LimitModel } from './limit-model.ts';

/** A store with a clock that the suite turns. */
export interface LimitWorld {
  readonly store: LimitStore;
  /** What the clock of the store says; a whole number of seconds when the world is opened. */
  nowMs(): number;
  advance(ms: number): void | Promise<void>;
  /** Waits until what does not wait has arrived: `release` and `giveBack`. */
  settle(): void | Promise<void>;
  close(): void | Promise<void>;
}

export interface LimitStoreSuite {
  readonly open: () => LimitWorld | Promise<LimitWorld>;
  readonly rule: CountingRule;
  /** Random sequences for each property. */
  readonly runs: number;
}

/** The part of a window by which a store may remember late, and one quantum of rounding. */
const STRETCH = 1 + 309 / 4000;
const DAY_MS = 86_400_000;

/** Tests that hold for every store that counts exactly, with one model of what limits mean. */
export function testLimitStore(name: string, { open, rule, runs }: LimitStoreSuite): void {
  describe(name, () => {
    let world: LimitWorld;
    let scopes = 0;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    /** Scopes that no other test has. */
    const fresh = () => {
      const scope = `s${++scopes}`;
      return (client: string, limits: Partial<Limits>, cost = 1, suffix = ''): Hit => ({
        scope: scope + suffix,
        client,
        limits: { ...NO_LIMITS, ...limits },
        cost,
      });
    };
    const take = async (...hits: Hit[]): Promise<CounterState> => ({
      ...(await world.store.take(hits, rule, world.nowMs(), newCounterState())),
    });
    const admits = async (...hits: Hit[]): Promise<boolean> => (await take(...hits)).admitted;
    const takeMany = async (times: number, ...hits: Hit[]): Promise<number> => {
      let admitted = 0;
      for (let i = 0; i < times; i++) if (await admits(...hits)) admitted++;
      return admitted;
    };
    /** Stores may round the times of bursts; at such a time there is nothing to round. */
    const alignTo = async (ms: number): Promise<void> => {
      await world.advance(ms - (world.nowMs() % ms));
    };
    const release = async (hit: Hit): Promise<void> => {
      world.store.release(hit.scope, hit.client, rule, 0);
      await world.settle();
    };
    const giveBack = async (hit: Hit, takenMs: number): Promise<void> => {
      world.store.giveBack(hit, rule, takenMs, world.nowMs());
      await world.settle();
    };

    const options = { numRuns: runs };

    test('admits what the model says, over any sequence of requests', { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(
          policyOf,
          policyOf,
          fc.array(stepOf, { minLength: 1, maxLength: 40 }),
          async (first, second, steps) => {
            const make = fresh();
            const model = new LimitModel();
            const held: Hit[] = [];
            let isRepeated = false;
            for (const step of steps) {
              await world.advance(step.gapMs);
              if (step.releases && held.length > 0) {
                const hit = held.shift() as Hit;
                model.release(hit);
                await release(hit);
              }
              for (let i = 0; i < step.takes; i++) {
                const hits = step.picks.map(({ client, isSecond, cost }) =>
                  make(client, isSecond ? second : first, cost, isSecond ? '/2' : ''),
                );
                const nowMs = world.nowMs();
                const state = await take(...hits);
                isRepeated ||=
                  new Set(hits.map(({ scope, client }) => `${scope} ${client}`)).size < hits.length;
                checkAgainst(model, hits, nowMs, state, isRepeated);
                if (!state.admitted) continue;
                model.admit(hits, nowMs);
                held.push(...hits.filter(({ limits }) => limits.concurrent > 0));
              }
            }
          },
        ),
        options,
      );
    });

    test('gives room again at the instant it told, and not a millisecond before', {
      timeout: 120_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(hittingOf, { minLength: 1, maxLength: 2 }),
          fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 10, maxLength: 25 }),
          async (kinds, gapsMs) => {
            const make = fresh();
            const hits = kinds.map(({ limits, cost }, i) => make('c', limits, cost, `/${i}`));
            for (const gapMs of gapsMs) {
              await world.advance(gapMs);
              const { admitted, resetMs } = await take(...hits);
              if (admitted) continue;
              expect(resetMs).toBeGreaterThan(world.nowMs());
              expect(Number.isInteger(resetMs)).toBe(true);
              await world.advance(resetMs - 1 - world.nowMs());
              expect(await take(...hits)).toMatchObject({ admitted: false, resetMs });
              await world.advance(1);
              expect(await admits(...hits)).toBe(true);
            }
          },
        ),
        options,
      );
    });

    test('gives back what was taken, and nothing else', { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.record({ perMinute: fc.integer({ min: 5, max: 12 }), perDay: fc.integer({ min: 5, max: 30 }) }),
          fc.array(
            fc.record({
              gapMs: gapOf,
              cost: fc.integer({ min: 1, max: 3 }),
              back: fc.option(fc.nat(5), { nil: -1 }),
            }),
            { minLength: 5, maxLength: 40 },
          ),
          async (limits, steps) => {
            const make = fresh();
            const model = new LimitModel();
            const taken: { hit: Hit; atMs: number }[] = [];
            for (const { gapMs, cost, back } of steps) {
              await world.advance(gapMs);
              const hit = make('c', limits, cost);
              const atMs = world.nowMs();
              const state = await take(hit);
              checkAgainst(model, [hit], atMs, state);
              if (state.admitted) {
                model.admit([hit], atMs);
                taken.push({ hit, atMs });
              }
              const [last] = back < 0 ? [] : taken.splice(-1 - back, 1);
              if (last === undefined) continue;
              model.giveBack(last.hit, last.atMs);
              await giveBack(last.hit, last.atMs);
            }
          },
        ),
        options,
      );
    });

    test('gives tokens back at once, and later no more than the request still takes', async () => {
      const make = fresh();
      const mine = make('c', { burst: burstOf(4, 1000, true) });
      expect(await takeMany(9, mine)).toBe(4);
      await giveBack(mine, world.nowMs());
      expect(await takeMany(9, mine)).toBe(1);
      const takenMs = world.nowMs();
      await world.advance(4000);
      expect(await takeMany(9, mine)).toBe(4);
      await giveBack(mine, takenMs);
      expect(await admits(mine), 'the bucket was full meanwhile').toBe(false);
    });

    test('gives nothing back for a request that was forgotten, or never was', async () => {
      const make = fresh();
      const mine = make('c', { perMinute: 3 });
      await giveBack(mine, world.nowMs());
      await takeMany(3, mine);
      const takenMs = world.nowMs();
      await world.advance(65_000);
      expect(await takeMany(5, mine)).toBe(3);
      await giveBack(mine, takenMs);
      expect(await admits(mine)).toBe(false);
      await giveBack(make('stranger', { perMinute: 3 }), world.nowMs());
      expect(await takeMany(5, make('stranger', { perMinute: 3 }))).toBe(3);
    });

    test('counts an exceeded burst once until it is full again or goes on for ten seconds', async () => {
      const make = fresh();
      const mine = make('c', { burst: burstOf(2, 10_000, false, 1) });
      const told: number[] = [];
      await alignTo(1000);
      const startMs = world.nowMs();
      for (let at = 0; at < 60; at++) {
        const { admitted, burstExceeded, burstToReview } = await take(mine);
        expect(admitted, 'a watched burst refuses nothing').toBe(true);
        // Two tokens, and one more every ten seconds.
        expect(burstExceeded).toBe(at >= 2 && at % 10 !== 0);
        if (burstToReview >= 0) told.push((world.nowMs() - startMs) / 1000);
        await world.advance(1000);
      }
      expect(told, 'the second of one hour is told, those after it are not').toEqual([12]);
    });

    test('counts bursts for an hour', async () => {
      const make = fresh();
      const mine = make('c', { burst: burstOf(1, 1000, false, 3) });
      const exceed = async (): Promise<number> => {
        await take(mine);
        return (await take(mine)).burstToReview;
      };
      const toldAfter = async (gapMs: number): Promise<boolean> => {
        await world.advance(gapMs);
        return (await exceed()) >= 0;
      };
      await alignTo(4000);
      expect(await toldAfter(0)).toBe(false);
      expect(await toldAfter(1_200_000)).toBe(false);
      expect(await toldAfter(1_200_000)).toBe(false);
      expect(await toldAfter(1_204_000), 'the first is an hour old').toBe(false);
      expect(await toldAfter(1_196_000 - 8000), 'four in an hour').toBe(true);
      expect(await toldAfter(2000), 'is told once').toBe(false);
      expect(await toldAfter(7_200_000)).toBe(false);
      for (let i = 0; i < 2; i++) expect(await toldAfter(100_000)).toBe(false);
      expect(await toldAfter(100_000), 'and again after it was better').toBe(true);
    });

    test('says of an enforced burst what it refuses and when it has room', async () => {
      const make = fresh();
      const mine = make('c', { burst: burstOf(2.5, 2000, true) });
      expect(await take(mine)).toMatchObject({ admitted: true, window: 'burst', limit: 2, remaining: 1 });
      expect(await take(mine)).toMatchObject({ admitted: true, remaining: 0, resetMs: world.nowMs() + 1000 });
      expect(await take(mine)).toMatchObject({
        admitted: false,
        window: 'burst',
        limit: 2,
        remaining: 0,
        resetMs: world.nowMs() + 1000,
        burstExceeded: true,
      });
    });

    test('refuses more requests under way than there are slots, and takes nothing else for it', async () => {
      const make = fresh();
      const mine = make('c', { perMinute: 10, concurrent: 2 });
      expect(await takeMany(5, mine)).toBe(2);
      expect(await take(mine)).toMatchObject({
        admitted: false,
        window: 'concurrent',
        limit: 2,
        remaining: 0,
        resetMs: world.nowMs() + 1000,
      });
      for (let i = 0; i < 8; i++) {
        await release(mine);
        expect(await admits(mine)).toBe(true);
      }
      await release(mine);
      expect(await take(mine), 'ten were admitted').toMatchObject({ admitted: false, window: 'minute' });
    });

    test('gives the slot back when another limit refuses', async () => {
      const make = fresh();
      const hits = [make('c', { concurrent: 1 }), make('c', { perMinute: 1 }, 1, '/2')];
      expect(await takeMany(3, ...hits)).toBe(1);
      await release(hits[0] as Hit);
      expect(await takeMany(3, ...hits), 'the minute refuses').toBe(0);
      expect(await admits(hits[0] as Hit)).toBe(true);
    });

    test('does nothing for the release of a slot that is not held', async () => {
      const make = fresh();
      const mine = make('c', { concurrent: 1 });
      await release(mine);
      expect(await takeMany(2, mine)).toBe(1);
      await release(make('d', { concurrent: 1 }));
      expect(await admits(mine)).toBe(false);
      await release(mine);
      await release(mine);
      expect(await takeMany(3, mine)).toBe(1);
      await release(mine);
    });

    test.each([
      [{ perMinute: 5 }, 6],
      [{ perDay: 1_000_000 }, 1_000_001],
      [{ perHour: 5 }, Number.MAX_SAFE_INTEGER],
      [{ burst: burstOf(3, 500, true) }, 4],
    ])('never lets pass what costs more than %j: %d', async (limits, cost) => {
      const make = fresh();
      const state = await take(make('c', limits, cost));
      expect(state).toMatchObject({ admitted: false, degraded: '' });
      expect(state.problem).not.toBe('');
      expect(state.resetMs).toBeGreaterThan(world.nowMs());
      expect((await take(make('c', limits))).admitted, 'nothing was taken').toBe(true);
    });

    test('limits nothing where all limits are 0, and says so', async () => {
      const make = fresh();
      expect(await take(make('c', {}))).toMatchObject({ admitted: true, limit: 0, problem: '' });
      expect(await take()).toMatchObject({ admitted: true, limit: 0 });
    });

    test('counts every client for itself, whatever it is called', { timeout: 60_000 }, async () => {
      const long = 'x'.repeat(100_000);
      const awkward = [
        '',
        ' ',
        '\0',
        '\0\0',
        'a',
        'a\0',
        '\ud800',
        '\udc00',
        '\udc00\ud800',
        '\ufffd',
        'é',
        'e\u0301',
      ];
      awkward.push(long, `${long}a`, `${long}b`, '{', '}', '{a}', 'a:b', 'a b', 'a\nb', '-1', '__proto__');
      await eachCountsAlone(awkward);
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 12 }), { minLength: 2, maxLength: 12 }),
          eachCountsAlone,
        ),
        { numRuns: Math.ceil(runs / 4) },
      );
    });

    async function eachCountsAlone(clients: readonly string[]): Promise<void> {
      const make = fresh();
      for (const client of clients)
        expect(await admits(make(client, { perDay: 1, concurrent: 1 }))).toBe(true);
      for (const client of clients) {
        expect(await admits(make(client, { perDay: 1, concurrent: 1 }))).toBe(false);
        await release(make(client, { perDay: 1, concurrent: 1 }));
        expect(await take(make(client, { perDay: 1 }))).toMatchObject({ admitted: false, window: 'day' });
      }
    }

    test('tells scope and client apart', async () => {
      fresh();
      const of = (scope: string, client: string): Hit => ({
        scope,
        client,
        limits: { ...NO_LIMITS, perDay: 1 },
        cost: 1,
      });
      const pairs = [
        ['t', 'ab'],
        ['ta', 'b'],
        ['t:a', 'b'],
        ['t', 'a:b'],
        ['t', ''],
        ['', 't'],
      ];
      for (const [scope = '', client = ''] of pairs)
        expect(await admits(of(`${scopes}${scope}`, client))).toBe(true);
    });
  });
}

/**
 * A state says nothing that the model contradicts.
 *
 * Shape: what is left in a watched bucket is open once a request has met it twice, which no route makes one do.
 */
function checkAgainst(
  model: LimitModel,
  hits: readonly Hit[],
  nowMs: number,
  state: CounterState,
  isRepeated = false,
): void {
  if (state.admitted) {
    expect(model.hasRoom(hits, nowMs, 1), 'admitted more than a limit').toBe(true);
    if (state.limit > 0 && state.window !== 'burst') {
      const { limits, cost } = hits[state.hit] as Hit;
      const lengthMs = { minute: 60_000, hour: 3_600_000, day: DAY_MS, concurrent: 0 }[state.window];
      const left = (stretch: number) =>
        state.limit - model.counted(hits[state.hit] as Hit, lengthMs * stretch, nowMs) - cost;
      expect(state.limit).toBe(
        { minute: limits.perMinute, hour: limits.perHour, day: limits.perDay, concurrent: 0 }[state.window],
      );
      // An earlier hit of the request may be on the same counter.
      if (hits.length === 1) expect(state.remaining).toBeGreaterThanOrEqual(left(STRETCH));
      expect(state.remaining).toBeLessThanOrEqual(left(1));
    }
  } else {
    expect(model.hasRoom(hits, nowMs, STRETCH), 'refused although there is room').toBe(false);
    expect(state.resetMs).toBeGreaterThan(nowMs);
    expect(state.degraded).toBe('');
  }
  const tooFew = hits.some(
    (hit) => hit.limits.burst !== null && hits.length === 1 && model.tokens(hit, nowMs) < hit.cost,
  );
  if (hits.length === 1 && !isRepeated && state.window !== 'concurrent')
    expect(state.burstExceeded).toBe(tooFew);
}

function burstOf(capacity: number, intervalMs: number, isEnforced: boolean, reviewAbove = 3): BurstRule {
  return { capacity, intervalMs, isEnforced, reviewAbove };
}

const limitOf = fc.oneof(fc.constant(0), fc.integer({ min: 4, max: 12 }), fc.integer({ min: 13, max: 60 }));
const burstRuleOf = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: 8, max: 24 }), fc.constantFrom(250, 1000, 2000, 6000), fc.boolean())
      .map(([halves, intervalMs, isEnforced]) => burstOf(halves / 2, intervalMs, isEnforced)),
  },
);
const policyOf = fc.record({
  perMinute: limitOf,
  perHour: limitOf,
  perDay: limitOf,
  concurrent: fc.oneof(fc.constant(0), fc.integer({ min: 2, max: 6 })),
  burst: burstRuleOf,
});

const gapOf = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 12_000 }) },
  {
    weight: 4,
    // Around the ends of buckets and windows, where rounding decides.
    arbitrary: fc
      .tuple(
        fc.constantFrom(15, 4620, 60_000, 64_620, 900, 277_200, 3_600_000, 21_600, DAY_MS),
        fc.integer({ min: -16, max: 16 }),
      )
      .map(([ms, off]) => Math.max(0, ms + off)),
  },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 4_000_000 }) },
);
const stepOf = fc.record({
  gapMs: gapOf,
  takes: fc.integer({ min: 1, max: 6 }),
  releases: fc.boolean(),
  picks: fc.oneof(
    { weight: 3, arbitrary: fc.array(pickOf(), { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(pickOf(), { minLength: 2, maxLength: 3 }) },
  ),
});

function pickOf() {
  return fc.record({
    client: fc.constantFrom('a', 'b'),
    isSecond: fc.boolean(),
    cost: fc.oneof(
      { weight: 3, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 4 }) },
    ),
  });
}

const hittingOf = fc.record({
  cost: fc.integer({ min: 1, max: 3 }),
  limits: fc.oneof(
    fc
      .constantFrom('perMinute' as const, 'perHour' as const, 'perDay' as const)
      .chain((key) => fc.integer({ min: 3, max: 20 }).map((limit) => ({ [key]: limit }))),
    fc
      .tuple(
        fc.double({ min: 3, max: 9, noNaN: true }),
        fc.constantFrom(120, 333.25, 60_000 / 7, 60_000 / 18, 2000),
      )
      .map(([capacity, intervalMs]) => ({ burst: burstOf(capacity, intervalMs, true) })),
    fc
      .tuple(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 1, max: 60 }))
      .map(([capacity, perMinute]) => ({ perDay: 40, burst: burstOf(capacity, 60_000 / perMinute, true) })),
  ),
});
