import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Hit, OnUnavailable } from '../../core/limits.ts';
import { lossBound, outageBound } from './outage-bound.ts';
import { type Failure, FakeServer, gatewayOn, hitOf, NOW_MS } from './testdata/guarded-world.ts';

const MINUTE_MS = 60_000;
const clock = { nowMs: () => world.nowMs };
let world: { nowMs: number; server: FakeServer };
const gateway = (gateways = 1) => gatewayOn(world.server, clock, gateways);
type Gateway = ReturnType<typeof gateway>;

beforeEach(() => {
  world = { nowMs: NOW_MS, server: new FakeServer() };
});

/** How many of so many requests are admitted. */
async function admitted(times: number, { ask }: Gateway, hit: Hit, policy: OnUnavailable = 'local') {
  let count = 0;
  for (let i = 0; i < times; i++) if ((await ask(hit, policy)).admitted) count++;
  return count;
}

describe('while the store can be used', () => {
  test('it decides for all gateways together', async () => {
    const [a, b] = [gateway(2), gateway(2)];
    expect(await admitted(7, a, hitOf({ perMinute: 10 }))).toBe(7);
    expect(await admitted(7, b, hitOf({ perMinute: 10 }))).toBe(3);
    expect(await b.ask(hitOf({ perMinute: 10 }))).toMatchObject({ degraded: '', problem: '', limit: 10 });
  });

  test('what is counted locally never asks it', async () => {
    const a = gateway();
    expect((await a.ask(hitOf({ perMinute: 1 }), 'deny', 'local')).admitted).toBe(true);
    expect((await a.ask(hitOf({ perMinute: 1 }), 'deny', 'local')).admitted).toBe(false);
    expect(world.server.asked).toBe(0);
  });
});

describe.each<Failure>(['away', 'silent'])('while the store is %s', (failure) => {
  test('`local` admits the share of this gateway', async () => {
    const a = gateway(3);
    world.server.failure = failure;
    expect(await admitted(20, a, hitOf({ perMinute: 10 }))).toBe(3);
    expect(await a.ask(hitOf({ perMinute: 10 }))).toMatchObject({
      admitted: false,
      degraded: 'local',
      limit: 3,
      problem: expect.stringContaining('Redis'),
    });
  });

  test('a share is never less than one', async () => {
    const a = gateway(50);
    world.server.failure = failure;
    expect(await admitted(5, a, hitOf({ perMinute: 10, perDay: 20 }))).toBe(1);
  });

  test('`deny` refuses and says nothing of limits', async () => {
    const a = gateway();
    world.server.failure = failure;
    expect(await a.ask(hitOf({ perMinute: 10 }), 'deny')).toMatchObject({
      admitted: false,
      degraded: 'deny',
      limit: 0,
    });
  });

  test('`allow` admits whatever comes, and the store is told afterwards', async () => {
    const a = gateway();
    world.server.failure = failure;
    expect(await admitted(25, a, hitOf({ perMinute: 10 }), 'allow')).toBe(25);
    world.server.failure = '';
    expect(await admitted(5, a, hitOf({ perMinute: 10 }), 'allow')).toBe(0);
  });
});

describe('falling back', () => {
  test('does not start from zero: what the store admitted here is part of the share', async () => {
    const a = gateway(2);
    expect(await admitted(4, a, hitOf({ perMinute: 10 }))).toBe(4);
    world.server.failure = 'away';
    expect(await admitted(9, a, hitOf({ perMinute: 10 }))).toBe(1);
  });

  test('admits again when the window has passed', async () => {
    const a = gateway(2);
    world.server.failure = 'away';
    expect(await admitted(9, a, hitOf({ perMinute: 10 }))).toBe(5);
    world.nowMs += MINUTE_MS;
    expect(await admitted(9, a, hitOf({ perMinute: 10 }))).toBe(5);
  });
});

