import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type CounterState,
  type Hit,
  type Limits,
  NO_LIMITS,
  newCounterState,
} from '../../src/core/limits.ts';
import { buildLimitScript } from '../../src/stores/redis/limit-script.ts';
import { RedisLimits } from '../../src/stores/redis/redis-limits.ts';
import { RedisLink } from '../../src/stores/redis/redis-link.ts';
import type { RemoteCounting } from '../../src/stores/redis/remote-limits.ts';
import { needs } from '../support/binaries.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { until } from '../support/test-gateway.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A day begins, so that steps of all windows do. */
const START_MS = 1_699_920_000_000;
const hasRedis = needs('redis-server', 'redis-server');

/** The script as it is, but for a clock of the server that tests set. */
const TIMED = buildLimitScript("local now = tonumber(redis.call('GET', 'test:now'))");

const limitsOf = (change: Partial<Limits>): Limits => ({ ...NO_LIMITS, ...change });
const hitOf = (limits: Limits, change: Partial<Hit> = {}): Hit => ({
  scope: 'tier',
  client: 'a client',
  limits,
  cost: 1,
  ...change,
});

describe.skipIf(!hasRedis)('limits in Redis', () => {
  let redis: TestRedis;
  const opened: { close(): void }[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    await setServerClock(START_MS);
  });
  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
  });

  const setServerClock = (ms: number) => redis.command(`SET test:now ${ms}`);

  /** One gateway, whose clock is off by so much. */
  async function gateway({
    offMs = 0,
    url = redis.url,
    lease = { share: 0.1, forMs: 1000 },
    script = TIMED,
    username = '',
    password = '',
  } = {}) {
    const link = new RedisLink({ url, username, password, timeoutMs: 2000 }, () => {});
    const clock = { nowMs: () => START_MS + offMs };
    const limits = new RedisLimits(link, clock, lease, script);
    opened.push(limits, link);
    await link.open();
    const take = async (
      hits: readonly Hit[],
      counting: RemoteCounting = 'strict',
    ): Promise<CounterState> => ({
      ...(await limits.take(hits, counting, clock.nowMs(), newCounterState())),
    });
    return { link, limits, clock, take };
  }

  const admittedOf = (states: readonly CounterState[]) => states.filter(({ admitted }) => admitted).length;

  describe('strict', () => {
    test('counts down, refuses, and says exactly when there is room again', async () => {
      const { take } = await gateway();
      const hit = hitOf(limitsOf({ perMinute: 3 }));
      const states = [];
      for (let i = 0; i < 4; i++) {
        await setServerClock(START_MS + 10_000 * i);
        states.push(await take([hit]));
      }
      expect(states.map(({ admitted, remaining }) => [admitted, remaining])).toEqual([
        [true, 2],
        [true, 1],
        [true, 0],
        [false, 0],
      ]);
      expect(states[3]).toMatchObject({ window: 'minute', limit: 3, hit: 0 });
      const waitMs = (states[3] as CounterState).resetMs - START_MS;
      await setServerClock(START_MS + 30_000 + waitMs - 1);
      expect((await take([hit])).admitted).toBe(false);
      await setServerClock(START_MS + 30_000 + waitMs);
      expect((await take([hit])).admitted).toBe(true);
    });

    test('a request is counted in all of its limits or in none', async () => {
      const { take } = await gateway();
      const wide = hitOf(limitsOf({ perMinute: 10 }), { scope: 'wide' });
      const narrow = hitOf(limitsOf({ perMinute: 10, perHour: 1 }), { scope: 'narrow' });
      expect(await take([wide, narrow])).toMatchObject({
        admitted: true,
        hit: 1,
        window: 'hour',
        remaining: 0,
      });
      for (let i = 0; i < 5; i++) {
        expect(await take([wide, narrow])).toMatchObject({
          admitted: false,
          hit: 1,
          window: 'hour',
          limit: 1,
        });
      }
      expect(await take([wide])).toMatchObject({ admitted: true, hit: 0, remaining: 8 });
      expect(await take([{ ...wide, client: 'another' }])).toMatchObject({ remaining: 9 });
      expect(await take([{ ...wide, scope: 'other' }])).toMatchObject({ remaining: 9 });
    });

    test('a request takes what it costs, and one that costs more than the limit never passes', async () => {
      const { take } = await gateway();
      const limits = limitsOf({ perMinute: 10 });
      expect(await take([hitOf(limits, { cost: 7 })])).toMatchObject({ admitted: true, remaining: 3 });
      expect(await take([hitOf(limits, { cost: 4 })])).toMatchObject({ admitted: false });
      expect(await take([hitOf(limits, { cost: 11 })])).toMatchObject({ admitted: false, window: 'minute' });
      expect(await take([hitOf(limits, { cost: 3 })])).toMatchObject({ admitted: true, remaining: 0 });
      const never = await take([hitOf(limits, { cost: 11 })]);
      expect(never.resetMs - START_MS).toBeLessThanOrEqual(MINUTE_MS + 15);
    });

    test('two hits on one counter count twice', async () => {
      const { take } = await gateway();
      const hit = hitOf(limitsOf({ perMinute: 3 }));
      expect(await take([hit, hit])).toMatchObject({ admitted: true, remaining: 1 });
      expect(await take([hit, hit])).toMatchObject({ admitted: false });
      expect(await take([hit])).toMatchObject({ admitted: true, remaining: 0 });
    });

    test('a request without limits is not asked about', async () => {
      const { limits } = await gateway();
      const state = limits.take([hitOf(NO_LIMITS)], 'strict', START_MS, newCounterState());
      expect(state).toMatchObject({ admitted: true, limit: 0 });
    });

    test('a gateway whose clock is an hour off limits as the others do, and says so in its own time', async () => {
      const [right, late] = await Promise.all([gateway(), gateway({ offMs: -HOUR_MS })]);
      const hit = hitOf(limitsOf({ perMinute: 2 }));
      await right.take([hit]);
      expect(await late.take([hit])).toMatchObject({ admitted: true, remaining: 0 });
      const here = await right.take([hit]);
      const there = await late.take([hit]);
      expect([here.admitted, there.admitted]).toEqual([false, false]);
      expect(there.resetMs - late.clock.nowMs()).toBe(here.resetMs - right.clock.nowMs());
      expect(here.resetMs).toBe(START_MS + MINUTE_MS);
    });

    test('an answer reports the longer of two limits that are equally near', async () => {
      const { take } = await gateway();
      const hit = hitOf(limitsOf({ perMinute: 5, perHour: 5, perDay: 5 }));
      expect(await take([hit])).toMatchObject({ window: 'day', limit: 5, remaining: 4 });
    });

    test('what was given back is not counted, and giving back too much forgives nothing', async () => {
      const { limits, take } = await gateway({ script: buildLimitScript() });
      const hit = hitOf(limitsOf({ perMinute: 4 }));
      for (let i = 0; i < 3; i++) await take([hit]);
      limits.giveBack(hit, START_MS, START_MS);
      expect(await take([hit])).toMatchObject({ remaining: 1 });
      limits.giveBack({ ...hit, cost: 3 }, START_MS - HOUR_MS, START_MS);
      // That one was forgotten: what is counted now is of others.
      expect((await take([hit])).remaining).toBe(0);
      for (let i = 0; i < 9; i++) limits.giveBack(hit, START_MS, START_MS);
      for (let i = 0; i < 4; i++) expect((await take([hit])).admitted).toBe(true);
      expect((await take([hit])).admitted).toBe(false);
    });

    test('what a gateway admitted by itself is counted when it is owed, room or not', async () => {
      const { limits, take } = await gateway();
      const hit = hitOf(limitsOf({ perMinute: 4, perHour: 100 }));
      await limits.owe([{ hit, amount: 6, takenMs: START_MS - 30_000 }], START_MS);
      expect(await take([hit])).toMatchObject({ admitted: false, window: 'minute' });
      await setServerClock(START_MS + 30_000);
      expect(await take([hit])).toMatchObject({ admitted: true, remaining: 3 });
    });

    test('requests of one turn go in one command', async () => {
      const { take } = await gateway();
      const commands = async () =>
        Number(/evalsha:calls=(\d+)/.exec(await redis.command('INFO commandstats'))?.[1] ?? 0);
      await take([hitOf(limitsOf({ perMinute: 100 }))]);
      const before = await commands();
      const hits = Array.from({ length: 100 }, (_, i) =>
        hitOf(limitsOf({ perMinute: 60 }), { client: `c${i % 2}` }),
      );
      const states = await Promise.all(hits.map((hit) => take([hit])));
      expect(admittedOf(states)).toBe(100);
      expect((await commands()) - before).toBe(1);
    });

    test('scripts that the server lost are sent again', async () => {
      const { take } = await gateway();
      await redis.command('SCRIPT FLUSH');
      expect(await take([hitOf(limitsOf({ perMinute: 2 }))])).toMatchObject({ admitted: true, remaining: 1 });
    });

    test('names of clients and scopes are not readable, however long they are', async () => {
      const { take } = await gateway();
      const client = `user@example.com ${'x'.repeat(100_000)}\u0000{}`;
      const hit = hitOf(limitsOf({ perMinute: 2, concurrent: 5 }), { client, scope: 'tier {gold}' });
      await take([hit]);
      expect(await take([hit])).toMatchObject({ admitted: true, remaining: 0 });
      const keys = await redis.command('KEYS portcullis:*');
      expect(keys).toMatch(/portcullis:limit:1:\{[\w-]{22}\}:[\w-]{15}\r\n/);
      expect(keys).not.toMatch(/user|gold/);
    });

    test('a counter that counts nothing any more is gone', async () => {
      const { take } = await gateway({ script: buildLimitScript() });
      const hit = hitOf(limitsOf({ perMinute: 2 }));
      await take([hit]);
      const [key = ''] = /portcullis:limit\S+/.exec(await redis.command('KEYS portcullis:limit:*')) ?? [];
      const ttl = Number(/:(\d+)/.exec(await redis.command(`PTTL ${key}`))?.[1]);
      expect(ttl).toBeGreaterThan(50_000);
      expect(ttl).toBeLessThanOrEqual(MINUTE_MS + 20);
    });

    test.each([
      ['another type', 'LPUSH', 'x'],
      ['garbage', 'SET', 'garbage'],
      ['a number', 'SET', '5'],
    ])('a counter that holds %s is a failure that is told, and no refusal', async (_what, command, value) => {
      const { take } = await gateway();
      const hit = hitOf(limitsOf({ perMinute: 2 }));
      await take([hit]);
      const [key = ''] = /portcullis:limit\S+/.exec(await redis.command('KEYS portcullis:limit:*')) ?? [];
      await redis.command(`DEL ${key}`);
      await redis.command(`${command} ${key} ${value}`);
      await expect(take([hit])).rejects.toMatchObject({ name: 'Unavailable', dependency: 'redis' });
    });

    test('a server that is gone, read-only or full is a failure, and is used when it is back', async () => {
      const { take, limits } = await gateway();
      const hit = hitOf(limitsOf({ perMinute: 1000 }));
      await take([hit]);
      await redis.command('REPLICAOF 127.0.0.1 1');
      await expect(take([hit])).rejects.toThrow(/READONLY|replica/i);
      await redis.command('REPLICAOF NO ONE');
      await redis.command('CONFIG SET maxmemory 1');
      await expect(take([hit])).rejects.toThrow('OOM');
      await redis.command('CONFIG SET maxmemory 0');
      expect((await take([hit])).admitted).toBe(true);
      await redis.kill();
      await expect(take([hit])).rejects.toMatchObject({ name: 'Unavailable' });
      await until('it is noticed', () => limits.problem.includes(redis.url));
      await redis.start();
      await setServerClock(START_MS);
      await until('it is back', () => limits.problem === '');
      expect((await take([hit])).admitted).toBe(true);
    });
  });

  describe('against a model', () => {
    const LENGTHS = [MINUTE_MS, HOUR_MS, 24 * HOUR_MS] as const;
    /** A cell of 308 steps and the step in which a hit is. */
    const LATE = 308 / 4000;
    const limitsArb = fc.record({
      perMinute: fc.integer({ min: 0, max: 6 }),
      perHour: fc.integer({ min: 0, max: 12 }),
      perDay: fc.integer({ min: 0, max: 20 }),
    });
    const stepArb = fc.record({
      afterMs: fc.oneof(
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 0, max: 2 * HOUR_MS }),
        fc.integer({ min: 0, max: 25 * HOUR_MS }),
      ),
      cost: fc.integer({ min: 1, max: 3 }),
    });

    interface Taken {
      readonly atMs: number;
      readonly cost: number;
    }
    const used = (taken: readonly Taken[], fromMs: number) =>
      taken.filter(({ atMs }) => atMs > fromMs).reduce((sum, { cost }) => sum + cost, 0);

    test('no window ever holds more than its limit, nobody is refused for what is over, and retries are told exactly', async () => {
      const { take } = await gateway();
      let clients = 0;
      const property = fc.asyncProperty(
        limitsArb,
        fc.array(stepArb, { maxLength: 40 }),
        async (windows, steps) => {
          const hit = hitOf(limitsOf(windows), { client: `model ${++clients}` });
          const limits = [windows.perMinute, windows.perHour, windows.perDay];
          const taken: Taken[] = [];
          let nowMs = START_MS + clients;
          for (const { afterMs, cost } of steps) {
            nowMs += afterMs;
            await setServerClock(nowMs);
            const state = await take([{ ...hit, cost }]);
            if (state.admitted) taken.push({ atMs: nowMs, cost });
            const counts = LENGTHS.map((ms) => used(taken, nowMs - ms));
            for (const [w, limit] of limits.entries())
              if (limit > 0) expect(counts[w]).toBeLessThanOrEqual(limit);
            if (state.admitted) continue;
            const isFull = LENGTHS.some(
              (ms, w) =>
                limits[w] !== 0 && used(taken, nowMs - ms * (1 + LATE)) + cost > (limits[w] as number),
            );
            expect(isFull).toBe(true);
            if (limits.some((limit) => limit > 0 && cost > limit)) continue;
            const roomMs = nowMs + state.resetMs - START_MS;
            await setServerClock(roomMs - 1);
            expect((await take([{ ...hit, cost }])).admitted).toBe(false);
            await setServerClock(roomMs);
            expect((await take([{ ...hit, cost }])).admitted).toBe(true);
            taken.push({ atMs: roomMs, cost });
            nowMs = roomMs;
          }
        },
      );
      await fc.assert(property, { numRuns: 40 });
    });

    test('a server clock that is set back forgives nothing and refuses nobody for longer than a window', async () => {
      const { take } = await gateway();
      let clients = 0;
      const jumpArb = fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 * HOUR_MS }) },
      );
      const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 40_000 }), backMs: jumpArb }), {
        maxLength: 40,
      });
      const property = fc.asyncProperty(steps, async (moves) => {
        const hit = hitOf(limitsOf({ perMinute: 4, perHour: 20 }), { client: `back ${++clients}` });
        const taken: Taken[] = [];
        let trueMs = START_MS;
        let offMs = 0;
        for (const { afterMs, backMs } of moves) {
          trueMs += afterMs;
          offMs -= backMs;
          await setServerClock(trueMs + offMs);
          const state = await take([hit]);
          if (state.admitted) taken.push({ atMs: trueMs, cost: 1 });
          expect(used(taken, trueMs - MINUTE_MS)).toBeLessThanOrEqual(4);
          expect(used(taken, trueMs - HOUR_MS)).toBeLessThanOrEqual(20);
          expect(state.resetMs - START_MS).toBeLessThanOrEqual(HOUR_MS + 900);
        }
      });
      await fc.assert(property, { numRuns: 40 });
    });

    test('an enforced bucket never gives more than it holds and refills', async () => {
      const { take } = await gateway();
      let clients = 0;
      const rule = fc.record({
        capacity: fc.integer({ min: 1, max: 8 }),
        intervalMs: fc.integer({ min: 7, max: 3000 }),
      });
      const steps = fc.array(
        fc.record({ afterMs: fc.integer({ min: 0, max: 9000 }), cost: fc.integer({ min: 1, max: 2 }) }),
        { maxLength: 40 },
      );
      const property = fc.asyncProperty(rule, steps, async ({ capacity, intervalMs }, moves) => {
        const burst = { capacity, intervalMs, isEnforced: true, reviewAbove: 3 };
        const hit = hitOf(limitsOf({ burst }), { client: `bucket ${++clients}` });
        let tokens = capacity;
        let nowMs = START_MS;
        for (const { afterMs, cost } of moves) {
          nowMs += afterMs;
          tokens = Math.min(capacity, tokens + afterMs / intervalMs);
          await setServerClock(nowMs);
          const state = await take([{ ...hit, cost }]);
          if (Math.abs(tokens - cost) > 1e-6) expect(state.admitted).toBe(tokens > cost);
          if (state.admitted) tokens -= cost;
          else
            expect(state.resetMs - START_MS).toBe(
              Math.max(1, Math.ceil((cost - tokens) * intervalMs - 1e-6)),
            );
        }
      });
      await fc.assert(property, { numRuns: 30 });
    });
  });

  test('a client that exceeds bursts again and again is told of once', async () => {
    const { take } = await gateway();
    const burst = { capacity: 2, intervalMs: 1000, isEnforced: false, reviewAbove: 3 };
    const hit = hitOf(limitsOf({ perMinute: 1000, burst }));
    const told: number[] = [];
    const exceeded: boolean[] = [];
    for (let i = 0; i < 6; i++) {
      await setServerClock(START_MS + i * MINUTE_MS);
      for (let request = 0; request < 4; request++) {
        const state = await take([hit]);
        expect(state.admitted).toBe(true);
        exceeded.push(state.burstExceeded);
        if (state.burstToReview >= 0) told.push(i);
      }
    }
    expect(told).toEqual([3]);
    expect(exceeded.slice(0, 4)).toEqual([false, false, true, true]);
  });

  describe.each(['strict', 'leased'] as const)('slots, %s', (counting) => {
    test('no more requests are under way than slots, at all gateways together', async () => {
      const [a, b] = await Promise.all([
        gateway({ script: buildLimitScript() }),
        gateway({ script: buildLimitScript() }),
      ]);
      const hit = hitOf(limitsOf({ perMinute: 1000, concurrent: 5 }));
      const first = await a.take([hit], counting);
      const more = Array.from({ length: 20 }, (_, i) => (i % 2 ? a : b).take([hit], counting));
      const states = [first, ...(await Promise.all(more))];
      expect(admittedOf(states)).toBe(5);
      const refused = states.filter(({ admitted }) => !admitted);
      expect(refused[0]).toMatchObject({ window: 'concurrent', limit: 5, remaining: 0 });
      // A refusal takes nothing from the windows.
      const counted = await a.take([hitOf(limitsOf({ perMinute: 1000 }))], 'strict');
      expect(counted.remaining).toBeGreaterThanOrEqual(counting === 'strict' ? 994 : 500);
      a.limits.release('tier', hit.client, counting);
      await until('a slot is free', async () => (await b.take([hit], counting)).admitted);
      expect((await b.take([hit], counting)).admitted).toBe(false);
    });
  });

  test('a slot that nobody renews is gone after ten seconds, one that is renewed is not', async () => {
    const { limits, take } = await gateway();
    const hit = hitOf(limitsOf({ concurrent: 1 }));
    expect(await take([hit])).toMatchObject({ admitted: true, limit: 0 });
    await setServerClock(START_MS + 9999);
    expect(await take([hit])).toMatchObject({ admitted: false, window: 'concurrent' });
    await setServerClock(START_MS + 10_000);
    expect((await take([hit])).admitted).toBe(true);
    // The first one is still under way: it is renewed whether or not Redis forgot it.
    limits.release('tier', hit.client, 'strict');
    limits.release('tier', hit.client, 'strict');
    limits.release('tier', hit.client, 'strict');
    await until('both are free', async () => (await redis.command('KEYS *:slots')).startsWith('*0'));
  });

  test('slots are as many after the clock of the server was set back', async () => {
    const { limits, take } = await gateway();
    const hit = hitOf(limitsOf({ concurrent: 1 }));
    await take([hit]);
    await setServerClock(START_MS - HOUR_MS);
    expect((await take([hit])).admitted).toBe(false);
    await setServerClock(START_MS - HOUR_MS + 10_000);
    expect((await take([hit])).admitted).toBe(true);
    limits.release('tier', hit.client, 'strict');
  });

  describe('leased', () => {
    test('most requests are answered without asking, and all gateways together never admit more than the limit', async () => {
      const script = buildLimitScript();
      const gateways = await Promise.all([
        gateway({ script }),
        gateway({ script }),
        gateway({ script }),
        gateway({ script }),
      ]);
      const hit = hitOf(limitsOf({ perMinute: 400, perHour: 2000 }));
      let admitted = 0;
      let synchronous = 0;
      const run = async ({ limits }: (typeof gateways)[number]) => {
        for (let i = 0; i < 400; i++) {
          const state = limits.take([hit], 'leased', Date.now(), newCounterState());
          if (!(state instanceof Promise)) synchronous++;
          if ((await state).admitted) admitted++;
        }
      };
      await Promise.all(gateways.flatMap((one) => [run(one), run(one)]));
      expect(admitted).toBeLessThanOrEqual(400);
      expect(synchronous).toBeGreaterThan(2000);
      // What others hold comes back when their leases end.
      for (const { limits } of gateways.slice(1)) limits.close();
      await until('the rest is to be had', async () => {
        const state = await (gateways[0] as (typeof gateways)[number]).take([hit], 'leased');
        if (state.admitted) admitted++;
        return admitted === 400;
      });
      await new Promise(setImmediate);
      expect((await (gateways[0] as (typeof gateways)[number]).take([hit], 'strict')).admitted).toBe(false);
      expect(admitted).toBe(400);
    });

    test('a lease is counted from its end, and what is left of it is given back', async () => {
      const { limits, take } = await gateway({ lease: { share: 0.5, forMs: 1000 } });
      const hit = hitOf(limitsOf({ perMinute: 101 }));
      expect(await take([hit], 'leased')).toMatchObject({ admitted: true, remaining: 100 });
      expect(await take([hit], 'strict')).toMatchObject({ remaining: 49 });
      expect(await take([hit], 'leased')).toMatchObject({ admitted: true, remaining: 99 });
      limits.close();
      await new Promise(setImmediate);
      await until('it is back', async () => (await take([hit], 'strict')).remaining > 50);
    });

    test('a refusal is remembered for no longer than a lease lasts', async () => {
      const { limits, take } = await gateway({ lease: { share: 0.1, forMs: 200 } });
      const hit = hitOf(limitsOf({ perMinute: 1 }));
      await take([hit], 'leased');
      expect((await take([hit], 'leased')).admitted).toBe(false);
      const known = limits.take([hit], 'leased', START_MS, newCounterState());
      expect(known).toMatchObject({ admitted: false, window: 'minute', limit: 1, remaining: 0 });
      expect((known as CounterState).resetMs - START_MS).toBeGreaterThan(59_000);
      await redis.command('FLUSHALL');
      await setServerClock(START_MS);
      await until('it asks again', async () => (await take([hit], 'leased')).admitted);
    });

    test('the last request of a limit is not stranded', async () => {
      const { take } = await gateway({ lease: { share: 0.5, forMs: 5000 } });
      const other = await gateway({ lease: { share: 0.5, forMs: 5000 } });
      const hit = hitOf(limitsOf({ perMinute: 10 }));
      let admitted = 0;
      for (let i = 0; i < 20; i++) {
        if ((await take([hit], 'leased')).admitted) admitted++;
        if (i === 0 && (await other.take([hit], 'leased')).admitted) admitted++;
      }
      // The other one holds two of the five that were left; everything else was to be had.
      expect(admitted).toBe(8);
    });
  });

  test.each(['strict', 'leased'] as const)(
    'no stretch of a window ever holds more than the limit while four threads ask without a pause, %s',
    async (counting) => {
      // A minute of four seconds: the script is the same, and a quantum is a millisecond.
      const whole = buildLimitScript().text.replace('{60000, 3600000, 86400000}', '{4000, 8000, 16000}');
      const script = { text: whole, sha: hash('sha1', whole) };
      const threads = await Promise.all(
        Array.from({ length: 4 }, () => gateway({ script, lease: { share: 0.2, forMs: 200 } })),
      );
      const hit = hitOf(limitsOf({ perMinute: 200 }));
      const endMs = performance.now() + 9500;
      const admittedMs: number[] = [];
      const ask = async ({ limits }: (typeof threads)[number], seed: number) => {
        for (let i = seed; performance.now() < endMs; i++) {
          const state = await limits.take([hit], counting, Date.now(), newCounterState());
          if (state.admitted) admittedMs.push(performance.now());
          // Some ask all the time, some in bursts.
          if (!state.admitted || i % 40 === 0) await new Promise((done) => setTimeout(done, (i * seed) % 50));
        }
      };
      await Promise.all(threads.flatMap((one, at) => [ask(one, 3 * at + 1), ask(one, 3 * at + 2)]));
      admittedMs.sort((a, b) => a - b);
      // The instant is read a moment after the decision: a little less than a window is safe to look at.
      const worst = admittedMs.map(
        (ms, at) => admittedMs.findLastIndex((other) => other < ms + 3950) - at + 1,
      );
      expect(Math.max(...worst)).toBeLessThanOrEqual(200);
      // One window, and another when the first is forgotten: 4.3 s, and with leases 0.2 s more.
      expect(admittedMs.length).toBeGreaterThan(390);
    },
  );

  test('a user with what the guide names, and nothing more, is enough', async () => {
    const guide = readFileSync(
      join(import.meta.dirname, '../../docs/guides/rate-limits-across-gateways.md'),
      'utf8',
    );
    const [, rights = ''] = /^user portcullis on >SECRET (.*)$/m.exec(guide) ?? [];
    await redis.command(`ACL SETUSER portcullis reset on >SECRET ${rights}`);
    const { limits, take } = await gateway({
      script: buildLimitScript(),
      username: 'portcullis',
      password: 'SECRET',
    });
    const hit = hitOf(limitsOf({ perMinute: 100, concurrent: 5 }));
    expect(await take([hit], 'strict')).toMatchObject({ admitted: true, remaining: 99 });
    expect(await take([hit], 'leased')).toMatchObject({ admitted: true });
    limits.release('tier', hit.client, 'strict');
    await limits.owe([{ hit, amount: 1, takenMs: START_MS }], START_MS);
  });
});