describe('when the store is back', () => {
  test('it hears of a client before its next request', async () => {
    const a = gateway(2);
    world.server.failure = 'away';
    expect(await admitted(9, a, hitOf({ perMinute: 10 }))).toBe(5);
    world.server.failure = '';
    expect(await admitted(9, a, hitOf({ perMinute: 10 }))).toBe(5);
    expect(world.server.owed.map(({ amount }) => amount)).toEqual([5]);
  });

  test('it hears of all clients in the background', async () => {
    const a = gateway(2);
    world.server.failure = 'away';
    for (let i = 0; i < 500; i++) await a.ask(hitOf({ perMinute: 10 }, `client ${i}`));
    await a.limits.tellDebts();
    expect(world.server.owed).toHaveLength(0);
    world.server.failure = '';
    await a.limits.tellDebts();
    expect(world.server.owed).toHaveLength(500);
    await a.limits.tellDebts();
    expect(world.server.owed).toHaveLength(500);
  });

  test('another gateway refuses what was admitted here meanwhile', async () => {
    const [a, b] = [gateway(2), gateway(2)];
    world.server.failure = 'away';
    await admitted(9, a, hitOf({ perMinute: 10 }));
    world.server.failure = '';
    await a.limits.tellDebts();
    expect(await admitted(9, b, hitOf({ perMinute: 10 }))).toBe(5);
  });

  test('a debt that nobody answers for is told three times and no more', async () => {
    const a = gateway(2);
    world.server.failure = 'silent';
    await a.ask(hitOf({ perMinute: 10 }));
    for (let i = 0; i < 9; i++) await a.limits.tellDebts();
    expect(world.server.owed).toHaveLength(3);
  });

  test('a debt that could not be sent stays', async () => {
    const a = gateway(2);
    world.server.failure = 'away';
    await a.ask(hitOf({ perMinute: 10 }));
    for (let i = 0; i < 9; i++) await a.limits.tellDebts();
    world.server.failure = '';
    await a.limits.tellDebts();
    expect(world.server.owed).toHaveLength(1);
  });

  test('what was given back is not owed', async () => {
    const a = gateway(2);
    const hit = hitOf({ perMinute: 10 });
    world.server.failure = 'away';
    await a.ask(hit);
    a.limits.giveBack(hit, { counting: 'strict', onUnavailable: 'local' }, world.nowMs, world.nowMs);
    world.server.failure = '';
    await a.limits.tellDebts();
    expect([world.server.owed.length, world.server.givenBack]).toEqual([0, 0]);
  });
});

describe('a store that came back empty', () => {
  test('does not make a gateway forget what it admitted', async () => {
    const a = gateway(2);
    expect(await admitted(12, a, hitOf({ perMinute: 10 }))).toBe(10);
    world.server.forget();
    a.facts.lost(world.nowMs);
    expect(await admitted(12, a, hitOf({ perMinute: 10 }))).toBe(0);
    expect(await a.ask(hitOf({ perMinute: 10 }))).toMatchObject({ admitted: false, degraded: '', limit: 10 });
    // The store of this test keeps what is given back, and so refuses by itself after ten.
    expect(world.server.givenBack).toBe(10);
    world.nowMs += 1.1 * MINUTE_MS;
    expect(await admitted(12, a, hitOf({ perMinute: 10 }))).toBe(10);
  });
});

/** The most times that lie within one window. */
function mostInAWindow(times: readonly number[], windowMs: number): number {
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to++) {
    while ((times[to] as number) - (times[from] as number) >= windowMs) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

type Step =
  | { readonly kind: 'ask'; readonly at: number; readonly times: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'fail'; readonly failure: Failure }
  | { readonly kind: 'tell'; readonly at: number }
  | { readonly kind: 'lose' };

const failures = fc.constantFrom<Failure>('', 'away', 'silent');
const stepOf = (canLose: boolean): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('ask' as const),
        at: fc.nat(3),
        times: fc.integer({ min: 1, max: 15 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 70_000 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('fail' as const), failure: failures }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('tell' as const), at: fc.nat(3) }) },
    ...(canLose ? [{ weight: 1, arbitrary: fc.constant<Step>({ kind: 'lose' }) }] : []),
  );

async function play(limit: number, count: number, steps: readonly Step[]) {
  world = { nowMs: NOW_MS, server: new FakeServer() };
  const gateways = Array.from({ length: count }, () => gateway(count));
  const hit = hitOf({ perMinute: limit });
  const times: number[] = [];
  let losses = 0;
  for (const step of steps) {
    if (step.kind === 'pass') world.nowMs += step.ms;
    if (step.kind === 'fail') world.server.failure = step.failure;
    if (step.kind === 'tell') await gateways[step.at % count]?.limits.tellDebts();
    if (step.kind === 'lose') {
      losses++;
      world.server.forget();
      for (const { facts } of gateways) facts.lost(world.nowMs);
    }
    if (step.kind !== 'ask') continue;
    for (let i = 0; i < step.times; i++) {
      if ((await gateways[step.at % count]?.ask(hit))?.admitted) times.push(world.nowMs);
    }
  }
  return { most: mostInAWindow(times, MINUTE_MS), losses };
}

describe('the published bound', () => {
  test('holds for any course of outages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(stepOf(false), { minLength: 5, maxLength: 40 }),
        async (limit, count, steps) => {
          const { most } = await play(limit, count, steps);
          expect(most).toBeLessThanOrEqual(outageBound(limit, count));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('holds for any course of outages and losses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(stepOf(true), { minLength: 5, maxLength: 40 }),
        async (limit, count, steps) => {
          const { most, losses } = await play(limit, count, steps);
          const bound = losses === 0 ? outageBound(limit, count) : lossBound(limit, count, losses);
          expect(most).toBeLessThanOrEqual(bound);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('is reached: the limit at one gateway, and then the share of each other', async () => {
    const [a, b] = [gateway(2), gateway(2)];
    let count = await admitted(20, a, hitOf({ perMinute: 10 }));
    world.server.failure = 'away';
    count += await admitted(20, a, hitOf({ perMinute: 10 }));
    count += await admitted(20, b, hitOf({ perMinute: 10 }));
    expect(count).toBe(15);
    expect(count).toBeLessThanOrEqual(outageBound(10, 2));
  });
});
